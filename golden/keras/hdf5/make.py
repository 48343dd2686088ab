"""Makes the files beside it with h5py, and expected.json: what they hold, by the part of
their names before the dash. Of a hash the first 16 digits are kept.

python make.py    # h5py 3.14.0 with HDF5 1.14.6
"""

import hashlib
import json
import pathlib

import h5py
import ml_dtypes
import numpy as np

HERE = pathlib.Path(__file__).parent
NAMES = {
    "bool": "BOOL", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
    "complex64": "C64", "complex128": "C128",
    "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64",
    "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64",
}


def described(value):
    """A value as the Java tests describe it."""
    if isinstance(value, h5py.Empty):
        return {"empty": True}
    value = np.asarray(value)
    if value.dtype.kind in "OSU":
        texts = [t.decode() if isinstance(t, bytes) else str(t) for t in value.reshape(-1).tolist()]
        return {"text": texts[0]} if value.shape == () else {"texts": texts}
    value = value.astype(value.dtype.newbyteorder("<"))
    return {
        "dtype": NAMES[value.dtype.name],
        "shape": list(value.shape),
        "sha256": hashlib.sha256(value.tobytes()).hexdigest()[:16],
    }


def attributes(node):
    return {name: described(node.attrs[name]) for name in sorted(node.attrs)}


def tree(node):
    if isinstance(node, h5py.Dataset):
        value = node[()]
        if node.attrs.get("dtype") == "bfloat16":
            value = np.array(value).view(ml_dtypes.bfloat16).reshape(node.shape)
        return {"attributes": attributes(node), "value": described(value)}
    return {"attributes": attributes(node), "children": {name: tree(node[name]) for name in node}}


def numbers(dtype, *shape):
    count = int(np.prod(shape))
    values = np.arange(1, count + 1) * 7 % 251
    return (values % 2 == 1 if dtype == "bool" else values.astype(dtype)).reshape(shape)


def kinds(file):
    for name in NAMES:
        dtype = ml_dtypes.bfloat16 if name == "bfloat16" else name
        made = file.create_dataset("array/" + name, data=numbers(dtype, 3, 5))
        if name == "bfloat16":
            made.attrs["dtype"] = name
        else:
            file.create_dataset("scalar/" + name, data=numbers(dtype, 1)[0])
            file.create_dataset("none/" + name, data=numbers(dtype, 0, 4))
            file["array/" + name].attrs["same"] = numbers(dtype, 2, 3)
            if name not in ("bool", "int8", "uint8"):
                big = np.dtype(name).newbyteorder(">")
                file.create_dataset("big/" + name, data=numbers(name, 4, 3).astype(big))
    file.create_dataset("empty", data=h5py.Empty("f4"))
    file.create_dataset("never_written", shape=(3, 2), dtype="f4", fillvalue=1.5)
    file.create_dataset("never_written_zero", shape=(3, 2), dtype="f4")
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((2, 3))
    compact = h5py.h5d.create(file.id, b"compact", h5py.h5t.NATIVE_FLOAT, space, plist)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers("float32", 2, 3))


def texts(file):
    file.attrs["variable"] = "h\u00e9 \u4e16\u754c"
    file.attrs["bytes"] = b"{}"
    file.attrs["nothing"] = ""
    file.attrs["fixed"] = np.bytes_(b"fixed")
    file.attrs["names"] = np.asarray([b"dense", b"dense_1", b"a"])
    file.attrs["variable_names"] = ["a", "b\u00df", ""]
    file.attrs["no_names"] = np.asarray([], dtype="S1")
    file.attrs["long"] = "0123456789" * 7000
    file.attrs["null"] = h5py.Empty("f4")
    file.attrs["b\u00fccher"] = 3
    file.attrs["flag"] = True
    file.create_dataset("variable", data="a text")
    file.create_dataset("names", data=["x", "yy", "zzz"])
    file.create_dataset("fixed", data=np.asarray([b"x", b"yy", b"zzz"]))
    file.create_dataset("zipped", data=["x" * i for i in range(100)], chunks=(7,), compression=4)
    file.create_group("gr\u00f6\u00dfe").create_group("empty")
    padded = h5py.h5t.C_S1.copy()
    padded.set_size(8)
    padded.set_strpad(h5py.h5t.STR_SPACEPAD)
    made = h5py.h5a.create(file.id, b"padded", padded, h5py.h5s.create(h5py.h5s.SCALAR))
    made.write(np.array(b"ab      "), padded)


