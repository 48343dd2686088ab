"""Makes the files of this folder: each must be refused, with the message in expected.json.

Run in this folder: OMP_NUM_THREADS=1 python make.py
The files differ from what PyTorch 2.10 writes in one place each; nothing in them is ever run here.
"""

import itertools
import pickle
import struct
import zlib
from pathlib import Path

import before
import torch

HERE = Path(__file__).parent
PROTO = b"\x80\x02"
WIDE = 0xFFFFFFFF


def text(value):
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value):
    return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def numbers(*values):
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind="FloatStorage", key="0", elements=4):
    return (b"(" + text("storage") + name("torch", kind) + text(key) + text("cpu")
            + number(elements) + b"tQ")


def tensor(offset=0, shape=(4,), strides=(1,), **of):
    return (name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage(**of) + number(offset)
            + numbers(*shape) + numbers(*strides) + b"\x89}tR")


def dictionary(*items):
    return b"}(" + b"".join(text(key) + value for key, value in items) + b"u"


def entry(path, data, method=0, flags=0, size=None, crc=None):
    return dict(path=path, data=data, method=method, flags=flags,
                size=len(data) if size is None else size,
                crc=zlib.crc32(data) if crc is None else crc)


def records(data_pkl, storages=(b"\0" * 16,), version=b"3\n", byteorder=b"little"):
    found = [entry("a/data.pkl", data_pkl)]
    if byteorder is not None:
        found.append(entry("a/byteorder", byteorder))
    found += [entry(f"a/data/{key}", data) for key, data in enumerate(storages)]
    if version is not None:
        found.append(entry("a/version", version))
    return found


def archive(entries, change=None, end=None):
    """A zip archive; change(entry) gives other fields to the directory than to local headers."""
    body, directory = b"", b""
    for one in entries:
        path = one["path"].encode()
        offset = len(body)
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, one["flags"], one["method"], 0, 33,
                            one["crc"], one["size"], one["size"], len(path), 0) + path + one["data"]
        listed = one | (change(one) if change else {})
        path = listed["path"].encode()
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, listed["flags"],
                                 listed["method"], 0, 33, listed["crc"], listed["size"],
                                 listed["size"], len(path), 0, 0, 0, 0, 0,
                                 listed.get("header", offset)) + path
    fields = dict(disk=0, count=len(entries), size=len(directory), offset=len(body))
    fields |= end or {}
    return body + directory + struct.pack(
        "<IHHHHIIH", 0x06054B50, fields["disk"], fields["disk"], fields["count"], fields["count"],
        fields["size"], fields["offset"], 0)


def state(pickled, **options):
    return archive(records(PROTO + pickled + b".", **options))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)


def saved(value, **options):
    path = HERE / "saved.tmp"
    torch.save(value, path, **options)
    data = path.read_bytes()
    path.unlink()
    return data


def scripted():
    path = HERE / "saved.tmp"
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)
    data = path.read_bytes()
    path.unlink()
    return data


def shared(levels):
    out = b"]q\x00"
    for level in range(levels):
        out += b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86q" + bytes([level + 1])
    return b"(" + out + b"l"


def repeated_copies(count):
    return b"(" + b"".join(
        tensor(offset=index, shape=(2000, 500), strides=(0, 2), elements=2000, kind="ByteStorage")
        for index in range(count)) + b"l"


def repeated_conversions(count):
    start = text("x" * 10000) + b"q\x00" + name("_codecs", "encode") + b"q\x01"
    return b"(" + start + b"".join(b"h\x01h\x00" + text("latin1") + b"\x86R"
                                   for _ in range(count)) + b"l"


def one_hash(count):
    """Different strings of the same hash in Java."""
    words = itertools.product(("Aa", "BB"), repeat=count.bit_length())
    return [text("".join(word)) for word in itertools.islice(words, count)]


def large_key(dicts):
    """One large tuple that is the key of many dicts."""
    key = b"(" + b"K\x01" * 50_000 + b"tq\x00"
    return b"(" + key + b"".join(b"}h\x00Ns" for _ in range(dicts)) + b"l"


