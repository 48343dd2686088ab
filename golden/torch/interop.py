"""The Python side of the torch module's interop tests.

    python interop.py train KIND FOLDER DONE STEPS   goes on with (or, if DONE is 0, begins) a run
    python interop.py restore FOLDER                 loads rng_state.pth as Trainer does, and draws
    python interop.py seed SEED                      draws after transformers.set_seed
    python interop.py save FOLDER                    writes rng_state.pth as Trainer does
    python interop.py tied FILE OTHER                loads a module whose input and output layers are one, doubles and saves it
    python interop.py orders EXAMPLES BATCH SEED EPOCHS FIRST   batches of accelerate's loader from FIRST on
"""

import os
import random
import sys
from types import SimpleNamespace

import numpy
import torch

torch.set_num_threads(1)


def gradient(shape, step):
    count = torch.Size(shape).numel()
    i = torch.arange(count, dtype=torch.int64)
    return (((i * 37 + step * 101) % 211 - 105).to(torch.float32) / 64).reshape(shape)


def train(kind, folder, done, steps):
    from transformers.optimization import get_scheduler

    shapes = {"weight": (40, 30), "embedding": (17, 3), "bias": (30,)}
    parameters = {name: torch.nn.Parameter(torch.ones(shape)) for name, shape in shapes.items()}
    groups = [
        {"params": [parameters["weight"], parameters["embedding"]], "weight_decay": 0.1},
        {"params": [parameters["bias"]], "weight_decay": 0.0},
    ]
    if kind == "sgd":
        optimizer = torch.optim.SGD(groups, lr=1e-2, momentum=0.9)
    else:
        optimizer = torch.optim.AdamW(groups, lr=1e-2, amsgrad=kind == "amsgrad", fused=True)
    scheduler = get_scheduler("linear", optimizer, num_warmup_steps=2, num_training_steps=20)
    file = lambda name: os.path.join(folder, name)
    if done > 0:
        for name, tensor in torch.load(file("model.pt"), weights_only=True).items():
            parameters[name].data.copy_(tensor)
        optimizer.load_state_dict(torch.load(file("optimizer.pt"), weights_only=True))
        scheduler.load_state_dict(torch.load(file("scheduler.pt"), weights_only=True))
    for step in range(done, done + steps):
        optimizer.zero_grad()
        for name, parameter in parameters.items():
            parameter.grad = gradient(shapes[name], step)
        optimizer.step()
        scheduler.step()
    torch.save({name: p.detach() for name, p in parameters.items()}, file("model.pt"))
    torch.save(optimizer.state_dict(), file("optimizer.pt"))
    torch.save(scheduler.state_dict(), file("scheduler.pt"))


def draw():
    print("python", random.random(), random.gauss(0, 1))
    print("numpy", numpy.random.rand(), numpy.random.randn())
    print("torch", torch.rand(3).tolist(), torch.randn(20).tolist())


def trainer():
    from transformers.training_args import ParallelMode

    return SimpleNamespace(
        args=SimpleNamespace(world_size=1, parallel_mode=ParallelMode.NOT_PARALLEL, process_index=0, local_rank=0)
    )


def orders(examples, batch, seed, epochs, first):
    from accelerate import skip_first_batches
    from accelerate.data_loader import prepare_data_loader
    from torch.utils.data import DataLoader
    from transformers import set_seed

    set_seed(seed)
    loader = prepare_data_loader(
        DataLoader(list(range(examples)), batch_size=batch, shuffle=True, collate_fn=list), use_seedable_sampler=True
    )
    for epoch in range(epochs):
        rest = skip_first_batches(loader, first)
        rest.set_epoch(epoch)
        for indices in rest:
            print(indices)


def tied(source, target):
    from safetensors.torch import load_model, save_model

    model = torch.nn.Module()
    model.input, model.body = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    model.output = model.input
    load_model(model, source, strict=True)
    for parameter in model.parameters():
        parameter.data.mul_(2)
    save_model(model, target, {"format": "pt"})


command, *arguments = sys.argv[1:]
if command == "train":
    train(arguments[0], arguments[1], int(arguments[2]), int(arguments[3]))
elif command == "restore":
    from transformers import Trainer

    Trainer._load_rng_state(trainer(), arguments[0])
    draw()
elif command == "seed":
    from transformers import set_seed

    set_seed(int(arguments[0]))
    draw()
elif command == "save":
    from transformers import Trainer, set_seed

    set_seed(99)
    random.gauss(0, 1), numpy.random.randn(), torch.randn(3)
    Trainer._save_rng_state(trainer(), arguments[0])
elif command == "tied":
    tied(*arguments)
elif command == "orders":
    orders(*map(int, arguments))
else:
    sys.exit("unknown command " + command)
