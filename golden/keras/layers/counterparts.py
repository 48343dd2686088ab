"""PyTorch's counterparts of Keras's layers: the tensors of their weights, and a module of torch.nn.

Each function takes a layer and arrays in the order of layer.weights (or what an optimizer keeps for them), and
returns the tensors by name, the module they are the state_dict of, and how it is run on the layer's input.
"""

import keras
import numpy as np
import torch
from keras import layers as L
from torch import nn


def take(arrays, names):
    return dict(zip(names, arrays, strict=True))


def biased(layer, names, bias="bias"):
    return names + ([bias] if layer.use_bias else [])


def matrix(kernel):
    return kernel.reshape(kernel.shape[0], -1).T


def channels_first(kernel):
    spatial = tuple(range(kernel.ndim - 2))
    return kernel.transpose((kernel.ndim - 1, kernel.ndim - 2) + spatial)


def per_channel(kernel):
    spatial = kernel.shape[:-2]
    flat = kernel.reshape(spatial + (-1,))
    return np.moveaxis(flat, -1, 0)[:, None]


def linear(layer, arrays):
    tensors = take(arrays, ["weight"] + (["bias"] if len(arrays) == 2 else []))
    tensors["weight"] = matrix(tensors["weight"])
    out, inner = tensors["weight"].shape
    module = nn.Linear(inner, out, bias="bias" in tensors)
    return tensors, module, module


def activated(layer, run):
    name = keras.activations.serialize(layer.activation)
    functions = {"linear": lambda x: x, "relu": torch.relu, "tanh": torch.tanh, "softmax": lambda x: torch.softmax(x, -1),
                 "sigmoid": torch.sigmoid}
    return lambda x: functions[name](run(x))


def to_channels_first(x):
    return torch.movedim(x, -1, 1)


def to_channels_last(x):
    return torch.movedim(x, 1, -1)


def around(layer, module):
    """The module on what is channels last, unless the layer is channels first."""
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        return module
    return lambda x: to_channels_last(module(to_channels_first(x)))


def rank(layer):
    return int(type(layer).__name__.replace("Transpose", "")[-2])


def convolution(layer, arrays):
    tensors = take(arrays, biased(layer, ["weight"]))
    tensors["weight"] = channels_first(tensors["weight"])
    kind = getattr(nn, f"Conv{rank(layer)}d")
    out, inner = tensors["weight"].shape[:2]
    module = kind(inner * layer.groups, out, layer.kernel_size, layer.strides, padding="valid", dilation=layer.dilation_rate,
                  groups=layer.groups, bias=layer.use_bias)
    return tensors, module, around(layer, module)


def transposed(layer, arrays):
    tensors = take(arrays, biased(layer, ["weight"]))
    tensors["weight"] = channels_first(tensors["weight"])
    kind = getattr(nn, f"ConvTranspose{rank(layer)}d")
    inner, out = tensors["weight"].shape[:2]
    module = kind(inner, out, layer.kernel_size, layer.strides, bias=layer.use_bias)
    return tensors, module, around(layer, module)


def depthwise(layer, arrays):
    tensors = take(arrays, biased(layer, ["weight"]))
    tensors["weight"] = per_channel(tensors["weight"])
    kind = getattr(nn, f"Conv{rank(layer)}d")
    out = tensors["weight"].shape[0]
    inner = out // layer.depth_multiplier
    module = kind(inner, out, layer.kernel_size, layer.strides, groups=inner, bias=layer.use_bias)
    return tensors, module, around(layer, module)


def separable(layer, arrays):
    tensors = take(arrays, biased(layer, ["depthwise.weight", "pointwise.weight"], "pointwise.bias"))
    tensors["depthwise.weight"] = per_channel(tensors["depthwise.weight"])
    tensors["pointwise.weight"] = channels_first(tensors["pointwise.weight"])
    kind = getattr(nn, f"Conv{rank(layer)}d")
    middle = tensors["depthwise.weight"].shape[0]
    inner = middle // layer.depth_multiplier
    module = nn.Sequential()
    module.add_module("depthwise", kind(inner, middle, layer.kernel_size, layer.strides, groups=inner, bias=False))
    module.add_module("pointwise", kind(middle, layer.filters, 1, bias=layer.use_bias))
    return tensors, module, around(layer, module)


def scale_and_center(layer):
    return (["weight"] if layer.scale else []) + (["bias"] if layer.center else [])


