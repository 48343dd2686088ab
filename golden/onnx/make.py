"""Writes the golden files of this folder with the real onnx: python3 make.py

good/*.onnx     models made by onnx, and models put together by hand that onnx loads
external/       a model whose weights are in another file, weights.bin
bad/*.onnx      models that are cut, edited, or use what is not read
expected.json   for each good file, of each initializer in order name, dtype (as safetensors calls it), shape and the
                sha256 of its little-endian bytes as onnx.numpy_helper.to_array gives them; and the nodes. The same of the initializers of the external one. For each bad
                file, whether onnx loads it: "accepted" or "refused".

Made with onnx 1.23.2, numpy.
"""

import hashlib
import json
import os
import shutil
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
T = TensorProto
DTYPES = {
    T.FLOAT: "F32",
    T.UINT8: "U8",
    T.INT8: "I8",
    T.UINT16: "U16",
    T.INT16: "I16",
    T.INT32: "I32",
    T.INT64: "I64",
    T.BOOL: "BOOL",
    T.FLOAT16: "F16",
    T.DOUBLE: "F64",
    T.UINT32: "U32",
    T.UINT64: "U64",
    T.COMPLEX64: "C64",
    T.BFLOAT16: "BF16",
    T.FLOAT8E4M3FN: "F8_E4M3",
    T.FLOAT8E4M3FNUZ: "F8_E4M3FNUZ",
    T.FLOAT8E5M2: "F8_E5M2",
    T.FLOAT8E5M2FNUZ: "F8_E5M2FNUZ",
    T.FLOAT8E8M0: "F8_E8M0",
}


def varint(n):
    n &= 2**64 - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, wire, content):
    tag = varint(number << 3 | wire)
    return tag + (varint(len(content)) + content if wire == 2 else content)


def by_hand(*fields, name=b"a", dims=(2,), kind=T.FLOAT, more=b""):
    tensor = b"".join(field(1, 0, varint(d)) for d in dims) + field(2, 0, varint(kind)) + b"".join(fields) + field(8, 2, name)
    return model(field(5, 2, tensor) + more)


def model(graph):
    return field(1, 0, varint(10)) + field(2, 2, b"hand") + field(7, 2, graph)


def made(nodes, initializers):
    inputs = [helper.make_tensor_value_info("x", T.FLOAT, ["n", 4])]
    outputs = [helper.make_tensor_value_info("y", T.FLOAT, ["n", 3])]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializers)
    return helper.make_model(graph, producer_name="checkpoint4j golden", doc_string="a small model").SerializeToString()


def bits_of(kind, count):
    size = helper.tensor_dtype_to_np_dtype(kind).itemsize
    return bytes((i * 37 + 11) % (2 if kind == T.BOOL else 256) for i in range(count * size))


