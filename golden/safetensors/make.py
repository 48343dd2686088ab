"""Writes the golden files of this folder with the real torch and safetensors: python3 make.py

good/*.safetensors   files that torch and safetensors wrote, or that safetensors reads
damaged/*            safetensors files that were cut, extended or edited, and files that are none
hostile/*            files made to mislead a reader
expected.json        for each good file: its metadata, and of each tensor, in the order of their bytes, name, dtype,
                     shape, the sha256 of its bytes and the offset of its first byte in the file; "written" tells
                     whether safetensors itself wrote the file, so that a writer must give the same bytes.
                     For each damaged or hostile file: what the safetensors library says to it ("accepted" if it
                     reads the file).

Made with torch 2.10.0, safetensors 0.8.0, numpy.
"""

import hashlib
import json
import os
import random
import shutil
import struct

import torch
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.torch import save

HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.float8_e5m2: "F8_E5M2",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e8m0fnu: "F8_E8M0",
    torch.float8_e4m3fnuz: "F8_E4M3FNUZ",
    torch.float8_e5m2fnuz: "F8_E5M2FNUZ",
    torch.int16: "I16",
    torch.uint16: "U16",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int32: "I32",
    torch.uint32: "U32",
    torch.float32: "F32",
    torch.complex64: "C64",
    torch.float64: "F64",
    torch.int64: "I64",
    torch.uint64: "U64",
    torch.float4_e2m1fn_x2: "F4",
}


def raw(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def tensor(dtype="F32", shape=(1,), offsets=(0, 4), more=""):
    return '{"dtype":"%s","shape":%s,"data_offsets":%s%s}' % (dtype, json.dumps(list(shape)), json.dumps(list(offsets)), more)


def one(dtype="F32", shape=(1,), offsets=(0, 4), more=""):
    return '{"a":%s}' % tensor(dtype, shape, offsets, more)


def two(first, second):
    return '{"a":%s,"b":%s}' % (tensor("F32", [1], first), tensor("F32", [1], second))


def bits(dtype, *shape):
    """A tensor of a dtype whose bytes are all kinds, seen by torch as that dtype."""
    size = torch.empty(0, dtype=dtype).element_size()
    count = size
    for dimension in shape:
        count *= dimension
    generator = random.Random(str(dtype))
    data = torch.tensor([generator.randrange(2 if dtype == torch.bool else 256) for _ in range(count)], dtype=torch.uint8)
    return data.view(dtype).reshape(shape)


def bytes_of(t):
    return bytes(t.contiguous().reshape(-1).view(torch.uint8).tolist()) if t.numel() else b""


def good():
    written = {}
    every = {str(d).removeprefix("torch."): bits(d, 2, 3) for d in DTYPES}
    written["every-dtype"] = save(every)
    written["metadata"] = save({"weight": torch.arange(6, dtype=torch.float32).reshape(2, 3)}, {"format": "pt"})
    written["metadata-unicode"] = save({"w": torch.zeros(1)}, {'k\u00e9y "\\\n\x01\x7f': "v\u4f60\U0001f600\b\f\r\t/"})
    written["no-tensors"] = save({})
    written["only-metadata"] = save({}, {"format": "pt"})
    written["zero-size"] = save({"a": torch.ones(2), "empty": torch.zeros(0), "none": torch.zeros(3, 0, 2, dtype=torch.int64), "z": torch.ones(1, dtype=torch.uint8)})
    written["scalar"] = save({"step": torch.tensor(3.0), "count": torch.tensor(7)})
    written["names"] = save({n: torch.tensor([float(i)]) for i, n in enumerate(["b", "a", "", "B", "a.b", "a-b", "\u00e9", "\uffee", "\U0001f600", 'q"\\/\b\f\n\r\t\x01\x7f'])})
    written["odd-sizes"] = save({"a": bits(torch.uint8, 3), "b": bits(torch.bfloat16, 5), "c": bits(torch.float64, 1), "d": bits(torch.bool, 1)})
    bert = {}
    for layer in range(2):
        for part, shape in [("attention.self.query.weight", (8, 8)), ("attention.self.query.bias", (8,)), ("output.LayerNorm.weight", (8,))]:
            bert["bert.encoder.layer.%d.%s" % (layer, part)] = bits(torch.int32, *shape).to(torch.float32)
    written["bert-like"] = save(bert, {"format": "pt"})

    read = {
        "unpadded": raw(one(), b"abcd"),
        "white-space": raw('{ \n"a"\t:\r' + one()[5:] + " \n\t\r", b"abcd"),
        "header-order-differs": raw('{"b":%s,"a":%s}' % (tensor("F32", [1], [4, 8]), tensor("F32", [1], [0, 4])), b"abcdefgh"),
        "unaligned": raw('{"a":%s,"b":%s}' % (tensor("U8", [1], [0, 1]), tensor("F64", [1], [1, 9])), b"123456789"),
        "metadata-null": raw('{"__metadata__":null,"a":%s}' % tensor(), b"abcd"),
        "metadata-last": raw('{"a":%s,"__metadata__":{"format":"pt","x":""}}' % tensor(), b"abcd"),
        "unknown-field": raw(one(more=',"strides":[1,{"a":null}]'), b"abcd"),
        "escaped-name": raw('{"\\u0061\\ud83d\\ude00":%s}' % tensor(), b"abcd"),
        "sub-byte": raw('{"f4":%s,"f6a":%s,"f6b":%s}' % (tensor("F4", [2, 3], [0, 3]), tensor("F6_E2M3", [4], [3, 6]), tensor("F6_E3M2", [2, 4], [6, 12])), b"abcdefghijkl"),
        "large-empty-shape": raw(one("F32", [0, 4294967296, 4294967296], [0, 0])),
    }
    expected = {}
    for name, content in sorted({**written, **read}.items()):
        path = os.path.join(HERE, "good", name + ".safetensors")
        with open(path, "wb") as file:
            file.write(content)
        expected[name] = {"written": name in written, "metadata": {}, "tensors": []}
        start = 8 + struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8:start])
        entries = {n: v for n, v in header.items() if n != "__metadata__"}
        listed = dict(deserialize(content))
        assert set(listed) == set(entries)
        with safe_open(path, "pt") as opened:
            expected[name]["metadata"] = opened.metadata() or {}
            for key in sorted(entries, key=lambda k: (entries[k]["data_offsets"], list(entries).index(k))):
                data = bytes(listed[key]["data"])
                row = {"name": key, "dtype": listed[key]["dtype"], "shape": list(listed[key]["shape"]), "sha256": hashlib.sha256(data).hexdigest(), "offset": start + entries[key]["data_offsets"][0]}
                if name in written:
                    # What torch sees: its dtype, its shape (in bytes for two elements a byte), its bytes.
                    t = opened.get_tensor(key)
                    assert DTYPES[t.dtype] == row["dtype"], (t.dtype, row)
                    assert bytes_of(t) == data
                    assert list(t.shape) == row["shape"] or t.dtype == torch.float4_e2m1fn_x2
                expected[name]["tensors"].append(row)
    return expected


