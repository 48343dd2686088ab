"""Makes this folder with the Trainer of transformers: python make.py [FOLDER [RUNS]]

A classifier of two linear layers with dropout between them is trained from the weights in
model.safetensors on train.json and eval.json. For each run there is its trainer_state.json at every
checkpoint, the whole log_history, and the last weights; of the run "steps" also the checkpoint at
step 6, from which it can be resumed. RUNS is a JSON file of other runs than those here.

torch 2.10.0, transformers 5.23.0, accelerate 1.15.0, safetensors 0.8.0; one thread.
"""

import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import EarlyStoppingCallback, Trainer, TrainingArguments, default_data_collator

TRAIN, EVAL = 37, 13

RUNS = {
    "steps": dict(
        dropout=0.25,
        metrics=True,
        eval_examples=EVAL,
        arguments=dict(
            num_train_epochs=2.0, learning_rate=0.05, warmup_steps=2, weight_decay=0.01, logging_steps=2,
            eval_strategy="steps", eval_steps=3, save_steps=3, metric_for_best_model="accuracy",
            load_best_model_at_end=True,
        ),
    ),
    "accumulation": dict(
        dropout=0.25,
        metrics=False,
        eval_examples=EVAL,
        arguments=dict(
            max_steps=5, gradient_accumulation_steps=2, learning_rate=0.02, lr_scheduler_type="cosine",
            warmup_steps=1, logging_steps=2, logging_first_step=True, save_steps=2,
        ),
    ),
    "epochs": dict(
        dropout=0.0,
        metrics=True,
        eval_examples=EVAL,
        arguments=dict(
            num_train_epochs=2.5, learning_rate=0.01, lr_scheduler_type="constant_with_warmup", warmup_steps=3,
            logging_strategy="epoch", eval_strategy="epoch", save_strategy="epoch", load_best_model_at_end=True,
        ),
    ),
    "ratios": dict(
        dropout=0.25,
        metrics=False,
        eval_examples=8,  # one whole batch: dataloader_drop_last is for evaluation, too
        arguments=dict(
            max_steps=7, learning_rate=0.03, warmup_steps=0.25, logging_steps=0.2, eval_strategy="steps",
            eval_steps=0.25, eval_delay=3, save_steps=0.5, eval_on_start=True, max_grad_norm=0.0,
            dataloader_drop_last=True, data_seed=7,
        ),
    ),
    "best": dict(
        dropout=0.25,
        metrics=True,
        eval_examples=EVAL,
        arguments=dict(
            num_train_epochs=3.5, learning_rate=0.05, weight_decay=0.02, logging_steps=0.3, eval_strategy="epoch",
            eval_delay=1.5, save_strategy="best", metric_for_best_model="loss", save_total_limit=2,
            load_best_model_at_end=True, seed=7,
        ),
    ),
    "by_length": dict(
        dropout=0.25,
        metrics=False,
        eval_examples=EVAL,
        arguments=dict(
            num_train_epochs=3.0, learning_rate=0.05, logging_steps=1, eval_strategy="steps", eval_steps=4,
            save_steps=4, train_sampling_strategy="group_by_length",
        ),
    ),
    "by_length_accumulated": dict(
        dropout=0.25,
        metrics=False,
        eval_examples=EVAL,
        arguments=dict(
            num_train_epochs=3.0, per_device_train_batch_size=2, gradient_accumulation_steps=2, learning_rate=0.05,
            logging_steps=1, save_strategy="no", train_sampling_strategy="group_by_length",
        ),
    ),
    "early": dict(
        dropout=0.25,
        metrics=True,
        eval_examples=EVAL,
        early_stopping=dict(early_stopping_patience=2, early_stopping_threshold=0.02),
        arguments=dict(
            max_steps=40, learning_rate=0.05, warmup_steps=2, logging_steps=5, eval_strategy="steps", eval_steps=2,
            save_steps=4, metric_for_best_model="accuracy", load_best_model_at_end=True,
        ),
    ),
}


class Classifier(torch.nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.hidden = torch.nn.Linear(4, 8)
        self.dropout = torch.nn.Dropout(dropout)
        self.output = torch.nn.Linear(8, 2)

    def forward(self, x, labels=None):
        logits = self.output(self.dropout(torch.tanh(self.hidden(x))))
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def examples(count, start):
    """Numbers that JSON and float32 hold exactly."""
    made = []
    for i in range(start, start + count):
        x = [((i * 37 + j * 53) % 97 - 48) / 32 for j in range(4)]
        made.append({"x": x, "labels": int(x[0] + x[1] * x[2] > (i % 5 - 2) / 8)})
    return made


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def tensors(data):
    """With input_ids, which the model is not given: their length is that of the example."""
    return [
        {"x": torch.tensor(one["x"]), "labels": one["labels"], "input_ids": [0] * (1 + int(one["x"][0] * 32 + 48) // 10)}
        for one in data
    ]


def run(name, run, output, weights, train, eval_, resume=None):
    model = Classifier(run["dropout"])
    model.load_state_dict(weights)
    arguments = TrainingArguments(
        output_dir=str(output), report_to="none", use_cpu=True, disable_tqdm=True, logging_nan_inf_filter=False,
        optim="adamw_torch", **run["arguments"],
    )
    trainer = Trainer(
        model=model, args=arguments, train_dataset=tensors(train), eval_dataset=tensors(eval_[: run["eval_examples"]]),
        data_collator=default_data_collator, compute_metrics=accuracy if run["metrics"] else None,
        callbacks=[EarlyStoppingCallback(**run["early_stopping"])] if "early_stopping" in run else None,
    )
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def main(folder, runs):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    train, eval_ = examples(TRAIN, 0), examples(EVAL, 100)
    weights = {k: v.clone() for k, v in Classifier(0).state_dict().items()}
    (folder / "train.json").write_text(json.dumps(train) + "\n")
    (folder / "eval.json").write_text(json.dumps(eval_) + "\n")
    save_file(weights, folder / "model.safetensors")
    for name, setting in runs.items():
        kept = folder / name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        with tempfile.TemporaryDirectory() as temporary:
            output = pathlib.Path(temporary) / "run"
            trainer = run(name, setting, output, weights, train, eval_)
            for checkpoint in sorted(output.glob("checkpoint-*")):
                state = (checkpoint / "trainer_state.json").read_text().replace(str(output), "run")
                (kept / (checkpoint.name + ".trainer_state.json")).write_text(state)
            if name == "steps" and runs is RUNS:
                source, target = output / "checkpoint-6", kept / "checkpoint-6"
                target.mkdir()
                for file in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth"):
                    shutil.copy(source / file, target / file)
                state = (source / "trainer_state.json").read_text().replace(str(output), "run")
                (target / "trainer_state.json").write_text(state)
            last = trainer.state.log_history
            (kept / "log_history.json").write_text(json.dumps(last, indent=2, sort_keys=True) + "\n")
            save_file({k: v.clone() for k, v in trainer.model.state_dict().items()}, kept / "last.safetensors")
    (folder / "expected.json").write_text(json.dumps(runs, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(
        pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent,
        json.loads(pathlib.Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else RUNS,
    )
