"""Writes the golden files of this folder with the real numpy: python3 make.py

good/*.npy, *.npz   arrays of every dtype that is read, in each version of the format and each order of bytes and elements
bad/*.npy, *.npz    what is not read: objects, structures, strings, dates; and headers written by hand
expected.json       for each good file, of each array in order name, dtype (as safetensors calls it), shape and the sha256 of
                    its row-major little-endian bytes. For each bad file, whether numpy loads it: "accepted" or "refused".

Made with numpy 2.4.6.
"""

import hashlib
import io
import json
import os
import shutil
import struct
import zipfile

import numpy as np
from numpy.lib import format as npy

HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "uint16": "U16",
    "int16": "I16",
    "uint32": "U32",
    "int32": "I32",
    "uint64": "U64",
    "int64": "I64",
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "complex64": "C64",
    "complex128": "C128",
}


def numbers(dtype, *shape):
    values = np.arange(int(np.prod(shape)), dtype=np.float64) * 3 - 7
    return (values % 2 if dtype == "bool" else values if dtype[0] in "fic" else abs(values)).astype(dtype).reshape(shape)


def saved(array, version=None):
    file = io.BytesIO()
    npy.write_array(file, array, version=version)
    return file.getvalue()


def by_hand(header, data=b"", version=(1, 0), length=None):
    header = header.encode("latin1")
    count = len(header) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", count) + header + data


def archive(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def zipped(method=zipfile.ZIP_STORED, **members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as written:
        for name, content in members.items():
            written.writestr(name, content)
    return file.getvalue()


def good():
    every = {name: numbers(name, 2, 3) for name in DTYPES}
    matrix = numbers("float32", 2, 3, 4)
    return {
        "matrix.npy": saved(matrix),
        "version-2.npy": saved(matrix, (2, 0)),
        "version-3.npy": saved(matrix, (3, 0)),
        "fortran.npy": saved(np.asfortranarray(matrix)),
        "fortran-vector.npy": saved(np.asfortranarray(numbers("float32", 5))),
        "fortran-empty.npy": saved(np.asfortranarray(numbers("float32", 0, 3))),
        "big-endian.npy": saved(matrix.astype(">f4")),
        "big-endian-fortran.npy": saved(np.asfortranarray(numbers("complex128", 3, 2).astype(">c16"))),
        "scalar.npy": saved(np.float64(0.25)),
        "empty.npy": saved(numbers("int16", 3, 0, 2)),
        "python-2.npy": by_hand("{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 1L), }\n", b"\1\0\2\0"),
        "no-padding.npy": by_hand("{'shape':(2,),'descr':\"<i2\",'fortran_order':False}", b"\1\0\2\0"),
        "every-dtype.npz": archive(np.savez, **every),
        "every-dtype-big-endian.npz": archive(np.savez, **{n: a.astype(a.dtype.newbyteorder(">")) for n, a in every.items()}),
        "compressed.npz": archive(np.savez_compressed, **every),
        "compressed-fortran.npz": archive(np.savez_compressed, weight=np.asfortranarray(matrix), scalar=np.int64(-3)),
        "unnamed.npz": archive(lambda file: np.savez(file, matrix, np.zeros(0, np.float32))),
        "paths.npz": archive(np.savez, **{"layer/0/kernel": matrix, "layer/0/bias": numbers("float32", 4), "step": np.int64(9)}),
    }


def bad():
    structure = np.zeros(2, dtype=[("a", "<i4"), ("b", "<f4")])
    start = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
    floats = bytes(8)
    whole = saved(numbers("float32", 2, 3))
    return {
        "object.npy": saved(np.array([1, "a", None], dtype=object)),
        "structure.npy": saved(structure),
        "subarray.npy": by_hand("{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (1,), }\n", floats),
        "strings.npy": saved(np.array(["a", "bc"])),
        "bytes.npy": saved(np.array([b"a", b"bc"])),
        "dates.npy": saved(np.array(["2020-01-01"], dtype="datetime64[D]")),
        "void.npy": saved(np.zeros(2, dtype="V2")),
        "long-double.npy": saved(np.zeros(2, dtype=np.longdouble)),
        "object.npz": archive(np.savez, fine=numbers("float32", 2), anything=np.array([{}], dtype=object)),
        "version-4.npy": by_hand(start, floats, (4, 0), None),
        "cut-in-header.npy": whole[:60],
        "cut-in-magic.npy": whole[:7],
        "too-short.npy": whole[:-1],
        "too-long.npy": whole + b"\0",
        "header-beyond-file.npy": by_hand(start, length=60000),
        "header-too-long.npy": by_hand(start + " " * 20000, floats, (2, 0)),
        "key-twice.npy": by_hand("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", floats),
        "key-missing.npy": by_hand("{'descr': '<f4', 'fortran_order': False}\n", floats),
        "key-unknown.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}\n", floats),
        "negative.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }\n", floats),
        "expression.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (1+1,), }\n", floats),
        "call.npy": by_hand("{'descr': __import__('os').name, 'fortran_order': False, 'shape': (2,), }\n", floats),
        "no-comma.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (2), }\n", floats),
        "wraps.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", floats),
        "bytes-wrap.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }\n", floats),
        "dimension-over-63-bits.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }\n", floats),
        "dimensions-65.npy": by_hand("{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1," * 65 + "), }\n", bytes(4)),
        "after-header.npy": by_hand(start.rstrip() + " {}", floats),
        "not-an-array.npz": zipped(**{"a.npy": saved(numbers("int8", 2)), "b.npy": b"no array"}),
        "bomb.npz": zipped(zipfile.ZIP_DEFLATED, **{"a.npy": saved(np.zeros(20_000_000, np.uint8))}),
    }


def rows(path):
    loaded = np.load(path)
    named = [("", loaded)] if isinstance(loaded, np.ndarray) else loaded.items()
    return [
        {
            "name": name,
            "dtype": DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "sha256": hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest(),
        }
        for name, array in named
    ]


def main():
    expected = {"good": {}, "bad": {}}
    for folder, files in (("good", good()), ("bad", bad())):
        shutil.rmtree(os.path.join(HERE, folder), ignore_errors=True)
        os.makedirs(os.path.join(HERE, folder))
        for name, content in sorted(files.items()):
            path = os.path.join(HERE, folder, name)
            with open(path, "wb") as file:
                file.write(content)
            if folder == "good":
                expected[folder][name] = rows(path)
                continue
            try:
                loaded = np.load(path)
                if not isinstance(loaded, np.ndarray):
                    [loaded[key] for key in loaded]
                expected[folder][name] = "accepted"
            except Exception:
                expected[folder][name] = "refused"
    with open(os.path.join(HERE, "expected.json"), "w", encoding="ascii", newline="") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
