"""Puts the model of a checkpoint into shards, with huggingface_hub: python shard.py CHECKPOINT BYTES"""

import pathlib
import sys

from huggingface_hub import save_torch_state_dict
from safetensors.torch import load_file

if __name__ == "__main__":
    checkpoint = pathlib.Path(sys.argv[1])
    weights = load_file(checkpoint / "model.safetensors")
    (checkpoint / "model.safetensors").unlink()
    save_torch_state_dict(weights, checkpoint, max_shard_size=int(sys.argv[2]))
