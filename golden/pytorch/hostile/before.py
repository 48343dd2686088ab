"""Hostile files in the layouts from before PyTorch 1.6, which make.py writes with the others."""

import io
import pickle
import struct
import sys
import tarfile
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent))
import legacy  # noqa: E402
from legacy import OldTensor, floats, reference, storage  # noqa: E402

END = b"."
PROTO = b"\x80\x02"
INFO = legacy.pickled({"protocol_version": 1001, "little_endian": True, "type_sizes": {}})


class Net(torch.nn.Module):
    pass


def old(state, storages=None):
    return legacy.old_file(state, storages or {})


def old_opcodes(opcodes, after=legacy.pickled([])):
    """A file whose state is these opcodes."""
    head = legacy.pickled(legacy.MAGIC_NUMBER) + legacy.pickled(1001) + INFO
    return head + PROTO + opcodes + END + after


def one(shape=(2,), strides=(1,), offset=0, count=2, view=None, key="1", kind=torch.FloatStorage):
    return {"a": OldTensor(storage(key, count, view, kind), offset, shape, strides)}


def of_counts(count, raw=b"\0" * 8, keys=("1",), after=b""):
    """A file of one tensor whose storage says that it has another number of elements."""
    file = legacy.old_file(one(), {})
    end = len(file) - len(legacy.pickled([]))
    return file[:end] + legacy.pickled(list(keys)) + struct.pack("<q", count) + raw + after


def saved_module():
    out = io.BytesIO()
    sources = torch.serialization.get_source_lines_and_file
    # The source of each class would be in the file, with its place on this machine.
    torch.serialization.get_source_lines_and_file = None
    torch.save(torch.nn.Sequential(Net()), out, _use_new_zipfile_serialization=False)
    torch.serialization.get_source_lines_and_file = sources
    return out.getvalue()


def shared(levels):
    out = b"]q\x00"
    for level in range(levels):
        out += b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86q" + bytes([level + 1])
    return b"(" + out + b"l"


def layout_files():
    whole = legacy.with_views()
    yield "old-only-magic", legacy.pickled(legacy.MAGIC_NUMBER)
    yield "old-other-version", legacy.pickled(legacy.MAGIC_NUMBER) + legacy.pickled(1002) + INFO
    yield "old-without-state", legacy.pickled(legacy.MAGIC_NUMBER) + legacy.pickled(1001) + INFO
    yield "old-cut-in-state", whole[:300]
    yield "old-cut-in-storage", whole[:-1]
    yield "old-cut-before-storage", whole[: -len(floats(8, 9)[1]) - 1]
    yield "old-left-over", whole + b"x"
    yield "old-posix-system", old_opcodes(b"cposix\nsystem\nX\x01\x00\x00\x00x\x85R")
    yield "old-whole-module", saved_module()
    yield "old-string-of-4-gib", old_opcodes(b"X\xff\xff\xff\xff")
    yield "old-deep", old_opcodes(b")" + b"\x85" * 100_000)
    yield "old-shared", old_opcodes(shared(60))
    yield "old-keys-no-list", old_opcodes(b"N", legacy.pickled({"a": 1}))
    yield "old-keys-with-storage", old_opcodes(b"N", legacy.pickled([storage("1", 1)]))
    yield "old-count-huge", of_counts(2**62)
    yield "old-count-negative", of_counts(-1)
    yield "old-count-more", of_counts(3, b"\0" * 12)
    yield "old-count-less", of_counts(1, b"\0" * 4)
    yield "old-storage-missing", of_counts(2, b"", keys=())[:-8]
    yield "old-storage-extra", of_counts(2, keys=("1", "2"), after=struct.pack("<q", 0))
    yield "old-storage-twice", of_counts(2, keys=("1", "1"), after=struct.pack("<q", 2) + b"\0" * 8)
    yield "old-two-types", old([one(), one(kind=torch.IntStorage)], {"1": floats(1, 2)})
    yield "old-outside", old(one(shape=(3,)), {"1": floats(1, 2)})
    yield "old-expanded-bomb", old(one(shape=(2**20, 2**20), strides=(0, 0)), {"1": floats(1, 2)})
    yield "old-view-outside", old(one(view=("2", 1, 2)), {"1": floats(1, 2)})
    yield "old-view-negative", old(one(view=("2", -1, 2)), {"1": floats(1, 2)})
    yield "old-view-overflow", old(one(view=("2", 2**62, 2**62)), {"1": floats(1, 2)})
    yield "old-outside-view", old(one(view=("2", 1, 1)), {"1": floats(1, 2)})


def tar(**members):
    """A tar file of an empty state, but for these members; None leaves one out."""
    whole = {"sys_info": INFO, "pickle": legacy.pickled({}), "tensors": legacy.pickled(0),
             "storages": legacy.pickled(0) + legacy.pickled([])} | members
    return legacy.tar_of({name: data for name, data in whole.items() if data is not None}, mtime=0)


