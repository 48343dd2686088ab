"""Tells real Keras callbacks of trainings that are made up, and what they do then.

    python drive.py CASES.json OUTCOMES.json

A case is an object of its `kind`, the `args` of the callback, and the `epochs` of a training: of
each the `logs` at its end, and for a checkpoint those of its `batches`.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np


class Model:
    """What callbacks know of a model; its weights are the number of the epoch."""

    def __init__(self):
        self.stop_training = False
        self.saved = []
        self.epoch = -1
        self.restored = None

    def save(self, path, overwrite=True):
        self.saved.append([str(path), False])

    def save_weights(self, path, overwrite=True):
        self.saved.append([str(path), True])

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights


def train(callback, model, epochs, after_epoch=lambda: None):
    """Returns the number of epochs until the callback stops the training."""
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, told in enumerate(epochs):
        model.epoch = epoch
        callback.on_epoch_begin(epoch)
        for batch, logs in enumerate(told.get("batches", [])):
            callback.on_train_batch_begin(batch)
            callback.on_train_batch_end(batch, dict(logs))
        callback.on_epoch_end(epoch, dict(told["logs"]))
        after_epoch()
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1


def checkpoint(args, epochs):
    model = Model()
    callback = keras.callbacks.ModelCheckpoint(**args)
    if args.get("save_best_only") and args.get("save_freq", "epoch") != "epoch":
        # Keras sets it at the end of the first epoch, and fails if it is to compare before.
        callback._set_monitor_op()
    train(callback, model, epochs)
    return {"saved": model.saved, "best": callback.best}


def early_stopping(args, epochs):
    model = Model()
    callback = keras.callbacks.EarlyStopping(**args)
    run = train(callback, model, epochs)
    return {
        "epochs": run,
        "wait": callback.wait,
        "stopped_epoch": callback.stopped_epoch,
        "best": callback.best,
        "restored": model.restored,
    }


def plateau(args, epochs):
    args = dict(args)
    model = Model()
    model.optimizer = keras.optimizers.SGD(args.pop("learning_rate"))
    callback = keras.callbacks.ReduceLROnPlateau(**args)
    rates = []
    train(callback, model, epochs, lambda: rates.append(float(model.optimizer.learning_rate)))
    return {"rates": rates, "wait": callback.wait, "cooldown": callback.cooldown_counter}


def csv(args, epochs):
    args = dict(args)
    before = args.pop("before", None)
    if before is not None:
        with open("log.csv", "w", newline="") as file:
            file.write(before)
    train(keras.callbacks.CSVLogger("log.csv", **args), Model(), epochs)
    with open("log.csv", newline="") as file:
        return {"file": file.read()}


def template(args, epochs):
    """The path, or null if Python refuses."""
    try:
        return {"path": args["template"].format(**args["values"])}
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError):
        return {"path": None}


KINDS = {f.__name__: f for f in (checkpoint, early_stopping, plateau, csv, template)}


def outcome(case):
    printed = io.StringIO()
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(printed):
                result = KINDS[case["kind"]](case["args"], case.get("epochs", []))
        finally:
            os.chdir(here)
    if printed.getvalue():
        result["printed"] = printed.getvalue()
    return result


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    with open(sys.argv[2], "w") as file:
        json.dump([outcome(case) for case in cases], file)
