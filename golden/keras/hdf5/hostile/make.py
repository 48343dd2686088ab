"""Makes files that do harm to a reader that trusts them, with h5py and by changing bytes.

python make.py    # h5py 3.14.0 with HDF5 1.14.6

expected.json says with which message each is refused.
"""

import pathlib
import struct
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent


def make(name, fill, change=None, **options):
    path = HERE / (name + ".h5")
    with h5py.File(path, "w", **options) as file:
        fill(file)
    if change is not None:
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)


def replace(old, new, count=1):
    """Changes bytes that must be there."""

    def change(data):
        at = -1
        for _ in range(count):
            at = data.index(old, at + 1)
            data[at : at + len(new)] = new

    return change


def put(signature, offset, fmt, value, nth=0):
    """Changes a field of the nth structure with a signature."""

    def change(data):
        at = -1
        for _ in range(nth + 1):
            at = data.index(signature, at + 1)
        new = struct.pack("<" + fmt, value)
        data[at + offset : at + offset + len(new)] = new

    return change


def one(file):
    file["x"] = np.arange(4, dtype="f4")


def several(file):
    for name in ("aa", "bb", "cc"):
        file[name] = np.arange(4, dtype="f4")


def links():
    def soft(file):
        one(file)
        file["s"] = h5py.SoftLink("/x")

    def external(file):
        file["e"] = h5py.ExternalLink("/etc/passwd", "/x")

    make("soft-link", soft)
    make("soft-link-latest", soft, libver="latest")
    make("external-link", external)

    def cycle(file):
        below = file.create_group("a/b")
        below["up"] = file["a"]

    def root_cycle(file):
        below = file.create_group("a")
        below["up"] = file["/"]

    def twice(file):
        below = file.create_group("a")
        file["b"] = below

    def laughs(file):
        group = file.create_group("0")
        for i in range(30):
            below = group.create_group("a")
            group["b"] = below
            group = below

    make("cycle", cycle)
    make("cycle-latest", cycle, libver="latest")
    make("cycle-root", root_cycle)
    make("group-twice", twice)
    make("group-laughs", laughs)

    def deep(file):
        group = file
        for _ in range(300):
            group = group.create_group("g")

    make("deep", deep)


def elsewhere():
    def external(file):
        file.create_dataset("x", (4,), "f4", external=[("/etc/passwd", 0, 16)])

    def virtual(file):
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
        file.create_virtual_dataset("x", layout)

    make("external-data", external)
    make("virtual", virtual, libver="latest")


def kinds():
    def named(file):
        file["type"] = np.dtype("f4")

    def named_used(file):
        file["type"] = np.dtype("f4")
        file.create_dataset("x", (4,), file["type"])
        del file["type"]

    def named_attribute(file):
        file["type"] = np.dtype("f4")
        file.attrs.create("a", 1, dtype=file["type"])
        del file["type"]

    def references(file):
        one(file)
        file.create_dataset("r", data=np.array([file["x"].ref], h5py.ref_dtype))

    def reference_attribute(file):
        one(file)
        file.attrs["r"] = file["x"].ref

    def compound(file):
        file["c"] = np.zeros(3, [("a", "i4"), ("b", "f8"), ("c", "f8")])

    def enumeration(file):
        file.create_dataset("e", (3,), h5py.enum_dtype({"A": 0, "B": 1, "C": 2}))

    def lists(file):
        file.create_dataset("l", (3,), h5py.vlen_dtype("f4"))

    def opaque(file):
        file["o"] = np.array([b"ab"], "V2")

    def float8(file):
        kind = h5py.h5t.IEEE_F16LE.copy()
        kind.set_fields(7, 4, 3, 0, 3)
        kind.set_size(1)
        h5py.h5d.create(file.id, b"f", kind, h5py.h5s.create_simple((4,)))

    def table(file):
        file["t"] = np.array([[b"a", b"b"]])

    for fill in (named, named_used, named_attribute, references, reference_attribute, compound):
        make("kind-" + fill.__name__.replace("_", "-"), fill)
    for fill in (enumeration, lists, opaque, float8, table):
        make("kind-" + fill.__name__, fill)