def chunks(file):
    data = numbers("float32", 17, 23)
    file.create_dataset("plain", data=data, chunks=(5, 7))
    file.create_dataset("gzip", data=data, chunks=(5, 7), compression="gzip")
    file.create_dataset("shuffle", data=data, chunks=(5, 7), compression="gzip", shuffle=True)
    file.create_dataset("lzf", data=data, chunks=(5, 7), compression="lzf", shuffle=True)
    file.create_dataset("fletcher", data=data, chunks=(5, 7), fletcher32=True)
    file.create_dataset(
        "all", data=data, chunks=(5, 7), compression="gzip", shuffle=True, fletcher32=True
    )
    file.create_dataset("one", data=data, chunks=data.shape)
    file.create_dataset("one_gzip", data=data, chunks=data.shape, compression="gzip")
    file.create_dataset("line", data=numbers("int16", 1000), chunks=(10,), compression="gzip")
    file.create_dataset("big", data=data.astype(">f4"), chunks=(5, 7), compression="gzip")
    file.create_dataset("odd", data=numbers("uint8", 7), chunks=(7,), fletcher32=True)
    cube = numbers("int32", 6, 7, 8)
    file.create_dataset("cube", data=cube, chunks=(4, 3, 5), shuffle=True, compression="lzf")
    file.create_dataset("limited", data=cube, chunks=(4, 3, 5), maxshape=(20, 30, 40))
    for i, maxshape in enumerate([(None, 7, 8), (6, None, 8), (6, 7, None), (6, None, None)]):
        made = file.create_dataset(f"grows{i}", data=cube, chunks=(2, 3, 5), maxshape=maxshape)
        made.resize((9, 7, 8) if i == 0 else (6, 9, 8) if i in (1, 3) else (6, 7, 11))
        zipped = file.create_dataset(
            f"grows_gzip{i}", data=cube, chunks=(2, 3, 5), maxshape=maxshape, compression=9
        )
        zipped.resize((2, 5, 7) if maxshape[2] is None and i == 3 else cube.shape)
    file.create_dataset("long", data=numbers("int8", 5000), chunks=(1,), maxshape=(None,))
    file.create_dataset("pages", data=numbers("int8", 3000), chunks=(1,))
    file.create_dataset(
        "pages_gzip", data=numbers("int8", 3000), chunks=(2,), compression=1, maxshape=(9000,),
    )
    holes = file.create_dataset("holes", shape=(40, 40), dtype="f4", chunks=(4, 4), fillvalue=7)
    holes[17:20, 30] = 3
    far = file.create_dataset("far", shape=(3000,), dtype="i1", chunks=(1,), maxshape=(None,))
    far[2500] = 9
    far2 = file.create_dataset("far2", shape=(3000,), dtype="i1", chunks=(1,))
    far2[2500] = 9
    file.create_dataset("not_written", shape=(4, 4), dtype="i4", chunks=(2, 2))
    file.create_dataset("nothing", shape=(0, 4), dtype="i4", chunks=(2, 2), maxshape=(None, 4))


def many(file):
    """Enough for trees of some levels, and for tables in tables of the newer heaps."""
    group = file.create_group("many")
    for i in range(3000):
        name = f"a_rather_long_name_of_a_child_{i * 7919 % 3000}"
        group[name] = np.int16(i) if i < 300 else group["a_rather_long_name_of_a_child_0"]
    for i in range(300):
        group.attrs[f"attribute_{i * 31 % 300}"] = np.arange(i % 50, dtype="i2")
    group.create_group("last")


def orders(file):
    for name in ("zebra", "apple", "mango"):
        group = file.create_group(name, track_order=True)
        for child in range(20, 0, -1):
            group[str(child)] = np.float32(child)
        for attribute in range(12, 0, -1):
            group.attrs[f"a{attribute}"] = attribute


def large_attributes(file):
    """Attributes over 64 KiB, which only the newer files have."""
    file.attrs["model_config"] = np.bytes_(b"0123456789" * 7000)
    file.attrs["weights"] = np.arange(17000, dtype="f4")
    file.attrs["small"] = 1


def small(file):
    """A bit of everything, small enough to be damaged byte by byte."""
    file.attrs["text"] = "text"
    file.attrs["names"] = np.asarray([b"a", b"bc"])
    file["x"] = np.float32(1)
    file["flag"] = True
    file["texts"] = ["x", "y"]
    file.create_dataset("zip", data=np.arange(9), chunks=(4,), compression=1, fletcher32=True)
    file.create_dataset("lzf", data=np.zeros((3, 3)), chunks=(2, 2), compression="lzf")
    file.create_dataset("grows", data=np.arange(40, dtype="u1"), chunks=(1,), maxshape=(None,))
    group = file.create_group("group")
    for i in range(9):
        group.attrs[f"a{i}"] = i
        group[f"x{i}"] = file["x"]


def deep(file):
    group = file
    for i in range(60):
        group = group.create_group(f"g{i}")
    group["value"] = np.float64(1)
    file["alias"] = file["g0/g1"].create_dataset("origin", data=np.arange(3))


def write(name, fill, **options):
    path = HERE / (name + ".h5")
    with h5py.File(path, "w", **options) as file:
        fill(file)
    with h5py.File(path, "r") as file:
        return tree(file)


def main():
    expected = {}
    for fill in (kinds, texts, chunks, many, orders, deep, small):
        track = fill is orders
        held = write(fill.__name__, fill, libver="earliest", track_order=track)
        assert held == write(fill.__name__ + "-latest", fill, libver="latest", track_order=track)
        expected[fill.__name__] = held
    assert expected["kinds"] == write("kinds-userblock", kinds, userblock_size=1024)
    expected["large"] = write("large-latest", large_attributes, libver="latest")
    (HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
