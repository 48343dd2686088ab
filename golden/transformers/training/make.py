"""Makes runs.json with the Trainer of transformers: python make.py [FILE]

Short runs of the models in ../language and ../tiny, with their dropout: of each its arguments and what it logged.

torch 2.10.0, transformers 5.23.0, accelerate 1.15.0; one thread.
"""

import contextlib
import json
import pathlib
import sys
import tempfile

import torch
from transformers import (
    BertForMaskedLM,
    BertForSequenceClassification,
    GPT2LMHeadModel,
    T5ForConditionalGeneration,
    Trainer,
    TrainingArguments,
)
from transformers.utils import logging

HERE = pathlib.Path(__file__).parent

MODELS = {
    "gpt2": (GPT2LMHeadModel, "language/gpt2"),
    "t5": (T5ForConditionalGeneration, "language/t5"),
    "bert-mlm": (BertForMaskedLM, "language/bert-mlm"),
    "classifier": (BertForSequenceClassification, "tiny"),
}

COMMON = dict(
    max_steps=8, per_device_train_batch_size=4, per_device_eval_batch_size=3, learning_rate=0.01, weight_decay=0.1,
    logging_steps=1, save_strategy="no", eval_strategy="steps", eval_steps=4, logging_nan_inf_filter=False,
)

RUNS = {
    "gpt2": ("gpt2", dict()),
    "gpt2-accumulated": ("gpt2", dict(gradient_accumulation_steps=2)),
    **{
        kind + "-smoothed": (kind, dict(gradient_accumulation_steps=2, label_smoothing_factor=0.1))
        for kind in MODELS
    },
    **{kind + "-bf16": (kind, dict(bf16=True)) for kind in MODELS},
    "gpt2-bf16-smoothed": ("gpt2", dict(bf16=True, label_smoothing_factor=0.2)),
}


def collate(kind):
    """As TrainingRun.collate; T5's decoder_input_ids are the collator's task where labels are smoothed."""

    def of(examples):
        length = 9
        there = torch.tensor([[i < 3 + example % 6 for i in range(length)] for example in examples])
        ids = torch.tensor([[1 + (example + i) % 29 for i in range(length)] for example in examples])
        batch = {"input_ids": ids * there, "attention_mask": there.long(), "labels": ids.masked_fill(~there, -100)}
        if kind == "t5":
            batch["decoder_input_ids"] = torch.cat([torch.zeros(len(examples), 1, dtype=int), (ids * there)[:, :-1]], 1)
        if kind == "classifier":
            batch["labels"] = torch.tensor([example % 2 for example in examples])
        return batch

    return of


def run(kind, arguments):
    model, directory = MODELS[kind]
    with tempfile.TemporaryDirectory() as output:
        trainer = Trainer(
            model=model.from_pretrained(HERE.parent / directory), train_dataset=list(range(18)),
            eval_dataset=list(range(20, 27)), data_collator=collate(kind),
            args=TrainingArguments(output_dir=output, report_to="none", use_cpu=True, disable_tqdm=True, **arguments),
        )
        trainer.train()
    kept = ("step", "loss", "grad_norm", "learning_rate", "eval_loss")
    return [{key: entry[key] for key in kept if key in entry} for entry in trainer.state.log_history[:-1]]


def main(file):
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    runs = {}
    with contextlib.redirect_stdout(sys.stderr):
        for name, (kind, arguments) in RUNS.items():
            arguments = {**COMMON, **arguments}
            runs[name] = {"kind": kind, "arguments": arguments, "log": run(kind, arguments)}
    file.write_text(json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "runs.json")
