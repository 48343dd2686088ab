"""The Python side of PythonInteropTest. Prints one JSON document.

interop.py logits DIR FILE             the model of DIR: ids and logits of each text alone, in evaluation
interop.py training DIR SEED FILE      the model of DIR in training mode: loss with labels 0 1 0 1 ..., the next random
                                       number, and the sum of the gradients' sizes
interop.py new DIR SEED                writes a new model and tokenizer to DIR/whole, its BERT without a head to DIR/base
interop.py shards DIR OTHER SIZE       saves the model of DIR in OTHER, in shards of at most SIZE
interop.py head DIR SEED LABELS        what from_pretrained draws for a new head over DIR
interop.py other_head DIR SEED LABELS  the same over a model with a head of another number of labels, which is ignored
interop.py transfer KIND DIR OUTPUT RESUME FILE
                                       trains the model of DIR on the texts with labels 0 1 0 1 ...: KIND "frozen", with
                                       embeddings and the first layer frozen, or "rates", with a decay of 0.9 by layer and
                                       a rate of its own for the classifier; RESUME is a checkpoint or "". What was logged
interop.py load_state_dict DIR FILE    what PyTorch says of the state dict in FILE for the model of DIR, strict and not
interop.py tensors DIR                 dtype, shape and digest of each parameter, as loaded

FILE is a JSON list of texts.
"""

import contextlib
import hashlib
import json
import sys

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
torch.set_num_threads(1)


def floats(tensor):
    return [float(x) for x in tensor.detach().flatten()]


def read(file):
    with open(file, encoding="ascii") as texts:
        return json.load(texts)


def logits(directory, file):
    model = AutoModelForSequenceClassification.from_pretrained(directory).eval()
    tokenizer = AutoTokenizer.from_pretrained(directory)
    rows = []
    for text in read(file):
        encoded = tokenizer(text, truncation=True, max_length=32, return_tensors="pt")
        with torch.no_grad():
            rows.append({"ids": encoded["input_ids"][0].tolist(), "logits": floats(model(**encoded).logits)})
    return {"texts": rows, "labels": [model.config.id2label[i] for i in range(model.config.num_labels)]}


def training(directory, seed, file):
    texts = read(file)
    model = AutoModelForSequenceClassification.from_pretrained(directory).train()
    tokenizer = AutoTokenizer.from_pretrained(directory)
    encoded = tokenizer(texts, truncation=True, max_length=32, padding=True, return_tensors="pt")
    labels = torch.arange(len(texts)) % 2
    torch.manual_seed(int(seed))
    output = model(**encoded, labels=labels)
    output.loss.backward()
    return {
        "loss": float(output.loss.detach()),
        "logits": floats(output.logits),
        "random": float(torch.rand(1)),
        "gradient": sum(float(p.grad.double().abs().sum()) for p in model.parameters()),
    }


def new(directory, seed):
    torch.manual_seed(int(seed))
    config = BertConfig(
        vocab_size=250,
        hidden_size=48,
        num_hidden_layers=3,
        num_attention_heads=6,
        intermediate_size=80,
        max_position_embeddings=40,
        initializer_range=0.3,
        id2label={0: "no", 1: "yes", 2: "perhaps"},
        label2id={"no": 0, "yes": 1, "perhaps": 2},
    )
    model = BertForSequenceClassification(config)
    model.save_pretrained(directory + "/whole")
    model.bert.save_pretrained(directory + "/base")
    return digests(model)


def shards(directory, other, size):
    loaded = AutoModelForSequenceClassification.from_pretrained(directory)
    # Of a model that was loaded, transformers splits the tensors in the order of their names, and not of the state dict.
    model = BertForSequenceClassification(loaded.config)
    model.load_state_dict(loaded.state_dict())
    model.save_pretrained(other, max_shard_size=size)
    return {}


def head(directory, seed, labels):
    torch.manual_seed(int(seed))
    model = AutoModelForSequenceClassification.from_pretrained(directory, num_labels=int(labels))
    return {**digests(model), "random": float(torch.rand(1))}


