"""Makes the files of this folder with Keras: python make.py [FOLDER]

Each model is trained for some steps, so that its optimizer has state, and saved in every layout that
Keras 3 can write: .keras, directory, .weights.h5, shards with a .weights.json, legacy .h5, legacy
weights. expected.json has of each the layout, the configuration's SHA-256 and every variable in the
order in which Keras saves it: path, dtype, shape, SHA-256 of its little-endian bytes.

keras 3.15.1, tensorflow-cpu 2.21.0, h5py 3.14.0; one thread, no GPU.
"""

import datetime
import hashlib
import json
import os
import pathlib
import sys
import zipfile

os.environ.update(OMP_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format
from keras.src.saving import saving_lib

DTYPES = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64", "int32": "I32", "uint32": "U32",
          "bfloat16": "BF16"}


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 31, 23, 59, 59)


saving_lib.datetime.datetime = Clock
saved = []
store = saving_lib.H5IOStore.__setitem__


def recorded(self, key, value):
    saved.append(f"{self._h5_entry_path}/vars/{key}".lstrip("/"))
    store(self, key, value)


saving_lib.H5IOStore.__setitem__ = recorded


def trained(model, inputs, outputs, optimizer=None, **compiling):
    model.compile(optimizer or keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError(), **compiling)
    model.fit(inputs, outputs, batch_size=4, epochs=2, verbose=0, shuffle=False)
    return model


def uniform(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


def tokens(rows, columns, most=7):
    return np.random.default_rng(0).integers(0, most, (rows, columns))


def mlp():
    return trained(
        keras.Sequential([
            keras.Input((4,)), layers.Dense(3, activation="relu", name="first"), layers.BatchNormalization(),
            layers.Dropout(0.1, seed=3), layers.Dense(2),
        ], name="mlp"), uniform(8, 4), uniform(8, 2), metrics=["mae"])


def cnn():
    return trained(
        keras.Sequential([
            keras.Input((6, 6, 2)), layers.SeparableConv2D(3, 3, padding="same"), layers.BatchNormalization(),
            layers.ReLU(), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.Conv2D(2, 2, strides=2),
            layers.GlobalAveragePooling2D(), layers.Dense(2, use_bias=False),
        ], name="cnn"), uniform(8, 6, 6, 2), uniform(8, 2), keras.optimizers.RMSprop(0.01, momentum=0.5))


def lstm():
    return trained(
        keras.Sequential([
            keras.Input((5,), dtype="int32"), layers.Embedding(7, 3), layers.Bidirectional(layers.LSTM(2)),
            layers.Dense(1),
        ], name="lstm"), tokens(8, 5), uniform(8, 1))


def transformer():
    text = keras.Input((5,), dtype="int32", name="text")
    x = layers.Embedding(7, 4, name="tokens")(text)
    attended = layers.MultiHeadAttention(2, 2, name="attention")(x, x)
    x = layers.LayerNormalization(name="norm")(layers.Add()([x, attended]))
    fed = layers.Dense(4, name="contract")(layers.Dense(6, activation="gelu", name="expand")(x))
    x = layers.LayerNormalization()(layers.Add()([x, fed]))
    x = layers.Dense(2)(layers.GlobalAveragePooling1D()(x))
    return trained(keras.Model(text, x, name="transformer"), tokens(8, 5), uniform(8, 2),
                   keras.optimizers.AdamW(0.01))


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3, name="b"), layers.BatchNormalization()], name="inner")
    shared = layers.Dense(3, name="a_shared")
    image = keras.Input((3,))
    deep = keras.Input((3,))
    block = keras.Model(deep, layers.Dense(3)(inner(deep)), name="block")
    x = layers.Dense(3, name="z_first")(image)
    x = layers.Concatenate()([block(x), shared(image), shared(x)])
    return trained(keras.Model(image, layers.Dense(2)(x), name="nested"), uniform(8, 3), uniform(8, 2),
                   keras.optimizers.SGD(0.01, momentum=0.9))


def mixed():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = keras.Sequential([
        keras.Input((4,)), layers.Dense(3, dtype="bfloat16"), layers.Dense(3, dtype="float16"), layers.Dense(2),
    ], name="mixed")
    keras.config.set_dtype_policy("float32")
    return trained(model, uniform(8, 4), uniform(8, 2))


def wide():
    """Twelve layers of one class: names in order of the alphabet are not in that of the model."""
    return keras.Sequential([keras.Input((2,))] + [layers.Dense(2, use_bias=False) for _ in range(12)], name="wide")


def vocabulary():
    words = layers.StringLookup()
    words.adapt(["alpha", "beta", "beta"])
    return keras.Sequential([keras.Input((1,), dtype="string"), words, layers.Embedding(3, 2)], name="vocabulary")


def lambda_layer():
    double = eval(compile("lambda x: x * 2", "double.py", "eval"))  # its file's name is saved, too
    return keras.Sequential([keras.Input((2,)), layers.Lambda(double), layers.Dense(1)], name="lambda")


