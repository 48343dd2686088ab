"""Random states that Java and Python exchange: trees.py make FOLDER SEED, trees.py read FILE...

make writes files in every layout, and a JSON document of each. read prints a list of what each file
holds, loaded mapped, with weights_only and without, which must be the same.
"""

import json
import random
import sys
import warnings
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy
import torch
from described import DTYPES, described

ALLOWED = [frozenset, numpy._core.multiarray._reconstruct, numpy.ndarray, numpy.dtype]
ALLOWED += [type(numpy.dtype(code)) for code in
            ("?", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "c8", "u8", "i8", "f8", "c16")]


class Tree:
    def __init__(self, seed, old):
        self.random = random.Random(seed)
        self.storages = []
        # torch.load reads no untyped storage of a file in the layout from before 1.6.
        self.dtypes = [d for d in DTYPES
                       if not old or d in torch.storage._dtype_to_storage_type_map()]

    def tensor(self):
        shape = [self.random.randrange(5) for _ in range(self.random.randrange(4))]
        dtype = self.random.choice(self.dtypes)
        if dtype == torch.float4_e2m1fn_x2:
            shape.append(self.random.randrange(4))
        size = int(numpy.prod(shape)) * dtype.itemsize
        raw = torch.tensor(list(self.random.randbytes(size)), dtype=torch.uint8)
        if dtype == torch.bool:
            raw %= 2
        tensor = torch.empty(shape, dtype=dtype)
        tensor.untyped_storage().copy_(raw.untyped_storage())
        self.storages.append(tensor)
        return tensor

    def view(self):
        """A transposed, sliced or expanded view, perhaps of a tensor that is elsewhere too."""
        tensor = self.random.choice(self.storages) if self.storages else self.tensor()
        choice = self.random.randrange(5)
        if choice == 4 and tensor.dtype in torch.storage._new_dtypes() and tensor.itemsize == 1:
            return tensor.view(torch.uint8)  # the storage is of raw bytes there and of uint8 here
        if choice == 0 and tensor.dim() > 1:
            return tensor.transpose(0, -1)
        if choice == 1 and tensor.dim() > 0 and tensor.shape[0] > 1:
            return tensor[1 :: self.random.randrange(1, 3)]
        if choice == 2 and tensor.dim() > 0:
            return tensor.unsqueeze(0).expand(2, *tensor.shape)
        return torch.nn.Parameter(tensor, requires_grad=False)

    def array(self):
        shape = [self.random.randrange(4) for _ in range(self.random.randrange(3))]
        array = numpy.array([self.random.randrange(100) for _ in range(int(numpy.prod(shape)))])
        array = array.astype(self.random.choice(["i1", "u2", ">i4", "f4", "f8", "c16"]))
        return numpy.asarray(array.reshape(shape), order=self.random.choice("CF"))

    def plain(self):
        return self.random.choice([
            None, True, False, self.random.getrandbits(self.random.randrange(1, 600)),
            -self.random.getrandbits(70), self.random.gauss(0, 1e9), float("inf"), -0.0,
            complex(self.random.random(), -1.5), self.text(), self.random.randbytes(5),
            bytearray(self.random.randbytes(3))])

    def text(self):
        return "".join(chr(self.random.choice([65, 233, 0x4F60, 0x1F600, 10, 0]))
                       for _ in range(self.random.randrange(6)))

    def key(self):
        number = self.random.randrange(-(10**6), 10**6)
        return self.random.choice([number, f"key {number}", (number, "x"), frozenset([number])])

    def value(self, depth):
        if depth == 0 or self.random.random() < 0.3:
            return self.random.choice(
                [self.plain, self.plain, self.tensor, self.tensor, self.view, self.array])()
        items = [self.value(depth - 1) for _ in range(self.random.randrange(5))]
        keys = [self.key() for _ in items]
        names = [f"layer.{index}.{self.text()}" for index in range(len(items))]
        return self.random.choice([
            lambda: items, lambda: tuple(items), lambda: set(keys), lambda: frozenset(keys),
            lambda: dict(zip(keys, items)), lambda: dict(zip(names, items)),
            lambda: OrderedDict(zip(names, items)), lambda: defaultdict(list, zip(keys, items)),
            lambda: Counter("".join(names))])()


def make(folder, seed):
    for number in range(60):
        old = number % 3 == 2
        state = {f"part {part}": Tree((seed, number, part).__repr__(), old).value(4)
                 for part in range(4)}
        options = {"pickle_protocol": [2, 2, 3, 4, 5][number % 5],
                   "_use_new_zipfile_serialization": not old}
        torch.save(state, folder / f"{number}.pt", **options)
        (folder / f"{number}.json").write_text(json.dumps(described(state)))


def read(files):
    found = []
    for file in files:
        with torch.serialization.safe_globals(ALLOWED):
            several = [described(torch.load(file, **options))
                       for options in ({}, {"weights_only": False}, {"mmap": True})]
        assert several[0] == several[1] == several[2], file
        found.append(several[0])
    print(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        read(sys.argv[2:])
