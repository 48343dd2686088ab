"""Writes the golden files of this folder with the real gguf: python3 make.py

good/*.gguf     metadata of every type, tensors of every type
expected.json   for each file its metadata, and of each tensor in order name, type (as ggml calls it), shape (the outermost
                dimension first), the sha256 of its bytes, and of quantized ones that are dequantized the sha256 of the little-
                endian F32 numbers that gguf.quants.dequantize gives. And of each type of ggml its number, the elements of a
                block and its bytes.

Made with gguf 0.19.0, numpy 2.4.6.
"""

import hashlib
import json
import os
import shutil

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf.constants import GGML_QUANT_SIZES

HERE = os.path.dirname(os.path.abspath(__file__))
DEQUANTIZED = [Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K]
PLAIN = {"F32", "F16", "F64", "I8", "I16", "I32", "I64", "BF16"}


def blocks(kind, rng, rows=2, per_row=2):
    """Random blocks, whose scales are numbers: half-precision floats without the bits of infinity."""
    elements, size = GGML_QUANT_SIZES[kind]
    raw = rng.integers(0, 256, (rows, per_row, size), dtype=np.uint8)
    for at in {Q.Q2_K: (81, 83), Q.Q3_K: (109,), Q.Q6_K: (209,), Q.Q4_1: (1, 3), Q.Q5_1: (1, 3), Q.Q4_K: (1, 3), Q.Q5_K: (1, 3)}.get(kind, (1,)):
        raw[:, :, at] &= 0xBB
    return raw.reshape(rows, per_row * size)


def write(name, fill, alignment=None, version=None):
    path = os.path.join(HERE, "good", name + ".gguf")
    writer = gguf.GGUFWriter(path, "llama")
    if alignment:
        writer.add_custom_alignment(alignment)
    fill(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if version:
        # Version 2 differs from 3 in nothing but that it has no big-endian files.
        with open(path, "r+b") as file:
            file.seek(4)
            file.write(version.to_bytes(4, "little"))
    return path


def plain(writer):
    rng = np.random.default_rng(1)
    writer.add_tensor("token_embd.weight", rng.standard_normal((4, 6)).astype(np.float32))
    writer.add_tensor("blk.0.attn_q.weight", rng.standard_normal((2, 3, 4)).astype(np.float16))
    writer.add_tensor("output_norm.weight", np.ones(6, np.float32))
    for dtype in (np.float64, np.int8, np.int16, np.int32, np.int64):
        writer.add_tensor(np.dtype(dtype).name, np.arange(-3, 3, dtype=dtype))
    writer.add_tensor("bfloat16", np.arange(12, dtype=np.uint8).reshape(2, 6), raw_dtype=Q.BF16)


def values(writer):
    writer.add_name("tiny")
    writer.add_uint8("n.u8", 255)
    writer.add_int8("n.i8", -128)
    writer.add_uint16("n.u16", 65535)
    writer.add_int16("n.i16", -32768)
    writer.add_uint32("n.u32", 2**32 - 1)
    writer.add_int32("n.i32", -(2**31))
    writer.add_uint64("n.u64", 2**64 - 1)
    writer.add_int64("n.i64", -(2**63))
    writer.add_float32("n.f32", 0.5)
    writer.add_float64("n.f64", -1e300)
    writer.add_bool("n.bool", True)
    writer.add_string("n.text", "h\u00e9llo\n\u4e16")
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "a", ""])
    writer.add_array("tokenizer.ggml.scores", [0.0, -1.5, 2.25])
    writer.add_array("tokenizer.ggml.token_type", [1, 2, -3])
    writer.add_array("flags", [True, False])
    writer.add_array("nested", [[1, 2], [3]])
    writer.add_tensor("w", np.arange(3, dtype=np.float32))


def quantized(writer):
    rng = np.random.default_rng(2)
    for kind in GGML_QUANT_SIZES:
        if kind.name not in PLAIN:
            writer.add_tensor(kind.name.lower() + ".weight", blocks(kind, rng), raw_dtype=kind)
    for kind in (Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0):
        numbers = rng.standard_normal((3, 64)).astype(np.float32)
        writer.add_tensor(kind.name.lower() + ".made", gguf.quants.quantize(numbers, kind), raw_dtype=kind)


def described(field):
    value = field.contents()
    return value


def row(tensor):
    raw = np.ascontiguousarray(tensor.data)
    found = {
        "name": tensor.name,
        "type": tensor.tensor_type.name,
        "shape": [int(n) for n in reversed(tensor.shape)],
        "sha256": hashlib.sha256(raw.tobytes()).hexdigest(),
    }
    if tensor.tensor_type in DEQUANTIZED:
        numbers = gguf.quants.dequantize(raw, tensor.tensor_type).astype("<f4")
        assert np.isfinite(numbers).all(), tensor.name
        found["numbers"] = hashlib.sha256(numbers.tobytes()).hexdigest()
    return found


def main():
    shutil.rmtree(os.path.join(HERE, "good"), ignore_errors=True)
    os.makedirs(os.path.join(HERE, "good"))
    paths = [
        write("plain", plain),
        write("plain-version-2", plain, version=2),
        write("plain-aligned-64", plain, alignment=64),
        write("values", values),
        write("quantized", quantized),
        write("no-tensors", lambda writer: writer.add_uint32("n", 1)),
    ]
    files = {}
    for path in sorted(paths):
        reader = gguf.GGUFReader(path)
        fields = {name: described(f) for name, f in reader.fields.items() if not name.startswith("GGUF.") and name != "nested"}
        files[os.path.basename(path)] = {"metadata": fields, "tensors": [row(t) for t in reader.tensors]}
    types = {kind.name: [int(kind), *map(int, size)] for kind, size in GGML_QUANT_SIZES.items()}
    with open(os.path.join(HERE, "expected.json"), "w", encoding="ascii", newline="") as file:
        json.dump({"good": files, "types": types}, file, indent=1, default=lambda n: n.item())
        file.write("\n")


main()
