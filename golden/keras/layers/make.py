"""Makes the files of this folder with Keras and PyTorch: python make.py [FOLDER]

Each case is a small model, trained for three steps. CASE.json has its configuration (as a .keras file
has it, and as a legacy .h5 file), the order of its variables, of its legacy weights and of its
optimizer's. CASE.safetensors has, after a prefix,

  keras:PATH        each variable by its path in a .weights.h5 file
  legacy:LAYER:I    each weight of a legacy .h5 file
  optimizer:I       each variable of the optimizer
  torch:NAME        the state_dict in PyTorch's terms
  state:NAME:KEY    the optimizer's state in PyTorch's terms
  input:I, prediction   what the model is given, and gives

That the tensors are the right ones is proved here, with modules of torch.nn: each is loaded with them
(strictly), run on the input of Keras's layer, and gives its output within 1e-5. Optimizers of torch.optim,
with the state that is written, make the next step of Keras's within 1e-5.

keras 3.15.1, tensorflow-cpu 2.21.0, torch 2.10.0, h5py 3.14.0; one thread, no GPU.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ.update(OMP_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import h5py
import keras
import numpy as np
import torch
from counterparts import COUNTERPARTS, RECURRENT, activated, leaves, tensors_of
from keras import layers as L
from safetensors.numpy import save_file
from torch import nn

TOLERANCE = 1e-5
torch.set_num_threads(1)


def verify(model, data):
    """Runs each counterpart on what the layer is given, and compares what it gives."""
    checked = 0

    def visit(model, data):
        nonlocal checked
        for layer in model.layers:
            if isinstance(layer, L.InputLayer):
                continue
            node = layer._inbound_nodes[-1 if isinstance(model, keras.Sequential) else 0]
            given = keras.tree.flatten(node.input_tensors)
            graph = model._functional if isinstance(model, keras.Sequential) else model
            probe = keras.Model(graph.inputs, given + keras.tree.flatten(node.output_tensors))
            values = [np.asarray(value) for value in keras.tree.flatten(probe(data))]
            inputs, output = values[:len(given)], values[len(given)]
            if isinstance(layer, keras.Model):
                visit(layer, inputs if len(inputs) > 1 else inputs[0])
                continue
            inner = layer.layer if isinstance(layer, L.TimeDistributed) else layer
            kind = type(inner).__name__
            if kind not in COUNTERPARTS or isinstance(inner, keras.Model):
                continue
            named, module, run = COUNTERPARTS[kind](inner, [np.asarray(weight) for weight in inner.weights])
            if module is None:
                continue
            module.load_state_dict({name: torch.from_numpy(np.array(array, order="C")) for name, array in named.items()}, strict=True)
            if kind not in ("LSTM", "GRU", "SimpleRNN") and hasattr(inner, "activation") and kind != "PReLU":
                run = activated(inner, run)
            with torch.no_grad():
                x = [torch.from_numpy(value) for value in inputs]
                if inner is not layer and kind not in ("Dense",):
                    steps = [run(x[0][:, i]) for i in range(x[0].shape[1])]
                    ours = torch.stack(steps, 1).numpy()
                else:
                    ours = run(*x).numpy()
            difference = np.abs(ours - output).max()
            assert ours.shape == output.shape and difference < TOLERANCE, (layer.name, ours.shape, output.shape, difference)
            checked += 1

    visit(model, data)
    return checked


def optimizer_state(model):
    """The optimizer's state in PyTorch's terms."""
    optimizer = model.optimizer
    rate = float(np.asarray(optimizer.learning_rate))
    if isinstance(optimizer, keras.optimizers.SGD):
        kinds = {"momentum_buffer": getattr(optimizer, "momentums", None)} if optimizer.momentum else {}
    else:
        kinds = {"exp_avg": optimizer._momentums, "exp_avg_sq": optimizer._velocities}
        if optimizer.amsgrad:
            kinds["max_exp_avg_sq"] = optimizer._velocity_hats
    state = {}
    index = {id(variable): i for i, variable in enumerate(model.trainable_variables)}
    for path, layer, inner in leaves(model):
        trained = [variable for variable in inner.weights if id(variable) in index]
        if not trained:
            continue
        counterpart = COUNTERPARTS[type(inner).__name__]
        for kind, variables in kinds.items():
            arrays = [np.asarray(variables[index[id(variable)]]) for variable in trained]
            named = counterpart(inner, arrays, *([True] if counterpart in RECURRENT else []))[0]
            for name, array in named.items():
                if kind == "momentum_buffer":
                    array = (array.astype(np.float64) * (1 / -rate)).astype(np.float32)
                else:
                    state[f"{path}.{name}:step"] = np.array(np.asarray(optimizer.iterations), np.float32)
                state[f"{path}.{name}:{kind}"] = np.array(array, order="C")
    return state


def variables_by_path(model, folder):
    file = os.path.join(folder, "model.weights.h5")
    model.save_weights(file)
    found = {}

    def collect(name, node):
        if isinstance(node, h5py.Dataset) and not name.startswith("optimizer/"):
            found[name] = node[()]

    with h5py.File(file) as h5:
        h5.visititems(collect)
    return found


def legacy(model, folder):
    file = os.path.join(folder, "model.h5")
    model.save(file)
    with h5py.File(file) as h5:
        group = h5["model_weights"]
        weights = []
        for layer in group.attrs["layer_names"]:
            layer = layer.decode() if isinstance(layer, bytes) else layer
            names = [name.decode() if isinstance(name, bytes) else name for name in group[layer].attrs["weight_names"]]
            weights.append((layer, names, [group[layer][name][()] for name in names]))
        optimizer = [name.decode() if isinstance(name, bytes) else name for name in h5["optimizer_weights"].attrs["weight_names"]]
        return (json.loads(h5.attrs["model_config"]), json.loads(h5.attrs["training_config"]), weights, optimizer)


# --- The models ---

def vector(*layers, size=4):
    return lambda: keras.Sequential([keras.Input((size,)), *(layer() for layer in layers)])


def shaped(shape, *layers):
    return lambda: keras.Sequential([keras.Input(shape), *(layer() for layer in layers)])


def dense_frozen():
    return keras.Sequential([keras.Input((4,)), L.Dense(5, name="first", trainable=False), L.BatchNormalization(trainable=False, name="still"),
                             L.Dense(3, name="last")])


def functional():
    """Operations, a list of inputs, a layer called twice, dropout, layers of one class, a layer without weights."""
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = L.Dense(3, name="shared")
    a, b = shared(left), shared(right)
    x = L.Concatenate(name="both")([a, b, L.Dense(2)(left)])
    x = L.Dropout(0.25)(x)
    x = x * 0.5 + L.Dense(8, use_bias=False, name="wide.part")(x)
    return keras.Model([left, right], [L.Dense(2, name="head")(x)])


def nested():
    """Models within models: a functional one called twice, a sequential one in it, normalization before other layers."""
    inner = keras.Sequential([keras.Input((5,)), L.Dense(5, name="first"), L.BatchNormalization(), L.Dense(5, name="again")], name="inner")
    given = keras.Input((4,))
    middle = keras.Model(given, inner(L.Dense(5, name="dense")(given)), name="middle")
    outer = keras.Input((4,))
    x = L.Add()([middle(outer), middle(L.Dense(4, name="before")(outer))])
    return keras.Model(outer, L.Dense(2, name="head")(x))


def nested_frozen():
    model = nested()
    model.get_layer("middle").get_layer("inner").get_layer("first").trainable = False
    return model


def transformer():
    tokens = keras.Input((6,), dtype="int32")
    x = L.Embedding(11, 8, name="tokens")(tokens)
    attended = L.MultiHeadAttention(2, 3, dropout=0.1, name="attention")(x, x)
    x = L.LayerNormalization(name="norm_1")(x + attended)
    y = L.Dense(8, name="out")(L.Dense(16, activation="relu", name="in")(x))
    x = L.LayerNormalization(name="norm_2")(L.Add()([x, y]))
    return keras.Model(tokens, L.Dense(3, activation="softmax", name="head")(L.GlobalAveragePooling1D()(x)))


def cross_attention():
    one, two = keras.Input((5, 6)), keras.Input((4, 7))
    return keras.Model([one, two], L.MultiHeadAttention(3, 2, value_dim=5, output_shape=4, use_bias=False)(one, two))


def adapted():
    layer = L.Normalization(name="normalization")
    layer.adapt(np.random.default_rng(3).normal(3, 2, (64, 4)).astype(np.float32))
    return keras.Sequential([keras.Input((4,)), layer, L.Normalization(mean=1.0, variance=4.0, name="given"), L.Dense(2)])


IMAGE = (8, 9, 4)
CASES = {
    "dense": vector(lambda: L.Dense(5, activation="relu"), lambda: L.Dense(3, use_bias=False), lambda: L.Dense(2)),
    "einsum": shaped((6, 4), lambda: L.EinsumDense("abc,cd->abd", (6, 5), bias_axes="d"), lambda: L.EinsumDense("...x,xy->...y", 3)),
    "conv1d": shaped((12, 4), lambda: L.Conv1D(6, 3, groups=2), lambda: L.Conv1D(3, 2, strides=2, use_bias=False)),
    "conv2d": shaped(IMAGE, lambda: L.Conv2D(6, (3, 2), groups=2, activation="relu"), lambda: L.Conv2D(5, 3, dilation_rate=2, use_bias=False),
                     lambda: L.Flatten(), lambda: L.Dense(2)),
    "conv3d": shaped((5, 6, 7, 2), lambda: L.Conv3D(4, (2, 3, 1), strides=(1, 2, 1))),
    "conv1d_transpose": shaped((5, 4), lambda: L.Conv1DTranspose(3, 4, strides=2)),
    "conv2d_transpose": shaped((4, 5, 4), lambda: L.Conv2DTranspose(3, (3, 2), strides=2), lambda: L.Conv2DTranspose(2, 2, use_bias=False)),
    "conv3d_transpose": shaped((3, 3, 2, 4), lambda: L.Conv3DTranspose(3, (2, 3, 1))),
    "depthwise1d": shaped((9, 4), lambda: L.DepthwiseConv1D(3, depth_multiplier=2), lambda: L.DepthwiseConv1D(2, use_bias=False)),
    "depthwise2d": shaped(IMAGE, lambda: L.DepthwiseConv2D((3, 2), depth_multiplier=3), lambda: L.DepthwiseConv2D(2, use_bias=False)),
    "separable1d": shaped((9, 4), lambda: L.SeparableConv1D(5, 3, depth_multiplier=2), lambda: L.SeparableConv1D(3, 2, use_bias=False)),
    "separable2d": shaped(IMAGE, lambda: L.SeparableConv2D(5, (3, 2), depth_multiplier=2), lambda: L.SeparableConv2D(3, 2, use_bias=False)),
    "batch_normalization": shaped(IMAGE, lambda: L.Conv2D(5, 2), lambda: L.BatchNormalization(), lambda: L.BatchNormalization(scale=False),
                                  lambda: L.BatchNormalization(center=False), lambda: L.BatchNormalization(scale=False, center=False)),
    "layer_normalization": shaped((6, 4), lambda: L.LayerNormalization(), lambda: L.LayerNormalization(axis=[-2, -1], scale=False),
                                  lambda: L.LayerNormalization(center=False), lambda: L.LayerNormalization(scale=False, center=False),
                                  lambda: L.Dense(2)),
    "group_normalization": shaped((5, 5, 6), lambda: L.GroupNormalization(3), lambda: L.Dense(2)),
    "rms_normalization": shaped((6, 4), lambda: L.RMSNormalization(), lambda: L.UnitNormalization(), lambda: L.Dense(2)),
    "embedding": lambda: keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(10, 4)]),
    "prelu": shaped((6, 5, 4), lambda: L.PReLU(shared_axes=[1, 2], alpha_initializer="uniform"), lambda: L.PReLU(alpha_initializer="uniform"),
                    lambda: L.Flatten(), lambda: L.PReLU(alpha_initializer="uniform")),
    "prelu_shared": shaped((6, 5, 4), lambda: L.PReLU(shared_axes=[1, 2, 3], alpha_initializer="uniform"),
                           lambda: L.PReLU(shared_axes=[1], alpha_initializer="uniform"),
                           lambda: L.PReLU(shared_axes=[2, 3], alpha_initializer="uniform")),
    "lstm": shaped((6, 4), lambda: L.LSTM(5, return_sequences=True, dropout=0.1), lambda: L.LSTM(3, use_bias=False, return_sequences=True),
                   lambda: L.LSTM(2, unit_forget_bias=False)),
    "gru": shaped((6, 4), lambda: L.GRU(5, return_sequences=True, bias_initializer="uniform"), lambda: L.GRU(3, use_bias=False)),
    "simple_rnn": shaped((6, 4), lambda: L.SimpleRNN(5, return_sequences=True), lambda: L.SimpleRNN(3, use_bias=False)),
    "bidirectional": shaped((6, 4), lambda: L.Bidirectional(L.LSTM(3, return_sequences=True)),
                            lambda: L.Bidirectional(L.GRU(4, return_sequences=True, bias_initializer="uniform")),
                            lambda: L.Bidirectional(L.SimpleRNN(2, use_bias=False))),
    "time_distributed": shaped((3, 6, 6, 2), lambda: L.TimeDistributed(L.Conv2D(4, 3)), lambda: L.TimeDistributed(L.Flatten()),
                               lambda: L.TimeDistributed(L.Dense(5)), lambda: L.TimeDistributed(L.BatchNormalization())),
    "attention": cross_attention,
    "normalization": adapted,
    "frozen": dense_frozen,
    "functional": functional,
    "nested": nested,
    "nested_frozen": nested_frozen,
    "transformer": transformer,
}
OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "sgd_momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "sgd_nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.8, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adam_amsgrad": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "adam_schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)),
}


def example(model, generator):
    data = []
    for tensor in model.inputs:
        shape = (3, *tensor.shape[1:])
        data.append(generator.integers(0, 10, shape).astype(np.int32) if "int" in tensor.dtype
                    else generator.normal(size=shape).astype(np.float32))
    return data


def train(model, optimizer, data, generator):
    target = generator.normal(size=(3, *model.outputs[0].shape[1:]))
    model.compile(optimizer, "mse")
    for _ in range(3):
        model.train_on_batch(data if len(data) > 1 else data[0], target)
    return target


def next_step(model, optimizer, data, target):
    """Compares the next step of a model of Dense layers with torch.optim's, from the state that is written."""
    parameters = {name: torch.nn.Parameter(torch.from_numpy(array)) for name, array in tensors_of(model).items()}
    rate = float(np.asarray(optimizer.learning_rate))
    listed = list(parameters.values())
    if isinstance(optimizer, keras.optimizers.SGD):
        theirs = torch.optim.SGD(listed, rate, momentum=optimizer.momentum, nesterov=optimizer.nesterov)
    else:
        # Keras adds epsilon before it corrects the second moment for its start at zero, torch.optim after it.
        epsilon = optimizer.epsilon / np.sqrt(1 - optimizer.beta_2 ** (int(np.asarray(optimizer.iterations)) + 1))
        theirs = (torch.optim.AdamW if optimizer.weight_decay else torch.optim.Adam)(
            listed, rate, betas=(optimizer.beta_1, optimizer.beta_2), eps=epsilon, weight_decay=optimizer.weight_decay or 0,
            amsgrad=optimizer.amsgrad)
    for key, array in optimizer_state(model).items():
        name, kind = key.split(":")
        theirs.state[parameters[name]][kind] = torch.from_numpy(array)
    x = torch.from_numpy(data[0])
    for layer in model.layers:
        x = nn.functional.linear(x, parameters[f"{layer.name}.weight"], parameters.get(f"{layer.name}.bias"))
        x = torch.relu(x) if layer.activation is keras.activations.relu else x
    nn.functional.mse_loss(x, torch.from_numpy(target).float()).backward()
    theirs.step()
    model.train_on_batch(data[0], target)
    for name, array in tensors_of(model).items():
        difference = np.abs(parameters[name].detach().numpy() - array).max()
        assert difference < TOLERANCE, (name, difference)


