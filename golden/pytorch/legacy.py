"""Makes the files in the layouts from before PyTorch 1.6; make.py runs it.

The layouts are those of torch/serialization.py in 0.1.1 (tar) and from 0.1.2 to 1.5. Each file is
read by torch.load, whose result is what expected.json says.
"""

import collections
import contextlib
import io
import pickle
import struct
import sys
import tarfile

import torch

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C


@contextlib.contextmanager
def byte_order(name):
    """Lets torch.save believe that this machine has another byte order."""
    own = sys.byteorder
    sys.byteorder = name
    try:
        yield
    finally:
        sys.byteorder = own


class Python2Pickler(pickle._Pickler):
    """Writes strings as Python 2 did: as bytes, of which torch.load makes strings."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, text):
        raw = text.encode()
        if len(raw) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(raw)]) + raw)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(raw)) + raw)
        self.memoize(text)

    dispatch[str] = save_str

    def save_int(self, number):
        if -(2**31) <= number < 2**31 or not -(2**63) <= number < 2**63:
            self.save_long(number)
        else:
            self.write(b"I%d\n" % number)

    dispatch[int] = save_int


class Storage:
    """A storage in the state, written as its id."""

    def __init__(self, *id_):
        self.id = id_


class OldTensor:
    """A tensor as PyTorch pickled it before 0.4."""

    def __init__(self, storage, offset, shape, strides):
        self.parts = storage, offset, shape, strides

    def __reduce__(self):
        return torch._utils._rebuild_tensor, self.parts


class OldParameter:
    """A parameter as PyTorch pickled it before 0.4."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce_ex__(self, protocol):
        return torch.nn.Parameter, (self.tensor,), (True, False, None)


def pickled(value, pickler=pickle._Pickler):
    out = io.BytesIO()

    class WithStorages(pickler):
        def persistent_id(self, thing):
            return thing.id if isinstance(thing, Storage) else None

    WithStorages(out, protocol=2).dump(value)
    return out.getvalue()


def old_file(state, storages, pickler=pickle._Pickler, little_endian=True):
    sizes = {"short": 2, "int": 4, "long": 8}
    info = {"protocol_version": 1001, "little_endian": little_endian, "type_sizes": sizes}
    head = [pickled(part, pickler) for part in (MAGIC_NUMBER, 1001, info, state, sorted(storages))]
    data = [struct.pack("<q", count) + raw for _, (count, raw) in sorted(storages.items())]
    return b"".join(head + data)


def floats(*values):
    return len(values), struct.pack(f"<{len(values)}f", *values)


def storage(key, count, view=None, kind=torch.FloatStorage):
    return Storage("storage", kind, key, "cpu", count, view)


def with_views():
    """Views of storages, which were storages themselves before 0.4."""
    state = collections.OrderedDict(
        whole=OldTensor(storage("7", 6), 0, (2, 3), (3, 1)),
        part=OldTensor(storage("7", 6, ("8", 2, 3)), 1, (2,), (1,)),
        same=OldTensor(storage("7", 6, ("8", 2, 3)), 0, (3,), (1,)),
        parameter=OldParameter(OldTensor(storage("9", 2), 0, (2,), (1,))),
    )
    return old_file(state, {"7": floats(0, 1, 2, 3, 4, 5), "9": floats(8, 9)})


def of_python2():
    state = collections.OrderedDict(
        [("layer.weight", OldTensor(storage("1", 4), 0, (2, 2), (2, 1))), ("grüße", 2**40),
         ("long text", "x" * 300), ("number", 2**70), ("small", [0, 1, 300, -5])])
    return old_file(state, {"1": floats(1, 2, 3, 4)}, Python2Pickler, little_endian=False)


def old_metadata(shape, strides, offset):
    """The number of dimensions took 8 bytes, of which the last four are left over from before."""
    count = len(shape)
    return struct.pack(f"<ii{2 * count + 1}q", count, 77, *shape, *strides, offset)


def tar(pickler, members=None):
    """What torch.save of 0.1.1 writes for a dict of tensors, views and a storage."""
    sizes = {"short": 2, "int": 4, "long": 8}
    state = collections.OrderedDict([
        ("weight", reference("140001")), ("transposed", reference("140002")),
        ("tied", reference("140001")), ("long", reference("140003")),
        ("part", reference("140004")), ("storage", reference("150001")),
        ("scalars", [1, 2.5, None, True, "text"]),
    ])
    storages = [pickled(2, pickler), pickled((150001, "cpu", torch.FloatStorage), pickler),
                struct.pack("<q", 6), floats(0, 1, 2, 3, 4, 5)[1],
                pickled((150002, "cpu", torch.LongStorage), pickler),
                struct.pack("<q2q", 2, -1, 2**40),
                pickled([(150003, 150001, 2, 3)], pickler)]
    tensors = [pickled(4, pickler)]
    for key, id_, kind, view in [
            (140001, 150001, torch.FloatTensor, ((2, 3), (3, 1), 0)),
            (140002, 150001, torch.FloatTensor, ((3, 2), (1, 3), 0)),
            (140003, 150002, torch.LongTensor, ((2,), (1,), 0)),
            (140004, 150003, torch.FloatTensor, ((2,), (1,), 1))]:
        tensors += [pickled((key, id_, kind), pickler), old_metadata(*view)]
    info = {"protocol_version": 1000, "little_endian": True, "type_sizes": sizes}
    return tar_of({"sys_info": pickled(info, pickler), "pickle": pickled(state, pickler),
                   "tensors": b"".join(tensors), "storages": b"".join(storages)})


def reference(key):
    """A reference to a tensor or storage of the archive."""
    thing = Storage()
    thing.id = key
    return thing


def tar_of(members, mtime=1485000000.25, kind=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=kind) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = mtime  # not a whole number: it comes in an extended header
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def make(here, states):
    for name, state in states.items():
        torch.save(state, here / f"legacy-{name}.pt", _use_new_zipfile_serialization=False)
    for protocol in (1, 4, 5):
        torch.save(states["views"], here / f"legacy-protocol{protocol}.pt",
                   pickle_protocol=protocol, _use_new_zipfile_serialization=False)
    with byte_order("big"):
        torch.save(states["dtypes"], here / "legacy-big-endian.pt",
                   _use_new_zipfile_serialization=False)
    (here / "legacy-storage-views.pt").write_bytes(with_views())
    (here / "legacy-python2.pt").write_bytes(of_python2())
    (here / "tar.pt").write_bytes(tar(pickle._Pickler))
    (here / "tar-python2.pt").write_bytes(tar(Python2Pickler))
