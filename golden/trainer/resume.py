"""Goes on with a run of make.py, "steps" if not named, from a checkpoint: python resume.py CHECKPOINT OUTPUT [RUN [MORE]]

States of callbacks are restored. MORE is a JSON object of further arguments.

Writes log_history.json and last.safetensors into OUTPUT.
"""

import json
import pathlib
import sys

import torch
from make import RUNS, run
from safetensors.torch import load_file, save_file

if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent
    checkpoint, output = sys.argv[1], pathlib.Path(sys.argv[2])
    name = sys.argv[3] if len(sys.argv) > 3 else "steps"
    more = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    arguments = dict(RUNS[name]["arguments"], restore_callback_states_from_checkpoint=True, **more)
    setting = dict(RUNS[name], arguments=arguments)
    torch.set_num_threads(1)
    trainer = run(
        name,
        setting,
        output,
        load_file(folder / "model.safetensors"),
        json.loads((folder / "train.json").read_text()),
        json.loads((folder / "eval.json").read_text()),
        resume=checkpoint,
    )
    last = trainer.state.log_history
    (output / "log_history.json").write_text(json.dumps(last, indent=2, sort_keys=True) + "\n")
    save_file({k: v.clone() for k, v in trainer.model.state_dict().items()}, output / "last.safetensors")