def write(folder, case, model, data):
    prediction = model(data if len(data) > 1 else data[0], training=False)
    prediction = prediction[0] if isinstance(prediction, list) else prediction
    config = keras.saving.serialize_keras_object(model)  # before a legacy file is saved, which takes the optimizer out of it
    with tempfile.TemporaryDirectory() as temporary:
        variables = variables_by_path(model, temporary)
        legacy_config, training_config, weights, optimizer_names = legacy(model, temporary)
    torch_tensors = tensors_of(model)
    state = optimizer_state(model)
    tensors = {f"keras:{path}": array for path, array in variables.items()}
    tensors |= {f"legacy:{layer}:{i}": array for layer, _, arrays in weights for i, array in enumerate(arrays)}
    tensors |= {f"optimizer:{i}": np.asarray(variable) for i, variable in enumerate(model.optimizer.variables)}
    tensors |= {f"torch:{name}": array for name, array in torch_tensors.items()}
    tensors |= {f"state:{name}": array for name, array in state.items()}
    tensors |= {f"input:{i}": array for i, array in enumerate(data)}
    tensors["prediction"] = np.asarray(prediction)
    save_file({name: np.array(array, order="C") for name, array in tensors.items()}, folder / f"{case}.safetensors")
    document = {
        "config": config,
        "legacy_config": legacy_config,
        "training_config": training_config,
        "legacy": [[layer, names] for layer, names, _ in weights],
        "optimizer": optimizer_names,
        "torch": list(torch_tensors),
        "state": list(state),
    }
    text = json.dumps(document)
    (folder / f"{case}.json").write_text(text + "\n")


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for number, (case, make) in enumerate(list(CASES.items()) + [(name, None) for name in OPTIMIZERS]):
        keras.backend.clear_session()
        keras.utils.set_random_seed(number)
        generator = np.random.default_rng(number)
        model = make() if make else CASES["dense"]()
        optimizer = keras.optimizers.Adam(0.01) if make else OPTIMIZERS[case]()
        data = example(model, generator)
        target = train(model, optimizer, data, generator)
        checked = verify(model, data if len(data) > 1 else data[0])
        assert checked > 0, case
        total += checked
        write(folder, case, model, data)
        if not make:
            next_step(model, optimizer, data, target)
        print(f"{case}: {checked} layers give in torch.nn what they give in Keras")
    print(f"{total} layers in all")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
