"""Tensors and values as JSON in which Java and Python can compare them."""

import hashlib
import struct

import numpy
import torch

DTYPES = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.uint16: "U16",
    torch.float16: "F16", torch.bfloat16: "BF16", torch.int32: "I32", torch.uint32: "U32",
    torch.float32: "F32", torch.complex64: "C64", torch.float64: "F64", torch.int64: "I64",
    torch.uint64: "U64", torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e8m0fnu: "F8_E8M0", torch.float8_e5m2fnuz: "F8_E5M2FNUZ",
    torch.float8_e4m3fnuz: "F8_E4M3FNUZ", torch.float4_e2m1fn_x2: "F4",
    torch.complex32: "C32", torch.complex128: "C128",
}


def row(name, tensor):
    shape = list(tensor.shape)
    data = tensor.detach().contiguous()
    if tensor.dtype == torch.float4_e2m1fn_x2:
        shape[-1] *= 2
    start = data.storage_offset() * data.element_size()
    raw = bytes(data.untyped_storage())[start : start + data.numel() * data.element_size()]
    return {"name": name, "dtype": DTYPES[tensor.dtype], "shape": shape,
            "sha256": hashlib.sha256(raw).hexdigest()}


def of_storage(storage):
    """The tensor that Java makes of a storage which is itself a value."""
    if isinstance(storage, torch.TypedStorage):
        return torch.tensor(storage.tolist(), dtype=storage.dtype)
    return torch.empty(0, dtype=torch.uint8).set_(storage)


def bits(number):
    return struct.pack(">d", number).hex()


def described(value):
    """What a value is, to the last bit; the items of a set are in any order."""
    if torch.is_tensor(value):
        return {"tensor": row("", value)}
    if isinstance(value, numpy.ndarray):
        return {"array": row("", torch.from_numpy(value.astype(value.dtype.newbyteorder("="), order="C")))}
    if value is None or isinstance(value, (bool, str)):
        return {type(value).__name__: value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": bits(value)}
    if isinstance(value, complex):
        return {"complex": [bits(value.real), bits(value.imag)]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"dict": [[described(key), described(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple, set, frozenset)):
        return {type(value).__name__: [described(item) for item in value]}
    raise TypeError(type(value))