def good():
    linear = [
        helper.make_node("MatMul", ["x", "onnx::MatMul_1"], ["h"], name="/linear/MatMul"),
        helper.make_node("Add", ["linear.bias", "h"], ["y"], name="/linear/Add"),
    ]
    weight = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(4, 3), "onnx::MatMul_1")
    bias = numpy_helper.from_array(np.array([0.5, -0.5, 2.0], dtype=np.float32), "linear.bias")

    raw = []
    for kind, dtype in DTYPES.items():
        t = TensorProto(data_type=kind, dims=[2, 3], name="raw." + dtype, raw_data=bits_of(kind, 6))
        raw.append(t)
    typed = [
        helper.make_tensor("float", T.FLOAT, [2, 2], [1.5, -2.0, float("inf"), 0.0]),
        helper.make_tensor("double", T.DOUBLE, [3], [1.5, -2.0, 1e300]),
        helper.make_tensor("complex", T.COMPLEX64, [2], [1 + 2j, -3.5j]),
        helper.make_tensor("int64", T.INT64, [4], [1, -1, 2**63 - 1, -(2**63)]),
        helper.make_tensor("int32", T.INT32, [3], [1, -1, -(2**31)]),
        helper.make_tensor("int16", T.INT16, [2], [-32768, 32767]),
        helper.make_tensor("int8", T.INT8, [2], [-128, 127]),
        helper.make_tensor("uint8", T.UINT8, [2], [0, 255]),
        helper.make_tensor("uint16", T.UINT16, [2], [0, 65535]),
        helper.make_tensor("uint32", T.UINT32, [2], [0, 2**32 - 1]),
        helper.make_tensor("uint64", T.UINT64, [2], [0, 2**64 - 1]),
        helper.make_tensor("bool", T.BOOL, [3], [True, False, True]),
        helper.make_tensor("float16", T.FLOAT16, [3], [1.5, -2.0, 65504.0]),
        helper.make_tensor("bfloat16", T.BFLOAT16, [2], [1.5, -3e38]),
        helper.make_tensor("float8e4m3fn", T.FLOAT8E4M3FN, [2], [1.5, -448.0]),
        helper.make_tensor("scalar", T.FLOAT, [], [7.0]),
        helper.make_tensor("none", T.FLOAT, [0, 3], []),
        helper.make_tensor("empty", T.INT64, [0], []),
    ]
    floats = struct.pack("<2f", 1.25, -8.0)
    files = {
        "linear": made(linear, [weight, bias]),
        "raw-every-dtype": made([], raw),
        "typed": made([], typed),
        "no-initializers": made([helper.make_node("Identity", ["x"], ["y"])], []),
        "omitted-input": made([helper.make_node("Clip", ["x", "", "m"], ["y"])], [helper.make_tensor("m", T.FLOAT, [], [1.0])]),
        "floats-unpacked": by_hand(field(4, 5, floats[:4]), field(4, 5, floats[4:])),
        "floats-in-two-runs": by_hand(field(4, 2, floats[:4]), field(4, 2, b""), field(4, 2, floats[4:])),
        "floats-in-one-run-and-an-empty-one": by_hand(field(4, 2, floats), field(4, 2, b"")),
        "doubles-unpacked": by_hand(field(10, 1, struct.pack("<d", 0.5)), field(10, 1, struct.pack("<d", 2.5)), kind=T.DOUBLE),
        "longs-unpacked": by_hand(field(7, 0, varint(-5)), field(7, 0, varint(300)), kind=T.INT64),
        "longs-mixed": by_hand(field(7, 0, varint(1)), field(7, 2, varint(-2) + varint(3)), dims=[3], kind=T.INT64),
        "dims-packed": model(field(5, 2, field(1, 2, varint(2) + varint(1)) + field(2, 0, varint(1)) + field(9, 2, floats) + field(8, 2, b"a"))),
        "data-before-type": model(field(5, 2, field(8, 2, b"a") + field(4, 2, floats) + field(2, 0, varint(1)) + field(1, 0, varint(2)))),
        "unknown-fields": by_hand(field(9, 2, floats), field(99, 0, varint(1)), field(100, 1, b"12345678"), field(101, 5, b"1234"), field(102, 2, b"xyz")),
        "long-varint": by_hand(field(9, 2, floats), field(99, 0, b"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00")),
    }
    expected = {}
    for name, content in sorted(files.items()):
        path = os.path.join(HERE, "good", name + ".onnx")
        with open(path, "wb") as file:
            file.write(content)
        loaded = onnx.load(path)
        rows = initializers(loaded)
        nodes = [{"name": n.name, "operator": n.op_type, "inputs": list(n.input), "outputs": list(n.output)} for n in loaded.graph.node]
        expected[name] = {"initializers": rows, "nodes": nodes}
    return expected


def initializers(loaded):
    rows = []
    for t in loaded.graph.initializer:
        array = numpy_helper.to_array(t)
        assert array.dtype.byteorder in "<=|"
        rows.append({"name": t.name, "dtype": DTYPES[t.data_type], "shape": list(array.shape), "sha256": hashlib.sha256(array.tobytes()).hexdigest()})
    return rows


def external():
    linear = [helper.make_node("Gemm", ["x", "weight", "bias"], ["y"])]
    weight = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(4, 3), "weight")
    bias = numpy_helper.from_array(np.array([0.5, -0.5, 2.0], dtype=np.float32), "bias")
    path = os.path.join(HERE, "external", "model.onnx")
    model = onnx.load_from_string(made(linear, [weight, bias]))
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    return initializers(onnx.load(path))


