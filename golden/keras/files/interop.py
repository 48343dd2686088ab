"""What the interop tests run, with the Keras of make.py:

python interop.py make FOLDER SEED      models of random sizes in each layout, and expected.json
python interop.py compare FOLDER JAVA   the files in JAVA are the same models to Keras as those in FOLDER
"""

import json
import pathlib
import random
import sys

import make
import numpy as np
from make import keras, layers


def models(seed):
    draw = random.Random(seed)

    def size(most=5):
        return draw.randint(1, most)

    def mlp():
        columns, outputs = size(), size()
        hidden = [layer for _ in range(size(3)) for layer in (
            layers.Dense(size(), activation="tanh"), layers.BatchNormalization())]
        return make.trained(keras.Sequential([keras.Input((columns,)), *hidden, layers.Dense(outputs)]),
                            make.uniform(8, columns), make.uniform(8, outputs))

    def cnn():
        channels = size(3)
        return make.trained(
            keras.Sequential([
                keras.Input((7, 7, channels)), layers.SeparableConv2D(size(), (size(3), size(3)), padding="same"),
                layers.BatchNormalization(), layers.DepthwiseConv2D(size(2), depth_multiplier=size(2)),
                layers.Conv2D(size(), size(2)), layers.GlobalAveragePooling2D(), layers.Dense(1),
            ]), make.uniform(8, 7, 7, channels), make.uniform(8, 1), keras.optimizers.RMSprop(0.01, momentum=0.5))

    def lstm():
        return make.trained(
            keras.Sequential([
                keras.Input((4,), dtype="int32"), layers.Embedding(7, size()),
                layers.Bidirectional(layers.LSTM(size())), layers.Dense(1),
            ]), make.tokens(8, 4), make.uniform(8, 1))

    def transformer():
        width, text = size(), keras.Input((4,), dtype="int32")
        x = layers.Embedding(7, width)(text)
        x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(size(3), size(3))(x, x)]))
        fed = layers.Dense(width)(layers.Dense(size(), activation="gelu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, fed]))
        return make.trained(keras.Model(text, layers.Dense(1)(layers.GlobalAveragePooling1D()(x))),
                            make.tokens(8, 4), make.uniform(8, 1), keras.optimizers.AdamW(0.01))

    def nested():
        columns = size()
        inner = keras.Sequential([keras.Input((columns,)), layers.Dense(size()), layers.BatchNormalization()])
        image = keras.Input((columns,))
        x = layers.Concatenate()([inner(image), layers.Dense(size())(image)])
        return make.trained(keras.Model(image, layers.Dense(1)(x)), make.uniform(8, columns), make.uniform(8, 1),
                            keras.optimizers.SGD(0.01, momentum=0.9))

    def mixed():
        return make.mixed()

    def long_names():
        """A configuration and lists of names that do not fit into an attribute."""
        hidden = [layers.Dense(1, use_bias=False, name=f"{i:03}" + "x" * 600) for i in range(120)]
        return keras.Sequential([keras.Input((1,)), *hidden])

    return mlp, cnn, lstm, transformer, nested, mixed, long_names


def make_all(folder, seed):
    files = make.Files(folder)
    for build in models(seed):
        name, model = build.__name__, make.fresh(build)
        files.archive(model, name)
        if name == "long_names":
            files.legacy(model, f"{name}-legacy")
            continue
        files.weights(model, name)
        files.directory(model, f"{name}-directory")
        largest = max(variable.numpy().nbytes for variable in [*model.variables, *optimizer_of(model)])
        files.shards(model, f"{name}-shards", 2 * largest)
        if name != "mixed":  # of which Keras does not read its own legacy files
            files.legacy(model, f"{name}-legacy")
            files.legacy_weights(model, f"{name}-legacy-weights")
    files.finish()


def optimizer_of(model):
    """The optimizer's variables."""
    return getattr(getattr(model, "optimizer", None), "variables", [])


def inputs(model):
    shape = model.input_shape[1:]
    return make.tokens(3, *shape) if model.inputs[0].dtype == "int32" else make.uniform(3, *shape)


def same(name, theirs, ours, optimizer=True):
    assert theirs.get_config() == ours.get_config(), name
    for one, other in zip(theirs.variables, ours.variables, strict=True):
        # A recurrent layer's random generator is not saved, and new in each model.
        drawn = "seed_generator" in one.path
        assert one.dtype == other.dtype and (drawn or np.array_equal(one, other)), f"{name}: {one.path}"
    if optimizer:
        for one, other in zip(optimizer_of(theirs), optimizer_of(ours), strict=True):
            assert np.array_equal(one, other), f"{name}: {one.path}"
    batch = inputs(theirs)
    assert np.array_equal(theirs(batch, training=False), ours(batch, training=False)), name


def zeroed(model):
    for variable in [*model.variables, *optimizer_of(model)]:
        variable.assign(np.zeros(variable.shape))
    return model


def compare(folder, java):
    compared, archive, original = 0, None, None
    for name, expected in json.loads((folder / "expected.json").read_text()).items():
        layout = expected["layout"]
        if layout == "ARCHIVE":  # the first of each model
            archive, original = folder / name, keras.models.load_model(folder / name)
        if layout in ("ARCHIVE", "DIRECTORY", "LEGACY_MODEL"):
            same(name, keras.models.load_model(folder / name), keras.models.load_model(java / name))
        else:
            loaded = zeroed(keras.models.load_model(archive))
            loaded.load_weights(java / name)
            same(name, original, loaded, optimizer=layout != "LEGACY_WEIGHTS")
        compared += 1
    print(f"{compared} models are the same")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make_all(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    else:
        compare(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
