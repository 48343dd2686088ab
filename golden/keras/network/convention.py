"""The weights of a Keras model under PyTorch's names and in PyTorch's shapes."""

import numpy as np


def of(model, prefix=""):
    """The tensors of a model by name, in the order of its layers."""
    tensors = {}
    for layer in model.layers:
        path = prefix + layer.name
        if hasattr(layer, "layers") and not isinstance(layer, _wrappers()):
            tensors.update(of(layer, path + "."))
        else:
            for name, value in _tensors(layer).items():
                tensors[f"{path}.{name}"] = np.array(value, order="C")
    return tensors


def moments(model, variables):
    """Variables of an optimizer, one for each trained weight, named and shaped as the weights are."""
    before = [variable.numpy() for variable in model.trainable_variables]
    for weight, variable in zip(model.trainable_variables, variables, strict=True):
        weight.assign(variable.numpy())
    found = of(model)
    for weight, value in zip(model.trainable_variables, before):
        weight.assign(value)
    trained = {layer for layer in found if not layer.split(".")[-1].startswith(("running", "num_"))}
    return {name: found[name] for name in found if name in trained}


def _wrappers():
    import keras

    return (keras.layers.Bidirectional, keras.layers.TimeDistributed)


def _tensors(layer):
    import keras

    kind = type(layer).__name__
    if isinstance(layer, keras.layers.Bidirectional):
        forward = _tensors(layer.forward_layer)
        backward = _tensors(layer.backward_layer)
        return {**forward, **{f"{name}_reverse": value for name, value in backward.items()}}
    if isinstance(layer, keras.layers.TimeDistributed):
        return _tensors(layer.layer)
    own = {variable.name: variable.numpy() for variable in layer.weights}
    own.pop("seed_generator_state", None)
    if not own:
        return {}
    match kind:
        case "Normalization":
            return {"mean": own["mean"], "variance": own["variance"], "count": own["count"]}
        case "Dense" | "EinsumDense":
            return _with_bias(own["kernel"].T, own)
        case "Conv1D" | "Conv2D" | "Conv3D":
            return _with_bias(_channels_first(own["kernel"]), own)
        case "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose":
            return _with_bias(_channels_first(own["kernel"]), own)
        case "DepthwiseConv1D" | "DepthwiseConv2D":
            return _with_bias(_depthwise(own["kernel"]), own)
        case "SeparableConv1D" | "SeparableConv2D":
            pointwise = _with_bias(_channels_first(own["pointwise_kernel"]), own)
            return {
                "depthwise.weight": _depthwise(own["depthwise_kernel"]),
                **{f"pointwise.{name}": value for name, value in pointwise.items()},
            }
        case "BatchNormalization":
            return {
                **_named(own, weight="gamma", bias="beta"),
                "running_mean": own["moving_mean"],
                "running_var": own["moving_variance"],
                "num_batches_tracked": np.zeros((), np.int64),
            }
        case "LayerNormalization" | "GroupNormalization":
            return _named(own, weight="gamma", bias="beta")
        case "RMSNormalization":
            return _named(own, weight="scale")
        case "Embedding":
            return {"weight": own["embeddings"]}
        case "PReLU":
            slopes = own["alpha"]
            several = sum(size > 1 for size in slopes.shape) > 1
            return {"weight": slopes if several else slopes.reshape(-1)}
        case "LSTM" | "GRU" | "SimpleRNN":
            return _recurrent(kind, own)
        case "MultiHeadAttention":
            return _attention(layer)
    raise ValueError(f"no convention for {kind}")


def _named(own, **names):
    return {ours: own[keras] for ours, keras in names.items() if keras in own}


def _with_bias(weight, own):
    return {"weight": weight, **_named(own, bias="bias")}


def _channels_first(kernel):
    return kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


def _depthwise(kernel):
    moved = kernel.transpose(kernel.ndim - 2, kernel.ndim - 1, *range(kernel.ndim - 2))
    return moved.reshape(-1, 1, *moved.shape[2:])


def _recurrent(kind, own):
    def gates(array):
        if kind != "GRU":
            return array.T
        update, reset, new = np.split(array, 3, axis=-1)
        return np.concatenate([reset, update, new], axis=-1).T

    tensors = {
        "weight_ih_l0": gates(own["kernel"]),
        "weight_hh_l0": gates(own["recurrent_kernel"]),
    }
    if "bias" in own:
        if kind == "GRU":
            tensors["bias_ih_l0"] = gates(own["bias"][0])
            tensors["bias_hh_l0"] = gates(own["bias"][1])
        else:
            tensors["bias_ih_l0"] = own["bias"]
            tensors["bias_hh_l0"] = np.zeros_like(own["bias"])
    return tensors


def _attention(layer):
    tensors = {}
    parts = {
        "query": layer.query_dense,
        "key": layer.key_dense,
        "value": layer.value_dense,
        "output": layer.output_dense,
    }
    for name, part in parts.items():
        kernel = part.kernel.numpy()
        if name == "output":
            weight = kernel.reshape(-1, kernel.shape[-1]).T
        else:
            weight = kernel.reshape(kernel.shape[0], -1).T
        tensors[f"{name}.weight"] = weight
        if part.bias is not None:
            tensors[f"{name}.bias"] = part.bias.numpy().reshape(-1)
    return tensors