def batch_normalization(layer, arrays):
    names = scale_and_center(layer)
    if len(arrays) == len(names):  # moments: only of what is trained
        return take(arrays, names), None, None
    tensors = take(arrays, names + ["running_mean", "running_var"])
    tensors["num_batches_tracked"] = np.zeros((), np.int64)
    size = len(tensors["running_mean"])

    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            if layer.scale:
                self.weight = nn.Parameter(torch.ones(size))
            if layer.center:
                self.bias = nn.Parameter(torch.zeros(size))
            self.register_buffer("running_mean", torch.zeros(size))
            self.register_buffer("running_var", torch.zeros(size))
            self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))

        def forward(self, x):
            return nn.functional.batch_norm(x, self.running_mean, self.running_var, getattr(self, "weight", None),
                                            getattr(self, "bias", None), False, 0.0, layer.epsilon)

    dimensions = len(layer.input.shape) if layer._inbound_nodes else 2  # within a wrapper it has no nodes
    kind = getattr(nn, f"BatchNorm{max(1, dimensions - 2)}d")
    module = Module() if len(names) < 2 else kind(size, layer.epsilon).eval()
    return tensors, module, around(layer, module)


def layer_normalization(layer, arrays):
    tensors = take(arrays, scale_and_center(layer))
    shape = (arrays or [np.zeros(layer.input.shape[-1])])[0].shape
    if set(tensors) == {"weight", "bias"}:
        module = nn.LayerNorm(shape, layer.epsilon)
        return tensors, module, module
    module = nn.ParameterDict({name: nn.Parameter(torch.zeros(shape)) for name in tensors})
    return tensors, module, lambda x: nn.functional.layer_norm(
        x, shape, module["weight"] if layer.scale else None, module["bias"] if layer.center else None, layer.epsilon)


def group_normalization(layer, arrays):
    tensors = take(arrays, scale_and_center(layer))
    module = nn.GroupNorm(layer.groups, len(arrays[0]), layer.epsilon)
    return tensors, module, around(layer, module)


def rms_normalization(layer, arrays):
    module = nn.RMSNorm(arrays[0].shape, layer.epsilon)
    return take(arrays, ["weight"]), module, module


def embedding(layer, arrays):
    module = nn.Embedding(*arrays[0].shape)
    return take(arrays, ["weight"]), module, lambda x: module(x.long())


def prelu(layer, arrays):
    alpha = arrays[0]
    if sum(size > 1 for size in alpha.shape) <= 1 and layer.shared_axes or alpha.ndim == 1:
        alpha = alpha.reshape(-1)
        module = nn.PReLU(len(alpha))
        first = layer.shared_axes and 1 not in layer.shared_axes  # the channel's dimension is not the last
        plain = alpha.size == 1 or first or len(layer.input.shape) == 2
        return {"weight": alpha}, module, module if plain else around(layer, module)
    module = nn.ParameterDict({"weight": nn.Parameter(torch.zeros(alpha.shape))})
    return {"weight": alpha}, module, lambda x: torch.where(x > 0, x, module["weight"] * x)


def recurrent_arrays(layer, arrays, suffix, moments):
    kernel, recurrent = (array.T for array in arrays[:2])
    kind = type(layer).__name__
    if kind == "GRU":
        z, r, n = np.split(kernel, 3)
        kernel = np.concatenate([r, z, n])
        z, r, n = np.split(recurrent, 3)
        recurrent = np.concatenate([r, z, n])
    tensors = {"weight_ih_l0": kernel, "weight_hh_l0": recurrent}
    if layer.use_bias:
        if kind == "GRU":
            rows = []
            for row in arrays[2]:
                z, r, n = np.split(row, 3)
                rows.append(np.concatenate([r, z, n]))
            tensors["bias_ih_l0"], tensors["bias_hh_l0"] = rows
        else:
            tensors["bias_ih_l0"] = arrays[2]
            if not moments:
                tensors["bias_hh_l0"] = np.zeros_like(arrays[2])
    return {name + suffix: array for name, array in tensors.items()}


def recurrent(layer, arrays, moments=False):
    tensors = recurrent_arrays(layer, arrays, "", moments)
    kind = {"LSTM": nn.LSTM, "GRU": nn.GRU, "SimpleRNN": nn.RNN}[type(layer).__name__]
    module = kind(arrays[0].shape[0], layer.units, batch_first=True, bias=layer.use_bias)
    return tensors, module, lambda x: module(x)[0] if layer.return_sequences else module(x)[0][:, -1]


