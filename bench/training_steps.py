"""Trains a model by Hugging Face's Trainer as many steps at a time as standard input asks.

    training_steps.py TASK DIRECTORY THREADS

The models and the data are those that TrainingSteps in Java wrote, the protocol and the parts of a
step are the same; see there.
"""

import json
import pathlib
import sys
import time

import torch
import transformers

LOGGING_STEPS = 5
NO_LABEL = -100
# The class of the model, the examples in a batch, and whether an example has one label.
TASKS = {
    "bert": (transformers.AutoModelForSequenceClassification, 32, True),
    "gpt2": (transformers.AutoModelForCausalLM, 16, False),
    "t5": (transformers.AutoModelForSeq2SeqLM, 64, False),
}


class Rows(torch.utils.data.Dataset):
    def __init__(self, file):
        self.rows = json.loads(file.read_text())

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def padded(rows, padding):
    length = max(map(len, rows))
    return torch.tensor([row + [padding] * (length - len(row)) for row in rows])


class Collator:
    """Pads the examples of a batch to the longest."""

    def __init__(self, one_label):
        self.one_label = one_label

    def __call__(self, rows):
        ids = [row["input_ids"] for row in rows]
        labels = padded([row["labels"] for row in rows], NO_LABEL)
        return {
            "input_ids": padded(ids, 0),
            "attention_mask": padded([[1] * len(row) for row in ids], 0),
            "labels": labels.view(-1) if self.one_label else labels,
        }


class StepClock(transformers.TrainerCallback):
    """Tells how long the steps take, and their parts; begins anew at each request."""

    def __init__(self):
        self.asked = 0
        self.step_begun = None
        self.reset()

    def reset(self):
        self.steps = []
        self.phases = dict.fromkeys(
            ("data", "forward", "backward", "clip", "optimizer", "other"), 0.0
        )
        self.loss = 0.0
        self.cpu_begun = time.process_time()
        self.phase_begun = time.perf_counter()

    def end(self, phase):
        now = time.perf_counter()
        self.phases[phase] += now - self.phase_begun
        self.phase_begun = now

    def timed(self, phase, part):
        def call(*arguments, **options):
            self.end("other")
            made = part(*arguments, **options)
            self.end(phase)
            return made

        return call

    def of(self, trainer):
        """Times the parts of a trainer's steps."""
        forward = trainer.compute_loss

        def with_loss(*arguments, **options):
            loss = forward(*arguments, **options)
            self.loss += float(loss.detach())
            return loss

        trainer.compute_loss = self.timed("forward", with_loss)
        accelerator = trainer.accelerator
        accelerator.backward = self.timed("backward", accelerator.backward)
        accelerator.clip_grad_norm_ = self.timed("clip", accelerator.clip_grad_norm_)

    def on_pre_optimizer_step(self, *_, **__):
        self.end("other")

    def on_optimizer_step(self, *_, **__):
        self.end("optimizer")

    def on_step_begin(self, args, state, control, **_):
        self.end("other")
        if self.step_begun is not None:
            self.steps.append(self.phase_begun - self.step_begun)
        self.step_begun = self.phase_begun
        if len(self.steps) < self.asked:
            return
        if self.asked > 0:
            answer = {
                "steps": self.steps,
                "phases": self.phases,
                "cpu": time.process_time() - self.cpu_begun,
                "loss": self.loss / len(self.steps),
            }
            print(json.dumps(answer), flush=True)
        line = sys.stdin.readline()
        if line:
            self.asked = int(line)
        else:
            control.should_training_stop = True
        self.reset()
        self.step_begun = self.phase_begun


def main():
    task, directory, threads = sys.argv[1:]
    kind, batch_size, one_label = TASKS[task]
    torch.set_num_threads(int(threads))
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder = pathlib.Path(directory, task)
    clock = StepClock()
    trainer = transformers.Trainer(
        kind.from_pretrained(folder),
        transformers.TrainingArguments(
            str(folder / "run"),
            per_device_train_batch_size=batch_size,
            max_steps=1_000_000,
            logging_steps=LOGGING_STEPS,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
        ),
        data_collator=clock.timed("data", Collator(one_label)),
        train_dataset=Rows(folder / "rows.json"),
        callbacks=[clock],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    clock.of(trainer)
    trainer.train()


if __name__ == "__main__":
    main()