def filters():
    def scaleoffset(file):
        file.create_dataset("x", data=np.arange(100), chunks=(10,), scaleoffset=0)

    def lzf(file):
        file.create_dataset("x", data=np.zeros(1000, "f4"), chunks=(1000,), compression="lzf")

    def gzip(file):
        file.create_dataset("x", data=np.zeros(1000, "f4"), chunks=(1000,), compression="gzip")

    def chunk(content, shape=4, dtype="f4", **options):
        def fill(file):
            made = file.create_dataset("x", (shape,), dtype, chunks=(shape,), **options)
            made.id.write_direct_chunk((0,), content)

        return fill

    make("filter-scaleoffset", scaleoffset)
    make("filter-unknown", lzf, replace(struct.pack("<H", 32000) + b"\x08\0", b"\x99\x7d"))
    make("inflate-too-much", chunk(zlib.compress(bytes(10_000_000)), compression="gzip"))
    make("inflate-too-little", chunk(zlib.compress(bytes(5)), compression="gzip"))
    make("inflate-cut", chunk(zlib.compress(bytes(1000))[:-8], 250, compression="gzip"))
    make("inflate-garbage", chunk(b"garbage", compression="gzip"))
    make("chunk-bomb", chunk(zlib.compress(bytes(100)), 1 << 28, compression="gzip"))
    make("lzf-garbage", chunk(b"\xff" * 20, 100, compression="lzf"))
    make("lzf-too-much", chunk(b"\x00a" + b"\xe0\xff\x00" * 50, 4, compression="lzf"))
    make("fletcher", chunk(bytes(16) + b"1234", fletcher32=True))
    make("fletcher-short", chunk(b"12", fletcher32=True))


def bombs():
    def contiguous(file):
        file.create_dataset("x", (1 << 40,), "f4")

    def chunked(file):
        file.create_dataset("x", (1 << 40,), "f4", chunks=(4,))[0] = 1

    def chunked_latest(file):
        file.create_dataset("x", (1 << 40,), "f4", chunks=(4,), maxshape=(None,))[0] = 1

    def overflow(file):
        file.create_dataset("x", (1 << 40, 1 << 22), "u1")

    make("bomb-contiguous", contiguous)
    make("bomb-chunked", chunked)
    make("bomb-chunked-latest", chunked_latest, libver="latest")
    huge = struct.pack("<Q", 1 << 40)
    make("bomb-overflow", overflow, replace(struct.pack("<Q", 1 << 22), huge, 2))
    four = struct.pack("<QQ", 4, 4)
    make("bomb-shape", one, replace(four, struct.pack("<QQ", 1 << 20, 1 << 20)))
    make("bomb-negative", one, replace(four, b"\xff" * 16))

    def texts(file):
        file.attrs["t"] = ["x" * 60000] + ["y"] * 3000

    def same(data):
        at = data.index(struct.pack("<I", 60000), data.index(b"\x0c\0"))
        first = data[at : at + 16]
        for _ in range(3000):
            at += 16
            data[at : at + 16] = first

    make("bomb-texts", texts, same)


def structures():
    make("superblock-version", one, replace(b"\r\n\x1a\n\0", b"\r\n\x1a\n\x09"))
    make("superblock-checksum", one, put(b"\x89HDF", 28, "Q", 0), libver="latest")
    make("offsets-of-4", one, replace(b"\x08\x08\0\x04", b"\x04\x04"))
    make("several-files", one, put(b"\x89HDF", 48, "Q", 96))
    make("root-nowhere", one, put(b"\x89HDF", 64, "Q", 1 << 62))
    make("root-dataset", one, root_to_dataset)
    make("cut", several, lambda data: data.__delitem__(slice(len(data) - 100, None)))
    make("tree-signature", several, put(b"TREE", 0, "I", 0))
    make("tree-of-chunks", several, put(b"TREE", 4, "B", 1))
    make("tree-level", several, tree_in_itself)
    make("tree-count", several, put(b"TREE", 6, "H", 65535))
    make("table-count", several, put(b"SNOD", 6, "H", 65535))
    make("table-version", several, put(b"SNOD", 4, "B", 7))
    make("heap-nowhere", several, put(b"HEAP", 24, "Q", 1 << 40))
    make("heap-negative", several, put(b"HEAP", 8, "q", -8))
    make("name-up", several, replace(b"bb\0", b"..\0"))
    make("name-slash", several, replace(b"bb\0", b"b/\0"))
    make("name-empty", several, replace(b"bb\0", b"\0"))
    make("name-twice", several, replace(b"bb\0", b"aa\0"))
    make("name-not-utf8", several, replace(b"bb\0", b"\xff\xfe\0"))
    make("name-controls", several, replace(b"bb\0", b"\x1b/\0"))
    make("header-version", one, header(0, "B", 7))
    make("header-count", one, header(2, "H", 65535))
    make("header-size", one, header(8, "I", 0xFFFFFFF0))
    make("header-checksum", one, put(b"OHDR", 12, "B", 0, 1), libver="latest")
    make("message-size", one, header(18, "H", 60000))
    make("message-shared", one, header(20, "B", 2))
    make("message-unknown", one, unknown_message)
    make("continuation", continued, continue_in_itself)
    make("layout-elsewhere", one, layout(2, "Q", 1 << 40))
    make("layout-size", one, layout(10, "Q", 12))
    make("layout-version", one, layout(0, "B", 5))
    make("layout-kind", one, layout(1, "B", 9))
    make("rank", one, dataspace(1, "B", 200))
    make("dataspace-version", one, dataspace(0, "B", 9))
    make("type-of-no-size", one, replace(b"\x11\x20\x1f\0\x04\0\0\0", b"\x11\x20\x1f\0\0\0\0\0"))

    def attributes(file):
        file.attrs["aa"] = np.arange(4, dtype="f4")
        file.attrs["bb"] = "text"

    make("attribute-twice", attributes, replace(b"bb\0", b"aa\0"))
    make("attribute-version", attributes, replace(b"\x01\0\x03\0\x14", b"\x09"))
    make("attribute-size", attributes, replace(b"\x01\0\x03\0\x14", b"\x01\0\x03\0\xff"))
    make("text-index", attributes, text(12, "I", 77))
    make("text-length", attributes, text(0, "I", 100000))
    make("text-address", attributes, text(4, "Q", 1 << 40))
    make("text-not-utf8", attributes, replace(b"text\0\0\0\0", b"t\xffxt"))
    make("text-heap-size", attributes, put(b"GCOL", 8, "Q", 1 << 40))
    make("text-heap-object", attributes, put(b"GCOL", 24, "Q", 1 << 40))

    def many(file):
        for i in range(100):
            file[f"child{i}"] = np.float32(i)
            file.attrs[f"attribute{i}"] = i

    make("dense-heap", many, put(b"FRHP", 5, "H", 200), libver="latest")
    make("dense-block", many, put(b"FHDB", 0, "I", 0), libver="latest")
    make("dense-tree", many, put(b"BTLF", 10, "B", 7), libver="latest")

    def chunks(file):
        file.create_dataset("x", data=np.zeros((100, 100)), chunks=(10, 10))

    make("chunk-nowhere", chunks, put(b"TREE", 56, "Q", 1 << 40, 1))
    make("chunk-rank", chunks, replace(b"\x03\x02\x03", b"\x03\x02\x02"))
    make("chunk-size", chunks, put(b"TREE", 24, "I", 5, 2))
    make("chunk-tree", chunks, put(b"TREE", 5, "B", 3, 1))
    make("chunk-zero", chunks, replace(struct.pack("<III", 10, 10, 8), struct.pack("<III", 0, 10, 8)))

    def grows(file):
        file.create_dataset("x", data=np.zeros(100), chunks=(1,), maxshape=(None,))

    make("array-header", grows, put(b"EAHD", 6, "B", 99), libver="latest")
    make("array-block", grows, put(b"EADB", 0, "I", 0), libver="latest")