def tar_with(name, **fields):
    """A tar file with one more member, which is no plain file or has an odd name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("pickle")
        archive.addfile(info, io.BytesIO())
        info = tarfile.TarInfo(name)
        for field, value in fields.items():
            setattr(info, field, value)
        archive.addfile(info)
    return out.getvalue()


def with_pax(**headers):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("pickle")
        info.pax_headers = headers
        archive.addfile(info)
    return out.getvalue()


def header(changes):
    """The first block of a tar file with these bytes changed and its checksum made right."""
    block = bytearray(tar()[:512])
    for at, raw in changes.items():
        block[at : at + len(raw)] = raw
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def head(*items):
    return legacy.pickled(items)


STORAGES = (legacy.pickled(1) + head(5, "cpu", torch.FloatStorage) + struct.pack("<q", 2)
            + floats(1, 2)[1])


def of_tensor(shape=(2,), strides=(1,), offset=0, key=5, storages=STORAGES + legacy.pickled([])):
    return tar(storages=storages, tensors=legacy.pickled(1) + head(7, key, torch.FloatTensor)
               + legacy.old_metadata(shape, strides, offset),
               pickle=legacy.pickled({"a": reference("7")}))


def of_views(*views):
    return tar(storages=STORAGES + legacy.pickled(list(views)))


def tar_files():
    pax = legacy.tar_of({"pickle": b""})
    yield "tar-other-member", tar(other=b"")
    yield "tar-absolute", tar_with("/tmp/storages")
    yield "tar-parent", tar_with("../storages")
    yield "tar-symbolic-link", tar_with("storages", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    yield "tar-hard-link", tar_with("storages", type=tarfile.LNKTYPE, linkname="pickle")
    yield "tar-folder", tar_with("storages", type=tarfile.DIRTYPE)
    yield "tar-device", tar_with("storages", type=tarfile.CHRTYPE)
    yield "tar-sparse", tar_with("storages", type=tarfile.GNUTYPE_SPARSE)
    yield "tar-long-name", tar_with("storages" * 20)
    yield "tar-duplicate", tar_with("pickle")
    yield "tar-pax-sparse", with_pax(**{"GNU.sparse.major": "1"})
    yield "tar-pax-path", with_pax(path="/storages")
    yield "tar-pax-size", with_pax(size="9999999999999999")
    yield "tar-pax-size-of-letters", with_pax(size="1e9")
    yield "tar-pax-large", with_pax(comment="x" * 70_000)
    yield "tar-pax-broken", pax.replace(b"23 mtime", b"99 mtime")
    yield "tar-pax-twice", tar()[:1024] + pax[:1024] + pax
    yield "tar-size-huge", header({124: b"77777777777\0"})
    yield "tar-size-base-256", header({124: b"\x80" + b"\x7f" * 11})
    yield "tar-checksum", header({}).replace(b"sys_info", b"sys-info")[:1] + header({})[1:-1] + b"x"
    yield "tar-cut-in-header", tar()[:1224]
    yield "tar-cut-in-member", tar()[:1536]
    yield "tar-no-header", tar()[:1024] + b"x" * 512
    yield "tar-without-storages", tar(storages=None)
    yield "tar-without-pickle", tar(pickle=None)
    yield "tar-left-over", tar(tensors=legacy.pickled(0) + b"x")
    yield "tar-count-of-storages", tar(storages=legacy.pickled(2**40))
    yield "tar-count-of-tensors", tar(tensors=legacy.pickled(2**40))
    yield "tar-count-of-text", tar(tensors=legacy.pickled("1"))
    yield "tar-storage-huge", tar(storages=legacy.pickled(1) + head(5, "cpu", torch.FloatStorage)
                                  + struct.pack("<q", 2**61))
    yield "tar-storage-of-no-class", tar(storages=legacy.pickled(1) + head(5, "cpu", torch.Size))
    yield "tar-tensor-outside", of_tensor(offset=1)
    yield "tar-expanded-bomb", of_tensor(shape=(2**20, 2**20), strides=(0, 0))
    yield "tar-tensor-negative", of_tensor(shape=(-2,))
    yield "tar-tensor-of-nothing", of_tensor(key=6)
    yield "tar-tensor-cut", tar(tensors=legacy.pickled(1) + head(7, 5, torch.FloatTensor),
                                storages=STORAGES + legacy.pickled([]))
    yield "tar-dimensions", of_tensor(shape=(1,) * 65, strides=(1,) * 65)
    yield "tar-tensor-is-storage", of_tensor(key=7)
    yield "tar-view-outside", of_views((6, 5, 1, 2))
    yield "tar-view-of-nothing", of_views((6, 4, 0, 1))
    yield "tar-view-twice", of_views((5, 5, 0, 1))
    yield "tar-unknown-id", tar(pickle=legacy.pickled({"a": reference("8")}))
    yield "tar-module", tar(pickle=legacy.pickled(reference((1, "source.py", "class Net: pass"))))
    yield "tar-posix-system", tar(pickle=PROTO + b"cposix\nsystem\nX\x01\x00\x00\x00x\x85R.")
    yield "tar-in-storages", tar(storages=PROTO + b"cposix\nsystem\n.")


def files():
    yield from layout_files()
    yield from tar_files()
