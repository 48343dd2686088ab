"""Makes the files of this folder, as older versions and other programs leave them: python make.py

keras2.h5       a model as Keras 2.3 saved it: names with ":0", in strings of fixed length
keras212.weights.h5  weights as Keras 2.12 saved them, layers in _layer_checkpoint_dependencies
repacked.keras  ../mlp.keras unpacked and packed again with compression, weights stored
other.h5        an HDF5 file that is not of Keras

h5py 3.14.0, numpy.
"""

import json
import pathlib
import zipfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent


def strings(*names):
    return np.array([name.encode() for name in names])


def keras2():
    layers = [{"class_name": "Dense", "config": {"name": "dense", "trainable": True, "batch_input_shape": [None, 2],
                                                 "dtype": "float32", "units": 1, "activation": "linear",
                                                 "use_bias": True}},
              {"class_name": "Dropout", "config": {"name": "block/dropout", "trainable": True, "rate": 0.5}}]
    with h5py.File(HERE / "keras2.h5", "w") as file:
        file.attrs["keras_version"] = b"2.3.1"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = np.bytes_(json.dumps({"class_name": "Sequential",
                                                           "config": {"name": "sequential_1", "layers": layers}}))
        file.attrs["training_config"] = np.bytes_(json.dumps({
            "optimizer_config": {"class_name": "Adam", "config": {"lr": 0.001}}, "loss": "mse", "metrics": [],
            "sample_weight_mode": None, "loss_weights": None}))
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = strings("dense", "block/dropout")
        weights.attrs["backend"] = b"tensorflow"
        weights.attrs["keras_version"] = b"2.3.1"
        dense = weights.create_group("dense")
        dense.attrs["weight_names"] = strings("dense/kernel:0", "dense/bias:0")
        dense["dense/kernel:0"] = np.array([[1], [2]], "f4")
        dense["dense/bias:0"] = np.array([3], "f4")
        weights.create_group("block/dropout").attrs["weight_names"] = np.array([])
        optimizer = file.create_group("optimizer_weights")
        optimizer.attrs["weight_names"] = strings("Adam/iterations:0", "training/Adam/dense/kernel/m:0")
        optimizer["Adam/iterations:0"] = np.int64(7)
        optimizer["training/Adam/dense/kernel/m:0"] = np.array([[4], [5]], "f4")


def keras212():
    with h5py.File(HERE / "keras212.weights.h5", "w") as file:
        for layer, units in ("dense", 2), ("dense_10", 1), ("dense_2", 3):
            variables = file.create_group(f"_layer_checkpoint_dependencies/{layer}/vars")
            variables["0"] = np.full((1, units), units, "f4")
        for number in range(12):
            file[f"optimizer/vars/{number}"] = np.float32(number)


def repacked():
    with zipfile.ZipFile(HERE.parent / "mlp.keras") as old, zipfile.ZipFile(HERE / "repacked.keras", "w") as new:
        new.writestr("assets/", b"")
        for entry in old.infolist():
            stored = entry.filename.endswith(".h5")
            new.writestr(entry.filename, old.read(entry),
                         zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)


def other():
    with h5py.File(HERE / "other.h5", "w") as file:
        file.attrs["title"] = "weather"
        file["days/temperature"] = np.array([[1.5, 2.5]], "f8")
        file["days/temperature"].attrs["unit"] = "°C"
        file["days/names"] = np.array(["Mon", "Tue"], h5py.string_dtype())
        file["count"] = np.int32(2)


for make in keras2, keras212, repacked, other:
    make()