def damaged():
    whole = raw(two([0, 4], [4, 8]), b"abcdefgh")
    return {
        "empty": b"",
        "three-bytes": b"abc",
        "eight-zeros": bytes(8),
        "only-length": struct.pack("<Q", 64),
        "length-zero": raw("", b"{}"),
        "cut-in-header": whole[:40],
        "cut-in-first-tensor": whole[:-6],
        "cut-in-last-tensor": whole[:-1],
        "extended": whole + b"\n",
        "extended-no-tensors": raw("{}", b"x"),
        "one-brace": raw("{"),
        "header-junk": raw(one() + "x", b"abcd"),
        "header-padded-with-zeros": raw(one() + "\0\0", b"abcd"),
        "header-array": raw("[]"),
        "header-leading-space": raw(" " + one(), b"abcd"),
        "header-not-utf8": raw(one().encode().replace(b'"a"', b'"\xff"'), b"abcd"),
        "gap-at-start": raw(one(offsets=[4, 8]), b"abcdefgh"),
        "gap-between": raw(two([0, 4], [8, 12]), b"abcdefghijkl"),
        "overlap": raw('{"a":%s,"b":%s}' % (tensor("F32", [2], [0, 8]), tensor("F32", [2], [4, 12])), b"abcdefghijkl"),
        "same-bytes-twice": raw(two([0, 4], [0, 4]), b"abcd"),
        "ends-before-it-begins": raw(one(offsets=[4, 0]), b"abcd"),
        "size-too-small": raw(one("F64"), b"abcd"),
        "size-too-large": raw(one("F16"), b"abcd"),
        "half-byte": raw(one("F4", [3], [0, 2]), b"ab"),
        "empty-tensor-inside-another": raw('{"a":%s,"z":%s}' % (tensor("F32", [2], [0, 8]), tensor("F32", [0], [4, 4])), b"abcdefgh"),
        "empty-tensor-after-the-end": raw(one("F32", [0], [4, 4])),
        "scalar-without-bytes": raw(one("F32", [], [0, 0])),
        "no-dtype": raw('{"a":{"shape":[1],"data_offsets":[0,4]}}', b"abcd"),
        "no-shape": raw('{"a":{"dtype":"F32","data_offsets":[0,4]}}', b"abcd"),
        "no-offsets": raw('{"a":{"dtype":"F32","shape":[1]}}', b"abcd"),
        "one-offset": raw(one(offsets=[0]), b"abcd"),
        "three-offsets": raw(one(offsets=[0, 4, 4]), b"abcd"),
        "shape-null": raw('{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}', b"abcd"),
        "shape-negative": raw(one(shape=[-1]), b"abcd"),
        "shape-minus-zero": raw('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
        "shape-real": raw(one(shape=[1.0]), b"abcd"),
        "shape-exponent": raw('{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', b"abcd"),
        "shape-text": raw(one(shape=["1"]), b"abcd"),
        "shape-leading-zero": raw('{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', b"abcd"),
        "tensor-null": raw('{"a":null}'),
        "tensor-array": raw('{"a":["F32",[1],[0,4]]}', b"abcd"),
        "dtype-number": raw('{"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}}', b"abcd"),
        "dtype-object": raw(one().replace('"F32"', '{"F32":null}'), b"abcd"),
        "dtype-unknown": raw(one("F128", [1], [0, 16]), b"abcdefghijklmnop"),
        "metadata-number": raw('{"__metadata__":{"a":1}}'),
        "metadata-null-value": raw('{"__metadata__":{"a":null}}'),
        "metadata-nested": raw('{"__metadata__":{"a":{"b":"c"}}}'),
        "metadata-array": raw('{"__metadata__":[]}'),
        "name-half-surrogate": raw('{"\\ud800":%s}' % tensor(), b"abcd"),
        "html-page": b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n",
        "git-lfs-pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 437951328\n",
        "json-text": b'{"error": "Repository not found"}',
    }


def hostile():
    deep = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":%s}}'
    return {
        "length-over-limit": raw(one(), b"abcd", 100_000_001),
        "length-at-limit": raw(one(), b"abcd", 100_000_000),
        "length-all-ones": raw(one(), b"abcd", 2**64 - 1),
        "length-negative": raw(one(), b"abcd", 2**63),
        "length-wraps": raw(one(), b"abcd", 2**64 - 8),
        "tensor-twice": raw('{"a":%s,"a":%s}' % (tensor(offsets=[0, 4]), tensor(offsets=[4, 8])), b"abcdefgh"),
        "tensor-twice-alike": raw('{"a":%s,"a":%s}' % (tensor(), tensor()), b"abcd"),
        "tensor-twice-escaped": raw('{"a":%s,"\\u0061":%s}' % (tensor(), tensor()), b"abcd"),
        "field-twice": raw(one(more=',"dtype":"F32"'), b"abcd"),
        "unknown-field-twice": raw(one(more=',"x":1,"x":2'), b"abcd"),
        "nested-name-twice": raw(one(more=',"x":{"y":1,"y":2}'), b"abcd"),
        "metadata-twice": raw('{"__metadata__":{"a":"b"},"__metadata__":{"a":"b"}}'),
        "metadata-name-twice": raw('{"__metadata__":{"a":"b","a":"c"}}'),
        "shape-product-wraps-to-zero": raw(one("F32", [4294967296, 4294967296], [0, 0])),
        "shape-product-wraps-before-a-zero": raw(one("F32", [4294967296, 4294967296, 0], [0, 0])),
        "shape-bytes-wrap": raw(one("F32", [4611686018427387904], [0, 0])),
        "shape-bits-wrap": raw(one("F4", [4611686018427387904], [0, 0])),
        "shape-over-64-bits": raw(one("F32", [18446744073709551616], [0, 4]), b"abcd"),
        "offset-over-64-bits": raw(one(offsets=[0, 18446744073709551616]), b"abcd"),
        "offset-at-63-bits": raw(one("U8", [9223372036854775807], [0, 9223372036854775807]), b"abcd"),
        "offset-huge": raw(one(offsets=[0, 18446744073709551615]), b"abcd"),
        "nested-deep": raw(deep % ("[" * 100_000)),
        "nested-130": raw(deep % ("[" * 130 + "]" * 130), b"abcd"),
        "many-dimensions": raw(one("U8", [1] * 20_000, [0, 1]), b"ab"),
        "digits": raw('{"a":{"dtype":"F32","shape":[%s],"data_offsets":[0,4]}}' % ("1" * 50_000), b"abcd"),
    }


def main():
    expected = {}
    for folder in ("good", "damaged", "hostile"):
        shutil.rmtree(os.path.join(HERE, folder), ignore_errors=True)
        os.makedirs(os.path.join(HERE, folder))
    expected["good"] = good()
    for folder, files in (("damaged", damaged()), ("hostile", hostile())):
        expected[folder] = {}
        for name, content in sorted(files.items()):
            with open(os.path.join(HERE, folder, name + ".safetensors"), "wb") as file:
                file.write(content)
            try:
                deserialize(content)
                expected[folder][name] = "accepted"
            except SafetensorError as error:
                expected[folder][name] = str(error).removeprefix("Error while deserializing: ")
    with open(os.path.join(HERE, "expected.json"), "w", encoding="ascii", newline="") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
