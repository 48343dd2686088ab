"""Makes training_args.bin, seq2seq_args.bin and training_args.json with the real transformers.

Run in this folder: OMP_NUM_THREADS=1 python training_args.py
Made with torch 2.10.0, transformers 5.23.0 and accelerate 1.15.0. The JSON says of each file which
fields are plain values, and which are not and are left out.
"""

import enum
import json
from pathlib import Path

import torch
from transformers import Seq2SeqTrainingArguments, TrainingArguments

HERE = Path(__file__).parent
COMMON = dict(output_dir=Path("runs") / "exp 1", use_cpu=True, report_to=["tensorboard", "wandb"],
              max_steps=40, eval_strategy="steps", eval_steps=10, save_steps=10, warmup_steps=2,
              learning_rate=3e-4, lr_scheduler_type="cosine_with_min_lr", optim="adamw_torch",
              lr_scheduler_kwargs={"min_lr": 1e-5, "cycles": [1, 2.5, None]},
              load_best_model_at_end=True, metric_for_best_model="eval_loss",
              label_names=["labels"], seed=7)


def plain(value):
    """The value as JSON, or an exception if Java leaves it out."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (Path, torch.device)):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if type(value) is dict:
        return {key: plain(item) for key, item in value.items()}
    raise TypeError(type(value))


def fields(arguments):
    values, left_out = {}, []
    for name, value in arguments.__dict__.items():
        try:
            values[name] = plain(value)
        except TypeError:
            left_out.append(name)
    name = f"{type(arguments).__module__}.{type(arguments).__qualname__}"
    return {"class": name, "values": values, "leftOut": left_out}


def main():
    ordinary = TrainingArguments(**COMMON, deepspeed=None, fsdp=[], debug="underflow_overflow")
    ordinary.resume_from_checkpoint = Path("runs") / "exp 1" / "checkpoint-10"
    ordinary.distributed_state  # an accelerate.state.PartialState, with a device in it
    sequence = Seq2SeqTrainingArguments(**COMMON, predict_with_generate=True,
                                        generation_max_length=32)
    made = {"training_args.bin": ordinary, "seq2seq_args.bin": sequence}
    for name, arguments in made.items():
        torch.save(arguments, HERE / name)
    expected = {name: fields(arguments) for name, arguments in made.items()}
    (HERE / "training_args.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
