"""Makes the golden files of this directory with PyTorch, transformers and accelerate.

    OMP_NUM_THREADS=1 python golden/torch/make.py

Writes, beside itself:
  optimizers.json     settings, gradients' seeds and SHA-256 of every tensor after each step
  optimizers.safetensors   parameters at the start, the gradients of each step, and what is after the last
  <case>.optimizer.pt      optimizer.state_dict() after half of the steps
  clipping.json       gradient norms and the clipped gradients
  schedules.json      multipliers of each step, and learning rates through LambdaLR
  <schedule>.scheduler.pt  LambdaLR.state_dict()
  random.json         seeded states of random, numpy.random and torch, and draws after them
  rng_state.pth       what Trainer._save_rng_state writes
  orders.json         orders of accelerate's SeedableRandomSampler, and torch's draws at an epoch's start
  decay.json          names that Trainer.get_decay_parameter_names gives for small BERT and GPT-2 models
"""

import hashlib
import json
import math
import os
import random

import numpy
import torch
from accelerate.data_loader import prepare_data_loader
from safetensors.torch import save_file
from torch.utils.data import DataLoader
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    Trainer,
    get_scheduler,
    set_seed,
)

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 6
SHAPES = {"weight": (5, 7), "bias": (7,), "scale": (), "long": (1037,), "unused": (3,)}
torch.set_num_threads(1)

# With other vector instructions the last bits may differ.
CAPABILITY = torch.backends.cpu.get_cpu_capability()


def path(name):
    return os.path.join(HERE, name)


def write_json(name, value):
    with open(path(name), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def sha256(tensor):
    return hashlib.sha256(tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes()).hexdigest()


def parameters_at_start():
    generator = torch.Generator().manual_seed(7)
    return {name: torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}


def gradients_of(step):
    """Of widely different sizes; 'unused' never has one, 'bias' has none at step 2."""
    generator = torch.Generator().manual_seed(100 + step)
    gradients = {}
    for name, shape in SHAPES.items():
        gradient = torch.randn(shape, generator=generator) * torch.exp(3 * torch.randn(shape, generator=generator))
        if name != "unused" and not (name == "bias" and step == 2):
            gradients[name] = gradient
    return gradients


OPTIMIZERS = {
    "adamw_fused": ("AdamW", dict(lr=3e-3, weight_decay=0.01, fused=True)),
    "adamw_fused_amsgrad": ("AdamW", dict(lr=3e-3, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1, amsgrad=True, fused=True)),
    "adamw_fused_maximize": ("AdamW", dict(lr=1e-4, weight_decay=0.0, maximize=True, fused=True)),
    "adamw": ("AdamW", dict(lr=3e-3, weight_decay=0.01)),
    "adamw_amsgrad": ("AdamW", dict(lr=3e-3, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1, amsgrad=True)),
    "adamw_maximize": ("AdamW", dict(lr=1e-4, weight_decay=0.0, maximize=True)),
    "sgd": ("SGD", dict(lr=0.1)),
    "sgd_decay": ("SGD", dict(lr=0.1, weight_decay=0.01, maximize=True)),
    "sgd_momentum": ("SGD", dict(lr=0.05, momentum=0.9)),
    "sgd_dampening": ("SGD", dict(lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01)),
    "sgd_nesterov": ("SGD", dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
}


def optimizers():
    tensors = {"start." + name: tensor for name, tensor in parameters_at_start().items()}
    for step in range(STEPS):
        for name, gradient in gradients_of(step).items():
            tensors[f"gradient.{step}.{name}"] = gradient
    cases = {}
    for case, (kind, options) in OPTIMIZERS.items():
        parameters = {name: torch.nn.Parameter(tensor) for name, tensor in parameters_at_start().items()}
        decayed = [parameters[name] for name in ("weight", "long", "unused")]
        exempt = [parameters[name] for name in ("bias", "scale")]
        groups = [dict(params=decayed, weight_decay=options.get("weight_decay", 0)), dict(params=exempt, weight_decay=0.0)]
        optimizer = getattr(torch.optim, kind)(groups, **options)
        names = ["weight", "long", "unused", "bias", "scale"]
        trajectory = []
        for step in range(STEPS):
            for group in optimizer.param_groups:
                group["lr"] = options["lr"] / (1 + step)
            optimizer.zero_grad()
            for name, gradient in gradients_of(step).items():
                parameters[name].grad = gradient.clone()
            optimizer.step()
            state = optimizer.state_dict()["state"]
            trajectory.append(
                {
                    "parameters": {name: sha256(parameter) for name, parameter in parameters.items()},
                    "state": {names[i]: {key: sha256(value) for key, value in entry.items()} for i, entry in state.items()},
                }
            )
            if step == STEPS // 2 - 1:
                torch.save(optimizer.state_dict(), path(case + ".optimizer.pt"))
                for name, parameter in parameters.items():
                    tensors[f"{case}.half.{name}"] = parameter.detach().clone()
        for name, parameter in parameters.items():
            tensors[f"{case}.end.{name}"] = parameter.detach().clone()
        cases[case] = dict(kind=kind, options=options, trajectory=trajectory)
    write_json("optimizers.json", dict(cpu_capability=CAPABILITY, mkl=torch.backends.mkl.is_available(), steps=STEPS, groups=[["weight", "long", "unused"], ["bias", "scale"]], cases=cases))
    save_file(tensors, path("optimizers.safetensors"))


def clipping():
    cases = []
    for step, limit in ((0, 1.0), (1, 0.37), (3, 1e9)):
        parameters = {name: torch.nn.Parameter(tensor) for name, tensor in parameters_at_start().items()}
        for name, gradient in gradients_of(step).items():
            parameters[name].grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), limit).item()
        cases.append(
            dict(
                step=step,
                limit=limit,
                norm=norm,
                gradients={name: sha256(p.grad) for name, p in parameters.items() if p.grad is not None},
            )
        )
    write_json("clipping.json", dict(cpu_capability=CAPABILITY, cases=cases))


