"""Writes the golden files of this folder: python3 make.py (any Python 3.7 or later, standard library only).

documents/*.json   what json.dumps(value, indent=2) writes
floats.json        pairs of a double's bits in hexadecimal and its repr, for a JSON number
"""

import json
import math
import os
import random
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def document(name, value):
    path = os.path.join(HERE, "documents", name + ".json")
    with open(path, "w", encoding="ascii", newline="") as file:
        file.write(json.dumps(value, indent=2))


def main():
    os.makedirs(os.path.join(HERE, "documents"), exist_ok=True)
    document("empty-object", {})
    document("empty-array", [])
    document("null", None)
    document("nested", {"a": [], "b": {}, "c": [[], {}, [{}], {"d": [1, [2, [3]]]}], "": {"": ""}})
    document("strings", ["", "plain", "\"\\/\b\f\n\r\t", "\x00\x01\x1f\x7f\x80", "Gr\u00fc\u00dfe \u4f60\u597d \U0001f600", "\u2028\u2029\ufffe\uffff"])
    document("numbers", [0, -1, 2**63 - 1, -(2**63), 10**40, 0.0, -0.0, 0.1, 1e-5, 5e-5, 1.0, 1e16, 1e22, 123456789012345680.0, 1e15, 0.0001, 0.00001, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf])
    document("names", {"\u00e9": 1, "a b": 2, "\"": 3, "\U0001f600": 4})
    document(
        "trainer_state",
        {
            "best_global_step": None,
            "best_metric": 0.7926605504587156,
            "epoch": 1.5,
            "is_hyper_param_search": False,
            "log_history": [
                {"epoch": 0.5, "grad_norm": 3.1728248596191406, "learning_rate": 4.9e-05, "loss": 0.6931, "step": 10},
                {"epoch": 1.0, "eval_loss": math.nan, "step": 20},
            ],
            "trial_name": None,
        },
    )

    generator = random.Random(20260101)
    doubles = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1e-323, 1.5e-323, 2e-323, 1e23, 9007199254740993.0, 2e-44, 1e-45]
    doubles += [2.0**e for e in range(-1074, 1024, 3)]
    doubles += [10.0**e for e in range(-30, 31)]
    doubles += [k * 5e-324 for k in range(1, 60)]
    doubles += [generator.random() * 10.0 ** generator.randint(-8, 20) for _ in range(1500)]
    doubles += [round(generator.random(), generator.randint(1, 6)) for _ in range(500)]
    doubles += [struct.unpack("<d", struct.pack("<Q", generator.getrandbits(64)))[0] for _ in range(3000)]
    doubles += [struct.unpack("<f", struct.pack("<f", generator.gauss(0, 1)))[0] for _ in range(500)]
    rows = [[struct.pack(">d", d).hex(), json.dumps(d)] for d in doubles]
    with open(os.path.join(HERE, "floats.json"), "w", encoding="ascii", newline="") as file:
        json.dump(rows, file, separators=(",\n", ","))


main()