def header(offset, fmt, value):
    """Changes a field of the object header of the dataset x, which is after the root's."""

    def change(data):
        at = data.index(b"SNOD")
        (address,) = struct.unpack_from("<Q", data, at + 16)
        struct.pack_into("<" + fmt, data, address + offset, value)

    return change


def message(kind, data):
    """Where the content of a message of the dataset x is."""
    at = data.index(b"SNOD")
    (address,) = struct.unpack_from("<Q", data, at + 16)
    at = address + 16
    while True:
        found, size = struct.unpack_from("<HH", data, at)
        if found == kind:
            return at + 8
        at += 8 + size


def layout(offset, fmt, value):
    def change(data):
        struct.pack_into("<" + fmt, data, message(8, data) + offset, value)

    return change


def dataspace(offset, fmt, value):
    def change(data):
        struct.pack_into("<" + fmt, data, message(1, data) + offset, value)

    return change


def unknown_message(data):
    at = message(5, data)
    struct.pack_into("<HHB", data, at - 8, 99, 8, 0x80)


def text(offset, fmt, value):
    """Changes the reference to the text of the attribute bb."""

    def change(data):
        heap = data.index(b"GCOL")
        at = data.index(struct.pack("<IQ", 4, heap))
        struct.pack_into("<" + fmt, data, at + offset, value)

    return change


def root_to_dataset(data):
    at = data.index(b"SNOD")
    data[64:72] = data[at + 16 : at + 24]


def tree_in_itself(data):
    at = data.index(b"TREE")
    data[at + 5] = 1
    struct.pack_into("<Q", data, at + 32, at)


def continued(file):
    for i in range(20):
        file.attrs[f"attribute{i}"] = i


def continue_in_itself(data):
    """The continuation of the root's header has another one: itself."""
    at = 96 + 16
    while struct.unpack_from("<H", data, at)[0] != 16:
        at += 8 + struct.unpack_from("<H", data, at + 2)[0]
    address, size = struct.unpack_from("<QQ", data, at + 8)
    struct.pack_into("<HHIQQ", data, address, 16, 16, 0, address, size)


def not_hdf5():
    (HERE / "html.h5").write_bytes(b"<!DOCTYPE html><html>" + b" " * 3000)
    (HERE / "empty.h5").write_bytes(b"")
    (HERE / "signature.h5").write_bytes(b"\x89HDF\r\n\x1a\n")


def main():
    for path in HERE.glob("*.h5"):
        path.unlink()
    links()
    elsewhere()
    kinds()
    filters()
    bombs()
    structures()
    not_hdf5()


if __name__ == "__main__":
    main()