SCHEDULES = {
    "linear": (3, 20),
    "cosine": (5, 33),
    "constant": (0, 10),
    "constant_with_warmup": (7, 12),
    "linear_without_warmup": (0, 9),
    "cosine_all_warmup": (4, 4),
    "cosine_with_restarts": (2, 15),
    "polynomial": (3, 14),
    "inverse_sqrt": (4, 25),
    "inverse_sqrt_without_warmup": (0, 12),
}


def schedules():
    cases = {}
    for case, (warmup, total) in SCHEDULES.items():
        kind = case.split("_without")[0].split("_all")[0]
        rates = [5e-5, 0.3]
        optimizer = torch.optim.SGD([dict(params=[torch.nn.Parameter(torch.zeros(1))], lr=lr) for lr in rates], lr=1.0)
        scheduler = get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=total)
        multipliers = [float(scheduler.lr_lambdas[0](step)) for step in range(total + 5)]
        learning_rates = [scheduler.get_last_lr()]
        for step in range(total + 4):
            optimizer.step()
            scheduler.step()
            learning_rates.append(scheduler.get_last_lr())
            if step == 2:
                torch.save(scheduler.state_dict(), path(case + ".scheduler.pt"))
        cases[case] = dict(
            kind=kind, warmup=warmup, total=total, base=rates, multipliers=multipliers, learning_rates=learning_rates
        )
    write_json("schedules.json", cases)


def randoms():
    cases = []
    for seed in (0, 1, 42, 2**31, 2**32 - 1):
        set_seed(seed)
        python, numpy_state = random.getstate(), numpy.random.get_state()
        cases.append(
            dict(
                seed=seed,
                python=list(python[1]),
                numpy=[int(word) for word in numpy_state[1]],
                cpu=sha256(torch.get_rng_state()),
                rand=[float(x) for x in torch.rand(20)],
                bernoulli=[int(x) for x in torch.bernoulli(torch.full((40,), 0.3))],
            )
        )
    write_json("random.json", cases)
    set_seed(1234)
    torch.randn(7), random.random(), numpy.random.randn()
    torch.save(
        {"python": random.getstate(), "numpy": numpy.random.get_state(), "cpu": torch.random.get_rng_state()},
        path("rng_state.pth"),
    )
    write_json(
        "rng_state.json",
        dict(
            python=random.random(),
            numpy=[float(x) for x in numpy.random.randn(2)],
            cpu=[float(x) for x in torch.rand(5)],
        ),
    )


def orders():
    cases = []
    for examples, batch, seed in ((11, 3, 42), (64, 8, 0), (5, 10, 7), (1000, 7, 2**32 - 1)):
        set_seed(seed)
        loader = prepare_data_loader(
            DataLoader(list(range(examples)), batch_size=batch, shuffle=True, collate_fn=list), use_seedable_sampler=True
        )
        epochs = []
        for epoch in range(3):
            loader.set_epoch(epoch)
            iterator = iter(loader)
            first = next(iterator)
            draw = float(torch.rand(1))
            epochs.append(dict(batches=[first] + list(iterator), draw=draw))
        cases.append(dict(examples=examples, batch=batch, seed=seed, epochs=epochs))
    write_json("orders.json", cases)


def decay():
    bert = BertForSequenceClassification(
        BertConfig(
            vocab_size=30,
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=8,
        )
    )
    gpt2 = GPT2LMHeadModel(GPT2Config(vocab_size=30, n_positions=8, n_embd=8, n_layer=1, n_head=2))
    found = {}
    for name, model in (("bert", bert), ("gpt2", gpt2)):
        decayed = Trainer.get_decay_parameter_names(None, model)
        found[name] = dict(
            parameters=[n for n, _ in model.named_parameters()],
            layer_norms=[n for n, m in model.named_modules() if isinstance(m, torch.nn.LayerNorm)],
            decayed=[n for n, _ in model.named_parameters() if n in decayed],
        )
    write_json("decay.json", found)


optimizers()
clipping()
schedules()
randoms()
orders()
decay()
