"""Makes averages.safetensors and averages.*.pt with PyTorch's AveragedModel.

    OMP_NUM_THREADS=1 python golden/torch/averages.py

Weights of a small network at each of six steps, and the averages after each: ema of a decay of 0.9, swa
of equal shares. averages.ema.pt and averages.swa.pt are AveragedModel.state_dict() after the last.
"""

import os

import torch
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
torch.manual_seed(5)
model = torch.nn.Module()
model.hidden = torch.nn.Linear(4, 8)
model.bn = torch.nn.BatchNorm1d(8)
model.output = torch.nn.Linear(8, 2)
averages = {"ema": AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9)), "swa": AveragedModel(model)}
tensors = {}
for step in range(6):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter))
        model.bn.running_mean.add_(1)
        model.bn.num_batches_tracked.add_(1)
    for name, tensor in model.state_dict().items():
        tensors[f"{step}.model.{name}"] = tensor.clone()
    for kind, average in averages.items():
        average.update_parameters(model)
        for name, tensor in average.state_dict().items():
            tensors[f"{step}.{kind}.{name}"] = tensor.clone()
save_file(tensors, os.path.join(HERE, "averages.safetensors"))
for kind, average in averages.items():
    torch.save(average.state_dict(), os.path.join(HERE, f"averages.{kind}.pt"))
