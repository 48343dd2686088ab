"""What transformers makes of the directories that ckpt train saves.

language.py lm|seq2seq DIR TEXT...       the greedy text of each, as JSON
language.py mlm DIR TEXT...              the likeliest token at each place of each, as JSON
language.py train lm|seq2seq DIR TRAIN OUTPUT
                                         trains the model on lines of text, or on pairs, for 20 steps, with a
                                         checkpoint at 10; writes what was logged into OUTPUT/log_history.json
"""

import json
import pathlib
import sys

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainingArguments,
    set_seed,
)

SEED = 7


def written(task, directory, texts):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = (AutoModelForCausalLM if task == "lm" else AutoModelForSeq2SeqLM).from_pretrained(directory).eval()
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt")
        ids = model.generate(**inputs, do_sample=False, num_beams=1)[0]
        start = inputs["input_ids"].shape[1] if task == "lm" else 1
        yield tokenizer.decode(ids[start:], skip_special_tokens=True)


def guessed(directory, texts):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForMaskedLM.from_pretrained(directory).eval()
    for text in texts:
        yield model(**tokenizer(text, return_tensors="pt")).logits[0].argmax(-1).tolist()


def train(task, directory, file, output):
    set_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    if task == "lm":
        model = AutoModelForCausalLM.from_pretrained(directory)
        examples = [{"input_ids": tokenizer(line)["input_ids"] + [tokenizer.eos_token_id]} for line in lines]
        collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
    else:
        model = AutoModelForSeq2SeqLM.from_pretrained(directory)
        pairs = [line.split("\t") for line in lines]
        examples = [
            {"input_ids": tokenizer(source)["input_ids"], "labels": tokenizer(target)["input_ids"]}
            for source, target in pairs
        ]
        collator = DataCollatorForSeq2Seq(tokenizer)
    arguments = TrainingArguments(
        output_dir=output, max_steps=20, per_device_train_batch_size=8, learning_rate=1e-3, weight_decay=0.01,
        lr_scheduler_type="cosine", warmup_steps=5, logging_steps=1, save_steps=10, seed=SEED, report_to="none",
        use_cpu=True, disable_tqdm=True,
    )
    trainer = Trainer(
        model=model, args=arguments, train_dataset=examples, processing_class=tokenizer, data_collator=collator
    )
    trainer.train()
    (pathlib.Path(output) / "log_history.json").write_text(json.dumps(trainer.state.log_history))


def main(command, directory, *rest):
    torch.set_num_threads(1)
    if command == "train":
        train(directory, *rest)
    else:
        texts = guessed(directory, rest) if command == "mlm" else written(command, directory, rest)
        print(json.dumps(list(texts)))


if __name__ == "__main__":
    main(*sys.argv[1:])
