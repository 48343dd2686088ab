"""Keras's losses: python loss.py, with keras==3.15.1 and tensorflow==2.21.0.

losses.json has of each case the loss as a model's configuration has it, and its value;
losses.safetensors the tensors CASE/output, CASE/labels and, if there is one, CASE/mask.
"""

import json
import os
import pathlib

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", OMP_NUM_THREADS="1")

import keras
import numpy as np
from keras import losses
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(5)
NUMBERS = RANDOM.normal(0, 2, (4, 3)).astype("float32")
SHARES = RANDOM.dirichlet([0.3] * 3, 4).astype("float32")
SURE = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]], "float32")
STEPS = RANDOM.normal(0, 1, (4, 5, 3)).astype("float32")
TARGETS = RANDOM.normal(0, 2, (4, 3)).astype("float32")
BITS = RANDOM.integers(0, 2, (4, 3)).astype("float32")
CLASSES = np.array([0, 2, 1, 1], "int64")
STEP_CLASSES = RANDOM.integers(0, 3, (4, 5))
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [1, 1, 0, 0, 0]], bool)
NOTHING = np.zeros((4, 5), bool)

CASES = {
    "mse": ("mse", NUMBERS, TARGETS, None),
    "mse_column": ("mean_squared_error", NUMBERS[:, :1], TARGETS[:, 0], None),
    "mae": (losses.MeanAbsoluteError(), NUMBERS, TARGETS, None),
    "mse_masked": ("mse", STEPS, STEPS[::-1].copy(), MASK),
    "mse_all_masked": ("mse", STEPS, STEPS[::-1].copy(), NOTHING),
    "binary": ("binary_crossentropy", SHARES, BITS, None),
    "binary_sure": ("bce", SURE, BITS, None),
    "binary_logits": (losses.BinaryCrossentropy(from_logits=True), NUMBERS * 20, BITS, None),
    "binary_smoothed": (losses.BinaryCrossentropy(label_smoothing=0.2), SHARES, BITS, None),
    "categorical": ("categorical_crossentropy", SHARES, ONE_HOT, None),
    "categorical_not_normalized": ("categorical_crossentropy", SHARES * 3, ONE_HOT, None),
    "categorical_logits": (losses.CategoricalCrossentropy(from_logits=True), NUMBERS, ONE_HOT, None),
    "categorical_smoothed": (losses.CategoricalCrossentropy(label_smoothing=0.1), SHARES, ONE_HOT, None),
    "sparse": ("sparse_categorical_crossentropy", SHARES, CLASSES, None),
    "sparse_column": ("sparse_categorical_crossentropy", SHARES, CLASSES[:, None], None),
    "sparse_sure": ("sparse_categorical_crossentropy", SURE, CLASSES, None),
    "sparse_logits_masked": (losses.SparseCategoricalCrossentropy(from_logits=True), STEPS, STEP_CLASSES, MASK),
}


def main():
    cases, tensors = {}, {}
    for name, (loss, output, labels, mask) in CASES.items():
        predicted = keras.ops.convert_to_tensor(output)
        if mask is not None:
            keras.src.backend.set_keras_mask(predicted, keras.ops.convert_to_tensor(mask))
            tensors[f"{name}/mask"] = mask
        made = keras.losses.get(loss)
        if not isinstance(made, losses.Loss):
            made = keras.src.trainers.compile_utils.get_loss(loss, labels, predicted)
        cases[name] = {
            "loss": loss if isinstance(loss, str) else keras.losses.serialize(loss),
            "value": float(made(labels, predicted)),
        }
        tensors[f"{name}/output"] = output
        tensors[f"{name}/labels"] = labels
    (HERE / "losses.json").write_text(json.dumps(cases, indent=1) + "\n")
    save_file({key: np.array(value, order="C") for key, value in tensors.items()}, HERE / "losses.safetensors")


if __name__ == "__main__":
    main()
