"""Makes length_groups.json, the orders of get_length_grouped_indices: python length_groups.py

torch 2.10.0, transformers 5.23.0.
"""

import json
import pathlib

import torch
from transformers.trainer_pt_utils import get_length_grouped_indices

CASES = [(1, 8, 1), (7, 8, 5), (37, 8, 9), (64, 4, 3), (500, 2, 11), (1000, 3, 1), (205, 1, 40)]


def case(count, batch_size, different):
    lengths = [1 + (i * 31 + i // 3) % different for i in range(count)]
    generator = torch.Generator().manual_seed(count)
    order = get_length_grouped_indices(lengths, batch_size, generator=generator)
    return {"lengths": lengths, "batch_size": batch_size, "seed": count, "order": order}


cases = [case(*one) for one in CASES]
(pathlib.Path(__file__).parent / "length_groups.json").write_text(json.dumps(cases) + "\n")