def bidirectional(layer, arrays, moments=False):
    half = len(arrays) // 2
    tensors = recurrent_arrays(layer.forward_layer, arrays[:half], "", moments)
    tensors |= recurrent_arrays(layer.backward_layer, arrays[half:], "_reverse", moments)
    forward = layer.forward_layer
    kind = {"LSTM": nn.LSTM, "GRU": nn.GRU, "SimpleRNN": nn.RNN}[type(forward).__name__]
    module = kind(arrays[0].shape[0], forward.units, batch_first=True, bidirectional=True, bias=forward.use_bias)

    def run(x):
        out = module(x)[0]
        if layer.return_sequences:
            return out
        return torch.cat([out[:, -1, :forward.units], out[:, 0, forward.units:]], -1)

    return tensors, module, run


def attention(layer, arrays):
    names = [f"{part}.{name}" for part in ("query", "key", "value", "output")
             for name in (["weight", "bias"] if layer.use_bias else ["weight"])]
    tensors = take(arrays, names)
    for part in ("query", "key", "value"):
        tensors[f"{part}.weight"] = matrix(tensors[f"{part}.weight"])
        if layer.use_bias:
            tensors[f"{part}.bias"] = tensors[f"{part}.bias"].reshape(-1)
    out = tensors["output.weight"]
    tensors["output.weight"] = out.reshape(-1, out.shape[-1]).T

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            for part in ("query", "key", "value", "output"):
                rows, columns = tensors[f"{part}.weight"].shape
                setattr(self, part, nn.Linear(columns, rows, bias=layer.use_bias))

        def forward(self, *inputs):
            query, value = inputs[0], inputs[-1] if len(inputs) < 3 else inputs[1]
            key = inputs[2] if len(inputs) == 3 else value
            heads = [part(x).unflatten(-1, (layer.num_heads, -1)).transpose(1, 2)
                     for part, x in ((self.query, query), (self.key, key), (self.value, value))]
            mixed = nn.functional.scaled_dot_product_attention(*heads)
            return self.output(mixed.transpose(1, 2).flatten(2))

    module = Attention()
    return tensors, module, module


def feature_normalization(layer, arrays):
    tensors = take(arrays, ["mean", "variance", "count"] if arrays else [])
    module = nn.ParameterDict({name: nn.Parameter(torch.zeros(array.shape, dtype=torch.from_numpy(np.asarray(array)).dtype), False)
                               for name, array in tensors.items()})
    if not arrays:
        return {}, None, None
    return tensors, module, lambda x: (x - module["mean"]) / torch.sqrt(module["variance"])


COUNTERPARTS = {
    "Dense": linear, "EinsumDense": linear, "Embedding": embedding, "PReLU": prelu,
    "Conv1D": convolution, "Conv2D": convolution, "Conv3D": convolution,
    "Conv1DTranspose": transposed, "Conv2DTranspose": transposed, "Conv3DTranspose": transposed,
    "DepthwiseConv1D": depthwise, "DepthwiseConv2D": depthwise, "SeparableConv1D": separable, "SeparableConv2D": separable,
    "BatchNormalization": batch_normalization, "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization, "RMSNormalization": rms_normalization,
    "LSTM": recurrent, "GRU": recurrent, "SimpleRNN": recurrent, "Bidirectional": bidirectional,
    "MultiHeadAttention": attention, "Normalization": feature_normalization,
}
RECURRENT = (recurrent, bidirectional)


def leaves(model, prefix=""):
    """The layers that have tensors, by the path of their names."""
    for layer in model.layers:
        inner = layer
        if isinstance(layer, L.TimeDistributed):
            inner = layer.layer
        if isinstance(inner, keras.Model):
            yield from leaves(inner, prefix + layer.name + ".")
        elif type(inner).__name__ in COUNTERPARTS:
            yield prefix + layer.name, layer, inner


def tensors_of(model):
    tensors = {}
    for path, layer, inner in leaves(model):
        arrays = [np.asarray(weight) for weight in inner.weights]
        named, module, run = COUNTERPARTS[type(inner).__name__](inner, arrays)
        tensors |= {f"{path}.{name}": np.array(array, order="C") for name, array in named.items()}
    return tensors