def changed(target, **fields):
    return lambda one: fields if one["path"] == target else {}


def nested():
    inner = entry("a/inner", b"xy")
    outer = entry("a/outer", archive([inner])[: 30 + len("a/inner") + 2])
    header = 30 + len("a/outer")
    return archive([outer, inner], change=changed("a/inner", header=header))


def zip64(end64):
    plain = state(b"}")
    body, end = plain[:-22], plain[-22:]
    locator = struct.pack("<IIQI", 0x07064B50, 0, end64, 1)
    return body + locator + end


def files():
    good = state(dictionary(("a", tensor())))
    plain = records(PROTO + b"}.")

    # Names that act, and objects that are not state.
    yield "posix-system", state(name("posix", "system") + text("touch /tmp/x") + b"\x85R")
    yield "builtins-eval", state(name("builtins", "eval") + text("1 + 1") + b"\x85R")
    yield "builtin-eval-python2", state(name("__builtin__", "eval") + text("1") + b"\x85R")
    yield "stack-global", state(b"\x8c\x02os\x8c\x06system\x93" + text("x") + b"\x85R")
    yield "getattr", state(name("operator", "attrgetter") + text("x") + b"\x85R")
    yield "dotted", state(name("torch", "serialization.os.system") + text("x") + b"\x85R")
    yield "whole-module", saved(torch.nn.Sequential(torch.nn.Linear(2, 2)))
    yield "own-class", saved(Net())
    yield "any-class", state(name("argparse", "Namespace") + b")\x81}b")
    yield "other-class", state(name("my.package", "Thing") + b")\x81}b")
    yield "call-of-storage", state(name("torch", "FloatStorage") + number(2**40) + b"\x85R")
    yield "call-of-value", state(text("x") + b")R")
    yield "class-as-value", state(name("collections", "OrderedDict"))
    yield "attributes-of-tensor", state(tensor() + b"}b")
    yield "torchscript", scripted()
    yield "bare-pickle", pickle.dumps({"a": 1})

    # Kinds of values that are not read.
    yield "memory-format", saved(torch.channels_last, pickle_protocol=4)
    yield "range", saved({"a": range(3)})
    yield "factory-called", state(name("__builtin__", "list") + b")R")
    yield "factory-as-value", state(name("__builtin__", "list"))
    yield "factory-of-os", state(name("collections", "defaultdict") + name("posix", "system")
                                 + b"\x85R")
    yield "tensor-class-called", state(name("torch", "FloatTensor") + b")R")
    yield "bits8", saved(torch.zeros(2, dtype=torch.uint8).view(torch.bits8))
    yield "meta", saved(torch.empty(2, device="meta"))
    yield "nested-tensor", saved(torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]))
    yield "sparse-csr", saved(torch.eye(2).to_sparse_csr())
    yield "converted", state(name("torch._utils", "_rebuild_device_tensor_from_cpu_tensor") + b"("
                             + tensor() + name("torch", "float16") + text("xla:0") + b"\x89tR")
    yield "two-attributes-of-tensor", state(tensor() + b"NN\x86b")
    yield "sparse", saved(torch.eye(2).to_sparse())
    yield "quantized", saved(torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8))
    yield "conjugated", saved(torch.ones(2, dtype=torch.complex64).conj())
    yield "numpy-objects", state(name("numpy", "dtype") + text("O8") + b"\x89\x88\x87R")
    yield "numpy-too-short", state(
        name("numpy.core.numeric", "_frombuffer") + b"(C\x03abc" + name("numpy", "dtype")
        + text("f4") + b"\x89\x88\x87RK\x02\x85" + text("C") + b"tR")
    yield "numpy-type", state(name("numpy", "dtype") + text("f8") + b"\x89\x88\x87R")
    yield "numpy-empty", state(name("numpy.core.multiarray", "_reconstruct")
                               + name("numpy", "ndarray") + b"K\x00\x85" + text("b") + b"\x87R")
    yield "protocol-6", archive(records(b"\x80\x06N."))
    yield "protocol-0", archive(records(b"(dp0\n."))

    # Bombs.
    yield "string-bomb", state(b"X\xff\xff\xff\xff")
    yield "string8-bomb", state(b"\x8d" + struct.pack("<Q", 2**62))
    yield "bytes8-bomb", state(b"\x8e" + struct.pack("<Q", 2**31))
    yield "bytes8-negative", state(b"\x96" + struct.pack("<Q", 2**64 - 1))
    yield "integer-bomb", state(b"\x8b" + struct.pack("<I", 2**31))
    yield "memo-bomb", state(b"Nr" + struct.pack("<I", WIDE))
    yield "deep-tuples", state(b")" + b"\x85" * 100_000)
    yield "deep-marks", state(b"(" * 100_000 + b"t" * 100_000)
    yield "shared-tuples", state(shared(60))
    yield "shared-key", state(b"}" + shared(60) + b"Ns")
    yield "cycle", state(b"]q\x00h\x00a")
    yield "cycle-in-dict", state(b"}q\x00" + text("self") + b"h\x00s")
    yield "expanded-bomb", state(tensor(shape=(2**20, 2**20), strides=(0, 0)))
    yield "copies-bomb", state(repeated_copies(1000), storages=(b"\0" * 2000,))
    yield "conversion-bomb", state(repeated_conversions(1000))
    yield "dimensions-bomb", state(tensor(shape=(1,) * 65, strides=(1,) * 65))
    yield "name-bomb", state(b"c" + b"x" * 5000 + b"\nx\n")

    yield "set-of-one-hash", state(b"\x8f(" + b"".join(one_hash(5000)) + b"\x90")
    yield "keys-of-one-hash", state(
        b"}(K\x01N" + b"".join(word + b"N" for word in one_hash(300)) + b"u")
    yield "large-key", state(large_key(1000))
    yield "text-number-bomb", state(b"L" + b"9" * 5000 + b"\n")
    yield "old-string-bomb", state(b"T\xff\xff\xff\xff")
    yield "old-string-conversion-bomb", state(
        b"(T" + struct.pack("<I", 10000) + b"x" * 10000 + b"q\x00" + name("_codecs", "encode")
        + b"q\x01" + (b"h\x01h\x00" + text("latin1") + b"\x86R") * 1000 + b"l")

    # Tensors that do not lie in their storage.
    yield "short-storage", state(tensor(), storages=(b"\0" * 15,))
    yield "storage-claims-more", state(tensor(elements=2**40))
    yield "storage-overflow", state(tensor(elements=2**62))
    yield "storage-negative", state(tensor(elements=-4))
    yield "storage-missing", state(tensor(key="7"))
    yield "storage-path", state(tensor(key="../../../../etc/passwd"))
    yield "storage-two-types", state(b"(" + tensor() + tensor(kind="IntStorage") + b"l")
    yield "outside", state(dictionary(("layer.weight", tensor(offset=1))))
    yield "outside-by-stride", state(tensor(shape=(2, 2), strides=(3, 1)))
    yield "negative-offset", state(tensor(offset=-1))
    yield "negative-stride", state(tensor(offset=3, strides=(-1,)))
    yield "negative-shape", state(tensor(shape=(-4,)))
    yield "shape-overflow", state(tensor(shape=(2**32, 2**32), strides=(0, 0)))
    yield "stride-overflow", state(tensor(shape=(3, 3), strides=(2**62, 1)))
    yield "offset-overflow", state(tensor(offset=2**63 - 1))
    yield "size-of-many-bits", state(tensor(offset=2**70))
    yield "shape-without-strides", state(tensor(shape=(2, 2), strides=(1,)))
    yield "persistent-id", state(b"(" + text("module") + name("torch", "FloatStorage") + text("0")
                                 + text("cpu") + number(4) + b"tQ")
    yield "persistent-id-of-text", state(text("0") + b"Q")

    # Pickles that do not fit together.
    yield "empty-pickle", archive(records(b""))
    yield "no-stop", archive(records(PROTO + b"}"))
    yield "left-over", archive(records(PROTO + b"}}."))
    yield "after-the-end", archive(records(PROTO + b"}.}"))
    yield "underflow", state(b"\x85")
    yield "through-the-mark", state(b"}(\x85")
    yield "no-mark", state(b"]e")
    yield "memo-unset", state(b"h\x05")
    yield "append-to-dict", state(b"}Na")
    yield "set-in-list", state(b"]" + text("a") + b"Ns")
    yield "odd-dict", state(b"}(" + text("a") + b"u")
    yield "key-twice", state(dictionary(("a", b"N"), ("a", b"N")))
    yield "set-of-lists", state(b"\x8f(]\x90")
    yield "set-of-dicts", state(b"\x8f(}\x90")
    yield "frozenset-of-sets", state(b"(\x8f\x91")
    yield "key-with-list", state(b"}K\x01]\x86Ns")
    yield "item-twice", state(b"\x8f(K\x01K\x01\x90")
    yield "set-without-mark", state(b"\x8f\x90")
    yield "items-of-list", state(b"](K\x01\x90")
    yield "set-of-number", state(name("__builtin__", "set") + b"K\x01\x85R")
    yield "complex-of-text", state(name("__builtin__", "complex") + text("1") + text("2")
                                   + b"\x86R")
    yield "number-of-letters", state(b"I1x\n")
    yield "buffer-out-of-band", state(b"\x97")
    yield "not-utf8", state(b"X\x01\x00\x00\x00\xff")
    yield "wrong-argument", state(name("torch._utils", "_rebuild_tensor_v2") + b"(NNNNtR")
    yield "too-few-arguments", state(name("torch._utils", "_rebuild_tensor_v2") + b")R")

    # Archives.
    yield "empty", b""
    yield "web-page", b"<!DOCTYPE html><html><body>404</body></html>"
    yield "lfs-pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    yield "other-file", struct.pack("<Q", 2) + b"{}"
    yield "truncated", good[:-1]
    yield "truncated-early", good[:100]
    yield "only-the-end", archive([])
    yield "other-archive", archive([entry("weights.npy", b"x")])
    yield "no-pickle", archive([entry("a/version", b"3\n")])
    yield "no-version", state(b"}", version=None)
    yield "version-11", state(b"}", version=b"11\n")
    yield "version-long", state(b"}", version=b"3" * 100)
    yield "byteorder-middle", state(b"}", byteorder=b"middle")
    yield "duplicate-entry", archive(plain + [entry("a/data.pkl", PROTO + b"N.")])
    yield "overlapping", archive([entry(one["path"], one["data"], size=60)
                                  if one["path"] == "a/byteorder" else one for one in plain])
    yield "nested", nested()
    yield "deflated", archive([entry("a/data.pkl", b"x", method=8)] + plain[1:])
    yield "encrypted", archive([entry("a/data.pkl", b"x", flags=1)] + plain[1:])
    yield "beyond-the-file", archive(plain[:-1] + [entry("a/version", b"3\n", size=10**6)])
    yield "header-beyond-the-file", archive(plain, change=changed("a/version", header=10**6))
    yield "header-elsewhere", archive(plain, change=changed("a/version", header=1))
    yield "header-of-other-name", archive(plain, change=changed("a/version", path="a/Version"))
    yield "header-of-other-size", archive(
        plain[:-1] + [entry("a/version", b"3\n\n", size=2)], change=changed("a/version", size=3))
    yield "header-of-other-method", archive(plain, change=changed("a/version", method=8))
    yield "wide-without-sizes", archive(plain, change=changed("a/version", size=WIDE))
    yield "name-not-utf8", archive(plain).replace(b"a/byteorder", b"a/byteorde\xff")
    yield "more-entries", archive(plain, end=dict(count=0xFFFE))
    yield "fewer-entries", archive(plain, end=dict(count=2))
    yield "directory-elsewhere", archive(plain, end=dict(offset=7))
    yield "several-parts", archive(plain, end=dict(disk=3))
    yield "zip64-end-elsewhere", zip64(2**63)
    yield "zip64-end-missing", zip64(len(state(b"}")) - 22 - 56)


def main():
    for name_, data in [*files(), *before.files()]:
        (HERE / f"{name_}.pt").write_bytes(data)


if __name__ == "__main__":
    main()
