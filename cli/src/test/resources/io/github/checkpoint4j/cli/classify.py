"""Trains a BERT classifier with the Trainer of transformers, as ckpt train classify does.

classify.py start MODEL TRAIN OUTPUT DROPOUT [MORE]  40 steps from the directory MODEL, with that dropout; what training
                                                   starts from is saved to OUTPUT/init
classify.py resume INIT TRAIN OUTPUT CHECKPOINT    goes on to step 40 from a checkpoint

MORE is a JSON object of arguments in place of those here.

Writes what was logged into OUTPUT/log_history.json. TRAIN has lines of label, tab, text.
"""

import json
import pathlib
import sys

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

SEED = 7


def train(model, tokenizer, file, output, resume, more):
    lines = [line.split("\t") for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines()]
    examples = [dict(tokenizer(text, truncation=True, max_length=24), labels=int(label)) for label, text in lines]
    chosen = dict(
        max_steps=40, per_device_train_batch_size=8, learning_rate=1e-3, weight_decay=0.01,
        lr_scheduler_type="cosine", warmup_steps=5, logging_steps=1, save_steps=20, seed=SEED,
    )
    arguments = TrainingArguments(
        output_dir=str(output), report_to="none", use_cpu=True, disable_tqdm=True, **(chosen | more)
    )
    trainer = Trainer(
        model=model, args=arguments, train_dataset=examples, processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    trainer.train(resume_from_checkpoint=resume)
    (output / "log_history.json").write_text(json.dumps(trainer.state.log_history))


def main(command, directory, file, output, last, more="{}"):
    torch.set_num_threads(1)
    set_seed(SEED)
    output = pathlib.Path(output)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    if command == "resume":
        train(AutoModelForSequenceClassification.from_pretrained(directory), tokenizer, file, output, last, {})
        return
    dropout = float(last)
    config = AutoConfig.from_pretrained(
        directory, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout, num_labels=2
    )
    model = AutoModelForSequenceClassification.from_pretrained(directory, config=config, ignore_mismatched_sizes=True)
    model.save_pretrained(output / "init")
    tokenizer.save_pretrained(output / "init")
    train(model, tokenizer, file, output, None, json.loads(more))


if __name__ == "__main__":
    main(*sys.argv[1:])
