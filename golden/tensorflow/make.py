"""Writes the golden files of this folder with the real TensorFlow: python3 make.py

good/NAME/      a directory with a checkpoint of version 2: an index, its files of bytes, and a file "checkpoint" where
                tf.train writes one
bad/NAME/       what is not read: variables in slices, quantized numbers
expected.json   for each good checkpoint its prefix and, of each variable in the order of its keys, name, dtype (as safetensors
                calls it), shape and the sha256 of its little-endian bytes; and the variables of strings, as texts

Made with tensorflow-cpu 2.21.0, numpy.
"""

import hashlib
import json
import os
import shutil

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = {
    tf.float32: "F32",
    tf.float64: "F64",
    tf.float16: "F16",
    tf.bfloat16: "BF16",
    tf.uint8: "U8",
    tf.int8: "I8",
    tf.uint16: "U16",
    tf.int16: "I16",
    tf.uint32: "U32",
    tf.int32: "I32",
    tf.uint64: "U64",
    tf.int64: "I64",
    tf.bool: "BOOL",
    tf.complex64: "C64",
    tf.complex128: "C128",
    tf.dtypes.experimental.float8_e5m2: "F8_E5M2",
    tf.dtypes.experimental.float8_e4m3fn: "F8_E4M3",
}


def numbers(dtype, *shape):
    values = np.arange(int(np.prod(shape)), dtype=np.float64) * 3 - 7
    return tf.constant((abs(values) if dtype.is_unsigned or dtype == tf.bool else values).astype(dtype.as_numpy_dtype).reshape(shape))


def folder(kind, name):
    path = os.path.join(HERE, kind, name)
    os.makedirs(path)
    return path


def save(prefix, tensors, slices=None):
    names = sorted(tensors)
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=names,
        shape_and_slices=[(slices or {}).get(name, "") for name in names],
        tensors=[tensors[name] for name in names],
    )


def checkpoint():
    """As a training loop saves: two checkpoints, of which the file "checkpoint" names the newer."""
    path = folder("good", "checkpoint")
    dense = tf.Module()
    dense.kernel = tf.Variable(numbers(tf.float32, 3, 4))
    dense.bias = tf.Variable(numbers(tf.float32, 4))
    step = tf.Variable(5, dtype=tf.int64)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(dense=dense, step=step), path, max_to_keep=2, checkpoint_name="ckpt")
    manager.save()
    dense.bias.assign_add(tf.ones(4))
    step.assign_add(1)
    return manager.save()


def every_dtype():
    prefix = os.path.join(folder("good", "every-dtype"), "model")
    save(prefix, {"dtype/" + name: numbers(dtype, 2, 3) for dtype, name in DTYPES.items()} | {"scalar": tf.constant(1.5), "empty": tf.zeros([0, 3])})
    return prefix


def sharded():
    prefix = os.path.join(folder("good", "sharded"), "model")
    parts = [f"{prefix}_part{i}" for i in range(2)]
    save(parts[0], {"a": numbers(tf.float32, 4), "b/kernel": numbers(tf.float32, 2, 2)})
    save(parts[1], {"b/bias": numbers(tf.float32, 2), "c": numbers(tf.int32, 3)})
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=prefix, delete_old_dirs=False)
    return prefix


def many():
    """Keys that begin alike, of which the index leaves that out."""
    prefix = os.path.join(folder("good", "many"), "model")
    save(prefix, {f"encoder/layer_with_weights-{i}/kernel/.ATTRIBUTES/VARIABLE_VALUE": tf.fill([i % 3], float(i)) for i in range(60)})
    return prefix


def strings():
    prefix = os.path.join(folder("good", "strings"), "model")
    save(
        prefix,
        {
            "one": tf.constant("h\u00e9llo"),
            "several": tf.constant([["a", ""], ["bc", "x" * 300]]),
            "none": tf.zeros([0], tf.string),
            "weight": numbers(tf.float32, 2),
        },
    )
    return prefix


def bad():
    save(os.path.join(folder("bad", "sliced"), "model"), {"part": numbers(tf.float32, 2, 3)}, {"part": "4 3 0,2:0,3"})
    save(os.path.join(folder("bad", "quantized"), "model"), {"small": tf.bitcast(numbers(tf.int8, 2), tf.qint8)})


def described(prefix):
    reader = tf.train.load_checkpoint(prefix)
    rows, texts = [], {}
    for name in sorted(reader.get_variable_to_shape_map(), key=lambda name: name.encode()):
        value = reader.get_tensor(name)
        dtype = reader.get_variable_to_dtype_map()[name]
        if dtype == tf.string:
            if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
                texts[name] = [text.decode() for text in np.asarray(value).reshape(-1).tolist()]
            continue
        value = np.asarray(value)
        rows.append({"name": name, "dtype": DTYPES[dtype], "shape": list(value.shape), "sha256": hashlib.sha256(value.tobytes()).hexdigest()})
    return {"prefix": os.path.basename(prefix), "tensors": rows, "texts": texts}


def main():
    for kind in ("good", "bad"):
        shutil.rmtree(os.path.join(HERE, kind), ignore_errors=True)
    expected = {}
    for make in (checkpoint, every_dtype, sharded, many, strings):
        prefix = make()
        expected[os.path.basename(os.path.dirname(prefix))] = described(prefix)
    bad()
    with open(os.path.join(HERE, "expected.json"), "w", encoding="ascii", newline="") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