@keras.saving.register_keras_serializable("shop")
class Scaled(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return x * self.scale


def custom():
    return keras.Sequential([keras.Input((2,)), Scaled(), layers.Dense(1)], name="custom")


def row(path, value):
    dtype = DTYPES[str(value.dtype)]
    data = np.ascontiguousarray(value).tobytes()
    return dict(path=path, dtype=dtype, shape=list(value.shape), sha256=hashlib.sha256(data).hexdigest())


def digest(config):
    return hashlib.sha256(json.dumps(config, separators=(",", ":")).encode()).hexdigest()


def read(dataset):
    return np.array(dataset, "bfloat16") if dataset.attrs.get("dtype") == "bfloat16" else dataset[()]


def natural(path):
    """Of what is in a group, its own variables first, and dense_2 before dense_10."""
    parts = []
    for part in path.split("/"):
        stem, _, number = part.rpartition("_")
        parts.append((part != "vars", part.startswith("_"), int(part) if part.isdigit() else -1,
                      stem if number.isdigit() else part, int(number) if number.isdigit() else -1))
    return parts


def names(group, attribute):
    return legacy_h5_format.load_attributes_from_hdf5_group(group, attribute)


def legacy_rows(file, prefix):
    group = file[prefix] if prefix else file
    rows, own = [], "top_level_model_weights"
    for layer in names(group, "layer_names") + ([own] if own in group else []):
        rows += [row("/".join(filter(None, (prefix, layer, name))), group[layer][name][()])
                 for name in names(group[layer], "weight_names")]
    return rows


def split_optimizer(rows, prefix):
    return dict(variables=[r for r in rows if not r["path"].startswith(prefix)],
                optimizer=[r for r in rows if r["path"].startswith(prefix)])


def text(expected):
    """JSON with a variable a line."""
    def value(field):
        rows = isinstance(field, list) and field and isinstance(field[0], dict)
        return "[\n   " + ",\n   ".join(map(json.dumps, field)) + "]" if rows else json.dumps(field)

    files = (f"{json.dumps(name)}: {{\n  " + ",\n  ".join(f'"{k}": {value(v)}' for k, v in fields.items()) + "}"
             for name, fields in expected.items())
    return "{\n " + ",\n ".join(files) + "}\n"


class Files:
    """Saves models in a folder, and gathers what must be read from each file."""

    def __init__(self, folder):
        self.folder, self.expected = folder, {}

    def expect(self, name, layout, order, file, config=None):
        rows = [row(path, read(file[path])) for path in order]
        self.expected[name] = dict(layout=layout, **({"config": digest(config)} if config else {}),
                                   **split_optimizer(rows, "optimizer/"))

    def archive(self, model, name):
        saved.clear()
        model.save(self.folder / f"{name}.keras")
        with zipfile.ZipFile(self.folder / f"{name}.keras") as zipped, \
                zipped.open("model.weights.h5") as weights, h5py.File(weights) as file:
            self.expect(f"{name}.keras", "ARCHIVE", list(saved), file, json.loads(zipped.read("config.json")))

    def weights(self, model, name):
        saved.clear()
        model.save_weights(self.folder / f"{name}.weights.h5")
        with h5py.File(self.folder / f"{name}.weights.h5") as file:
            self.expect(f"{name}.weights.h5", "WEIGHTS", sorted(saved, key=natural), file)

    def directory(self, model, name):
        saved.clear()
        model.save(self.folder / name, zipped=False)
        with h5py.File(self.folder / name / "model.weights.h5") as file:
            config = json.loads((self.folder / name / "config.json").read_text())
            self.expect(name, "DIRECTORY", list(saved), file, config)

    def shards(self, model, name, size):
        saved.clear()
        model.save_weights(self.folder / f"{name}.weights.json", max_shard_size=size / 1024 ** 3)
        index = json.loads((self.folder / f"{name}.weights.json").read_text())
        places = index["weight_map"].values()
        files = sorted({file for place in places for file in ([place] if isinstance(place, str) else place)})
        rows = {}
        for part in files:
            with h5py.File(self.folder / part) as file:
                rows |= {path: row(path, read(file[path])) for path in saved if path in file}
        self.expected[f"{name}.weights.json"] = dict(
            layout="SHARDED_WEIGHTS", shards=files,
            **split_optimizer([rows[path] for path in sorted(saved, key=natural)], "optimizer/"))

    def legacy(self, model, name):
        model.save(self.folder / f"{name}.h5")
        with h5py.File(self.folder / f"{name}.h5") as file:
            optimizer = []
            if "optimizer_weights" in file:
                group = file["optimizer_weights"]
                optimizer = [row(f"optimizer_weights/{n}", group[n][()]) for n in names(group, "weight_names")]
            self.expected[f"{name}.h5"] = dict(
                layout="LEGACY_MODEL", config=digest(json.loads(file.attrs["model_config"])),
                layers=names(file["model_weights"], "layer_names"),
                variables=legacy_rows(file, "model_weights"), optimizer=optimizer)

    def legacy_weights(self, model, name):
        with h5py.File(self.folder / f"{name}.h5", "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
            self.expected[f"{name}.h5"] = dict(layout="LEGACY_WEIGHTS", layers=names(file, "layer_names"),
                                               variables=legacy_rows(file, ""), optimizer=[])

    def finish(self):
        (self.folder / "expected.json").write_text(text(self.expected))


def fresh(build):
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    return build()


def main(folder):
    files = Files(folder)
    for build in (mlp, cnn, lstm, transformer, nested):
        name, model = build.__name__, fresh(build)
        files.archive(model, name)
        files.weights(model, name)
        files.legacy(model, name)
        if build in (mlp, nested):
            files.legacy_weights(model, f"{name}-weights")
        if build is mlp:
            files.directory(model, "mlp-directory")
            files.shards(model, "mlp-shards", 200)
            legacy_h5_format.HDF5_OBJECT_HEADER_LIMIT = 160
            files.legacy(model, "mlp-split-names")
            legacy_h5_format.HDF5_OBJECT_HEADER_LIMIT = 64512
    for build in (mixed, wide, vocabulary, lambda_layer, custom):
        model = fresh(build)
        files.archive(model, build.__name__)
        if build is mixed:
            files.weights(model, "mixed")
    files.finish()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
