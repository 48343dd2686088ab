import contextlib
import hashlib
import json
import sys

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    T5Config,
    T5ForConditionalGeneration,
    Trainer,
    TrainingArguments,
)
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
torch.set_num_threads(1)

MODELS = {"gpt2": GPT2LMHeadModel, "bert-mlm": BertForMaskedLM, "t5": T5ForConditionalGeneration}


def collate(examples):
    """As LanguageModelRun.collate."""
    length = 9
    there = torch.tensor([[i < 3 + example % 6 for i in range(length)] for example in examples])
    ids = torch.tensor([[1 + (example + i) % 29 for i in range(length)] for example in examples])
    return {
        "input_ids": ids * there,
        "attention_mask": there.long(),
        "labels": ids.masked_fill(~there, -100),
    }


def described(model):
    model.eval()
    with torch.no_grad():
        output = model(**collate([0, 5, 10]))
    return {
        "sha256": {
            name: hashlib.sha256(parameter.detach().contiguous().numpy().tobytes()).hexdigest()
            for name, parameter in model.named_parameters()
        },
        "logits": output.logits.flatten().tolist(),
        "loss": float(output.loss),
    }


def opened(kind, directory):
    return described(MODELS[kind].from_pretrained(directory))


def new(kind, directory, seed):
    torch.manual_seed(int(seed))
    if kind == "gpt2":
        model = GPT2LMHeadModel(GPT2Config(vocab_size=30, n_positions=20, n_embd=24, n_layer=3, n_head=3))
    elif kind == "t5":
        model = T5ForConditionalGeneration(
            T5Config(vocab_size=30, d_model=20, d_kv=4, d_ff=28, num_layers=2, num_decoder_layers=3, num_heads=3,
                     feed_forward_proj="gated-gelu", decoder_start_token_id=0)
        )
    else:
        model = BertForMaskedLM(
            BertConfig(vocab_size=30, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=28,
                       max_position_embeddings=20)
        )
        model.bert.save_pretrained(directory + "/base")
    random = float(torch.rand(1))
    model.save_pretrained(directory + "/new", max_shard_size="10KB")
    return {**described(model), "random": random}


def head(directory, seed):
    torch.manual_seed(int(seed))
    model = BertForMaskedLM.from_pretrained(directory)
    random = float(torch.rand(1))
    return {**described(model), "random": random}


def run(kind, directory, output, resume, accumulated):
    arguments = TrainingArguments(
        output_dir=output, max_steps=8, per_device_train_batch_size=4, learning_rate=0.01, weight_decay=0.1,
        logging_steps=1, save_steps=4, report_to="none", use_cpu=True, disable_tqdm=True,
        logging_nan_inf_filter=False, gradient_accumulation_steps=int(accumulated), eval_strategy="steps", eval_steps=4,
    )
    trainer = Trainer(
        model=MODELS[kind].from_pretrained(directory), args=arguments, train_dataset=list(range(18)),
        eval_dataset=list(range(20, 27)), data_collator=collate,
    )
    if kind != "gpt2" and arguments.gradient_accumulation_steps > 1:
        # Left to itself this Trainer adds up the losses of batches, for these models ignore the number of labels that
        # it gives them.
        trainer.model_accepts_loss_kwargs = False
    with contextlib.redirect_stdout(sys.stderr):
        trainer.train(resume_from_checkpoint=resume or None)
    log = trainer.state.log_history
    return {
        **{key: [entry[key] for entry in log if "loss" in entry] for key in ("loss", "grad_norm", "learning_rate")},
        "eval_loss": [entry["eval_loss"] for entry in log if "eval_loss" in entry],
    }


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