def other_head(directory, seed, labels):
    torch.manual_seed(int(seed))
    model, info = AutoModelForSequenceClassification.from_pretrained(
        directory, num_labels=int(labels), ignore_mismatched_sizes=True, output_loading_info=True
    )
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    mismatched = [
        f"{name} (expected F32{list(expected)}, found F32{list(found)})"
        for name, found, expected in sorted(info["mismatched_keys"])
    ]
    return {**digests(model), "random": float(torch.rand(1)), "mismatched": mismatched}


def rate_groups(model, rate, decay):
    """The rest, the classifier, then the layers from the last to the first and the embeddings."""
    top = model.config.num_hidden_layers

    def tier(name):
        if name.startswith("classifier."):
            return 1
        if name.startswith("bert.pooler."):
            return 0
        if name.startswith("bert.embeddings."):
            return 1 + top + 1
        return 1 + top - int(name.split(".")[3])

    groups = []
    for number in range(top + 3):
        of_tier = [(n, p) for n, p in model.named_parameters() if tier(n) == number]
        lr = 5e-3 if number == 1 else rate * decay ** max(number - 1, 0)
        exempt = [n.endswith("bias") or "LayerNorm" in n for n, _ in of_tier]
        groups.append({"params": [p for (_, p), e in zip(of_tier, exempt) if not e], "weight_decay": 0.1, "lr": lr})
        groups.append({"params": [p for (_, p), e in zip(of_tier, exempt) if e], "weight_decay": 0.0, "lr": lr})
    return groups


def transfer(kind, directory, output, resume, file):
    model = AutoModelForSequenceClassification.from_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    data = [
        {**tokenizer(text, truncation=True, max_length=32), "labels": i % 2} for i, text in enumerate(read(file))
    ]
    arguments = TrainingArguments(
        output_dir=output, max_steps=10, per_device_train_batch_size=4, learning_rate=1e-3, warmup_steps=2,
        weight_decay=0.1, logging_steps=1, save_steps=5, report_to="none", use_cpu=True, disable_tqdm=True,
        logging_nan_inf_filter=False,
    )
    optimizers = (None, None)
    if kind == "frozen":
        for name, parameter in model.named_parameters():
            if name.startswith(("bert.embeddings.", "bert.encoder.layer.0.")):
                parameter.requires_grad_(False)
    else:
        groups = rate_groups(model, 1e-3, 0.9)
        optimizers = (torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, fused=True), None)
    trainer = Trainer(
        model=model, args=arguments, train_dataset=data, data_collator=DataCollatorWithPadding(tokenizer),
        optimizers=optimizers,
    )
    with contextlib.redirect_stdout(sys.stderr):
        trainer.train(resume_from_checkpoint=resume or None)
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    return {
        **{key: [float(entry[key]) for entry in steps] for key in ("loss", "grad_norm", "learning_rate")},
        "rates": [group["lr"] for group in trainer.optimizer.param_groups],
        "names": [n for n, p in model.named_parameters() if p.requires_grad],
    }


def load_state_dict(directory, file):
    model = BertForSequenceClassification(BertConfig.from_pretrained(directory))
    state = torch.load(file)
    try:
        model.load_state_dict(state)
        error = ""
    except RuntimeError as e:
        error = str(e)
    keys = model.load_state_dict(state, strict=False)
    return {**digests(model), "missing": keys.missing_keys, "unexpected": keys.unexpected_keys, "error": error}


def tensors(directory):
    return digests(AutoModelForSequenceClassification.from_pretrained(directory))


def digests(model):
    return {
        "tensors": [
            {
                "name": name,
                "dtype": str(parameter.dtype),
                "shape": list(parameter.shape),
                "sha256": hashlib.sha256(parameter.detach().contiguous().numpy().tobytes()).hexdigest(),
            }
            for name, parameter in model.named_parameters()
        ]
    }


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