def bad():
    floats = struct.pack("<2f", 1.25, -8.0)
    external = TensorProto(data_type=T.FLOAT, dims=[2], name="a", data_location=TensorProto.EXTERNAL)
    external.external_data.add(key="location", value="../../weights.bin")
    whole = by_hand(field(9, 2, floats))
    return {
        "cut-in-tensor": whole[:-6],
        "cut-after-length": whole[:10],
        "not-a-model": b"\x08" + bytes(20),
        "no-graph": field(1, 0, varint(10)),
        "second-graph": whole + field(7, 2, b""),
        "graph-is-a-number": field(1, 0, varint(10)) + field(7, 0, varint(3)),
        "same-name-twice": by_hand(field(9, 2, floats), more=field(5, 2, field(1, 0, varint(2)) + field(2, 0, varint(1)) + field(9, 2, floats) + field(8, 2, b"a"))),
        "raw-too-short": by_hand(field(9, 2, floats[:7])),
        "raw-too-long": by_hand(field(9, 2, floats + b"x")),
        "floats-too-few": by_hand(field(4, 2, floats[:4])),
        "floats-too-many": by_hand(field(4, 2, floats + floats)),
        "floats-not-whole": by_hand(field(4, 2, floats[:6])),
        "longs-too-few": by_hand(field(7, 2, varint(1)), kind=T.INT64),
        "longs-too-many": by_hand(field(7, 2, varint(1) * 3), kind=T.INT64),
        "no-data": by_hand(),
        "element-too-large": by_hand(field(5, 2, varint(1) + varint(256)), kind=T.UINT8),
        "element-too-small": by_hand(field(5, 2, varint(1) + varint(-32769)), kind=T.INT16),
        "negative-dimension": by_hand(field(9, 2, b""), dims=[-1]),
        "dimensions-wrap": by_hand(field(9, 2, b""), dims=[2**32, 2**32]),
        "bytes-wrap": by_hand(field(4, 2, b""), dims=[2**62]),
        "many-elements-few-bytes": by_hand(field(7, 2, varint(1)), dims=[2**40], kind=T.INT64),
        "external-data": made([], [external]),
        "strings": made([], [helper.make_tensor("a", T.STRING, [1], [b"x"])]),
        "complex128": made([], [TensorProto(data_type=T.COMPLEX128, dims=[1], name="a", raw_data=bytes(16))]),
        "int4": made([], [TensorProto(data_type=T.INT4, dims=[2], name="a", raw_data=b"\x12")]),
        "type-unknown": made([], [TensorProto(data_type=999, dims=[1], name="a", raw_data=b"abcd")]),
        "type-missing": model(field(5, 2, field(1, 0, varint(2)) + field(9, 2, floats) + field(8, 2, b"a"))),
        "segment": by_hand(field(9, 2, floats), field(3, 2, b"")),
        "float4-typed": by_hand(field(5, 2, varint(1)), kind=23),
        "sparse": model(field(15, 2, b"")),
        "length-over-file": model(b"")[:-1] + varint(2**40),
        "length-negative": model(b"")[:-1] + varint(2**64 - 1),
        "length-over-63-bits": model(b"")[:-1] + varint(2**63),
        "varint-of-11-bytes": by_hand(field(9, 2, floats), field(99, 0, b"\x80" * 10 + b"\x01")),
        "varint-over-64-bits": by_hand(field(9, 2, floats), field(99, 0, b"\xff" * 9 + b"\x02")),
        "varint-cut": model(b"")[:-1] + b"\xff\xff",
        "field-zero": by_hand(field(9, 2, floats), b"\x00\x01"),
        "field-over-29-bits": by_hand(field(9, 2, floats), varint(2**33 << 3) + b"\x01"),
        "group": by_hand(field(9, 2, floats), varint(99 << 3 | 3) + varint(99 << 3 | 4)),
        "wire-type-7": by_hand(field(9, 2, floats), varint(99 << 3 | 7)),
        "wrong-wire-type": by_hand(field(9, 0, varint(1))),
        "dims-as-fixed": model(field(5, 2, field(1, 5, b"1234") + field(2, 0, varint(1)) + field(8, 2, b"a"))),
        "name-not-utf8": by_hand(field(9, 2, floats), name=b"\xff"),
        "html-page": b"<html><body>Not found</body></html>",
        "empty": b"",
    }


def main():
    for folder in ("good", "external", "bad"):
        shutil.rmtree(os.path.join(HERE, folder), ignore_errors=True)
        os.makedirs(os.path.join(HERE, folder))
    expected = {"good": good(), "external": external(), "bad": {}}
    for name, content in sorted(bad().items()):
        path = os.path.join(HERE, "bad", name + ".onnx")
        with open(path, "wb") as file:
            file.write(content)
        try:
            for t in onnx.load(path, load_external_data=False).graph.initializer:
                numpy_helper.to_array(t)
            expected["bad"][name] = "accepted"
        except Exception:
            expected["bad"][name] = "refused"
    with open(os.path.join(HERE, "expected.json"), "w", encoding="ascii", newline="") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
