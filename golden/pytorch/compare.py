"""Compares files that Java wrote with those it had read: compare.py ORIGINALS REWRITTEN

Loads each file of REWRITTEN with weights_only, without, and mapped, and fails unless each time
the state is that of the file of the same name in ORIGINALS.
"""

import os
import sys
from pathlib import Path

os.environ["TORCH_SERIALIZATION_DEBUG"] = "1"  # PyTorch compares the offsets it would compute.

import numpy
import torch
from described import of_storage


def plain(value):
    """What Java makes of a Python value."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, (set, frozenset)):
        return type(value)(map(plain, value))
    if torch.is_storage(value):
        return of_storage(value)
    if isinstance(value, (torch.device, torch.dtype, torch.layout, torch.qscheme)):
        return str(value)
    return value


def bits(tensor):
    if tensor.numel() == 0:
        return torch.empty(0, dtype=torch.uint8)
    return tensor.detach().contiguous().flatten().view(torch.uint8)


def check(expected, found, path):
    if torch.is_tensor(expected):
        assert torch.is_tensor(found), path
        assert found.dtype == expected.dtype and found.shape == expected.shape, path
        assert torch.equal(bits(found), bits(expected)), path
    elif isinstance(expected, numpy.ndarray):
        assert isinstance(found, numpy.ndarray) and found.dtype == expected.dtype.newbyteorder("=")
        assert numpy.array_equal(found, expected), path
    else:
        assert type(found) is type(expected), (path, type(found), type(expected))
        if isinstance(expected, dict):
            assert list(found) == list(expected), path
            for key in expected:
                check(expected[key], found[key], f"{path}.{key}")
        elif isinstance(expected, (list, tuple)):
            assert len(found) == len(expected), path
            for index, item in enumerate(expected):
                check(item, found[index], f"{path}.{index}")
        elif isinstance(expected, (set, frozenset)):
            assert found == expected, (path, found, expected)
        else:
            assert repr(found) == repr(expected), (path, found, expected)


def main(originals, rewritten):
    allowed = [numpy._core.multiarray._reconstruct, numpy.ndarray, numpy.dtype]
    allowed += [type(numpy.dtype(code)) for code in ("u4", "i2", "f4", "i4", "i8", "f8", "c16")]
    allowed += [frozenset]
    files = sorted(rewritten.iterdir())
    for file in files:
        expected = plain(torch.load(originals / file.name, weights_only=False))
        with torch.serialization.safe_globals(allowed):
            for options in ({}, {"weights_only": False}, {"mmap": True}):
                check(expected, torch.load(file, **options), file.name)
    print(len(files), "files are the same")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
