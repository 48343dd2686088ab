"""Makes the expected outcomes of Keras's callbacks in this folder.

    python make.py

with keras==3.15.1, tensorflow-cpu==2.21.0 and tensorboard==2.21.0.
"""

import glob
import json
import os
import random
import shutil

import drive
import keras
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def logs(loss, val=None, **more):
    values = {"loss": loss}
    if val is not None:
        values["val_loss"] = val
    values.update(more)
    return {"logs": values}


def courses(*values):
    return [logs(1 / (i + 1), value) for i, value in enumerate(values)]


UP_AND_DOWN = courses(0.9, 0.7, 0.8, 0.7, 0.65, 0.66, 0.65, 0.5, 0.5, 0.51)


def batches(counts):
    epochs = []
    n = 0
    for count in counts:
        told = []
        for _ in range(count):
            n += 1
            told.append({"loss": [0.5, 0.4, 0.45, 0.3, 0.35][n % 5] + 1 / 1024})
        epochs.append({"batches": told, "logs": dict(told[-1], val_loss=0.5)})
    return epochs


def checkpoints():
    def case(args, epochs):
        return {"kind": "checkpoint", "args": dict(args, verbose=1), "epochs": epochs}

    path = "DIR/{epoch:02d}-{val_loss:.2f}.keras"
    yield case({"filepath": path}, UP_AND_DOWN)
    yield case({"filepath": path, "save_best_only": True}, UP_AND_DOWN)
    yield case({"filepath": "DIR/best.keras", "save_best_only": True, "mode": "max"}, UP_AND_DOWN)
    yield case(
        {"filepath": "DIR/best.weights.h5", "save_best_only": True, "save_weights_only": True},
        UP_AND_DOWN,
    )
    yield case(
        {"filepath": path, "save_best_only": True, "initial_value_threshold": 0.66}, UP_AND_DOWN
    )
    yield case(
        {"filepath": "DIR/sub/{epoch}.h5", "monitor": "val_accuracy", "mode": "max",
         "save_best_only": True},
        [logs(1.0, 0.5, val_accuracy=a) for a in (0.5, 0.625, 0.6, 0.75, 0.75)],
    )
    for freq in (1, 2, 3, 5, 7, 100):
        yield case(
            {"filepath": "DIR/{epoch}-{batch:03d}-{loss:.3f}.keras", "save_freq": freq},
            batches([4, 4, 4, 2]),
        )
        yield case(
            {"filepath": "DIR/{epoch}.{batch}.keras", "save_freq": freq, "monitor": "loss",
             "save_best_only": True},
            batches([3, 5, 1, 4]),
        )


def early_stoppings():
    def case(args, epochs):
        return {"kind": "early_stopping", "args": dict(args, verbose=1), "epochs": epochs}

    for patience in range(5):
        for restore in (False, True):
            yield case({"patience": patience, "restore_best_weights": restore}, UP_AND_DOWN)
    yield case({"patience": 2, "min_delta": 0.1}, UP_AND_DOWN)
    yield case({"patience": 2, "min_delta": -0.1}, UP_AND_DOWN)
    yield case({"patience": 2, "baseline": 0.75}, UP_AND_DOWN)
    yield case({"patience": 3, "baseline": 0.1, "restore_best_weights": True}, UP_AND_DOWN)
    yield case({"patience": 1, "start_from_epoch": 4, "restore_best_weights": True}, UP_AND_DOWN)
    yield case({"patience": 1, "mode": "max"}, UP_AND_DOWN)
    yield case({"patience": 0}, courses(0.5, 0.6))
    yield case({"patience": 1, "monitor": "loss"}, [logs(x) for x in (0.5, 0.6, 0.4)])
    # Improvements smaller than single precision.
    yield case({"patience": 2}, courses(0.5, 0.5 - 1e-9, 0.5 - 2e-9, 0.5 - 3e-9))
    # Epochs without an evaluation.
    yield case({"patience": 2}, courses(0.5, None, 0.6, None, None, 0.6, 0.7))


def plateaus():
    def case(args, epochs):
        return {"kind": "plateau", "args": dict(args, verbose=1), "epochs": epochs}

    flat = courses(*[0.5] * 14)
    for patience in (0, 1, 2, 3):
        for cooldown in (0, 1, 3):
            yield case(
                {"learning_rate": 0.01, "factor": 0.5, "patience": patience, "cooldown": cooldown},
                flat,
            )
    yield case({"learning_rate": 0.01, "patience": 1, "min_lr": 0.0005}, flat)
    yield case({"learning_rate": 0.001, "patience": 1, "min_lr": 1e-5}, flat)
    yield case({"learning_rate": 0.1, "patience": 1, "factor": 0.3}, flat)
    yield case({"learning_rate": 0.1, "patience": 2, "factor": 0.2}, UP_AND_DOWN)
    yield case({"learning_rate": 0.1, "patience": 1, "min_delta": 0.06}, UP_AND_DOWN)
    yield case({"learning_rate": 0.1, "patience": 1, "mode": "max"}, UP_AND_DOWN)


def csvs():
    def case(args, epochs):
        return {"kind": "csv", "args": args, "epochs": epochs}

    more = [logs(0.1 * i, 1e-5 * i, accuracy=1 / 3, val_accuracy=float(i)) for i in range(4)]
    yield case({}, UP_AND_DOWN)
    yield case({}, more)
    yield case({"separator": ";"}, more)
    yield case({"separator": "."}, more)
    yield case({"separator": "e"}, more)
    yield case({"separator": "\t", "append": True}, more)
    yield case({"append": True, "before": "epoch,loss,val_loss\r\n0,1.0,2.0\r\n"}, UP_AND_DOWN)
    yield case({"append": True, "before": ""}, UP_AND_DOWN)
    yield case({"append": True, "before": "\n"}, UP_AND_DOWN)
    yield case({"append": False, "before": "gone\r\n"}, UP_AND_DOWN)
    yield case({}, [logs(0.5), logs(0.25, 0.125)])
    yield case({}, [logs(0.5, 0.25), logs(0.25)])
    yield case({}, [logs(float("nan"), float("inf")), logs(-float("inf"), 1e300)])


NUMBERS = [
    0.0, -0.0, 1.0, 0.5, -0.5, 0.1, 1 / 3, 2.5, 0.125, 1.005, 99.995, 1234567.891, -1234.5, 1e-5,
    1e-7, 123456789012345680.0, 1e16, 1e30, 5e-324, float("nan"), float("inf"), -float("inf"),
]
INTEGERS = [0, 1, 7, 42, 999, 1000, 1234567, 9007199254740993]
SPECS = (
    ["", "d", "02d", "3", "03", ">4", "<4d", "^5", "*^7d", "+d", " d", "+04", ",", "_", "08,",
     "012_d", "x", "#x", "X", "#X", "o", "b", "#010b", "_b", "n", "e", "f", ".2f", ".0f", ".3e",
     "E", "g", ".3g", "G", "%", ".1%", "#.0f", "#.3g", "010.2f", "+.2f", " .2f", "-.2f", "=8.2f",
     "0=8.2f", "x<9.1f", "^9.1f", "010,.2f", "_.3f", ",.1f", ".10", ".3", ".1", "#.3", "z.1f",
     "z", "<05", "020_x", ".17g", ".0e", "#.0e", ".0%", "F", ".2F", "é>6", "10s", "c", ".2d",
     ",x", ",n", "z d", "q", "5.", ".", "=", "++", "é", ",_", "1,2", "0005", "00.3f", "!", "300",
     ]
)


def templates():
    def case(template, **values):
        return {"kind": "template", "args": {"template": template, "values": values}}

    for spec in SPECS:
        for value in NUMBERS + INTEGERS:
            yield case("{value:" + spec + "}", value=value)
    for conversion in ("!s", "!r", "!a", "!s:>8", "!r:^9.3", "!s:08", "!s:x<7s", "!x", "!s:d", "!",
                       "!ss", "!s:+", "!s:,"):
        for value in (7, 0.1, 1e-5, float("nan")):
            yield case("{value" + conversion + "}", value=value)
    values = {"epoch": 3, "batch": 12, "loss": 0.25, "val_loss": 0.3333, "val_top-5": 0.5}
    for template in (
        "plain", "{epoch}", "{epoch:02d}-{val_loss:.2f}.keras", "a{{b}}c{epoch}", "{{{epoch}}}",
        "{{epoch}}", "{val_top-5:.1f}", "{epoch}{batch}{loss}", "", "}", "{", "{epoch", "{epoch}}",
        "{missing}", "{}", "{0}", "a}b", "{epoch:", "{{", "}}", "{epoch:02d", "{epoch }", "{ epoch}",
        "{Epoch}", "{epoch:d:d}", "{loss:d}", "{loss:x}", "{epoch:.2f}", "{epoch:,}%",
    ):
        yield case(template, **values)


def expected(cases):
    made = []
    for case in cases:
        made.append(dict(case, expected=drive.outcome(case)))
    return made


def write(name, cases):
    made = expected(cases)
    with open(os.path.join(HERE, name), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in made) + "\n]\n")


def tensorboard(name, **args):
    """Events of two epochs of three batches each, and of the evaluations after them."""
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    model = keras.Sequential([keras.layers.Dense(2, name="dense")], name="sequential")
    model.build((None, 3))
    model.compile(optimizer=keras.optimizers.SGD(0.25), loss="mse")
    weights = np.arange(6, dtype="float32").reshape(3, 2) / 7 - 0.3
    model.layers[0].set_weights([weights, np.array([0.5, 0.5], dtype="float32")])
    callback = keras.callbacks.TensorBoard(folder, write_graph=False, **args)
    callback.set_model(model)
    callback.on_train_begin()
    step = 0
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(3):
            step += 1
            callback.on_train_batch_begin(batch)
            model.optimizer.iterations.assign(step)
            callback.on_train_batch_end(batch, {"loss": 1 / step})
        evaluated = {"accuracy": 0.5 + epoch / 4, "loss": 0.75 - epoch / 8}
        callback.on_test_begin()
        callback.on_test_end(evaluated)
        logs = {"loss": 1 / step, **{"val_" + k: v for k, v in evaluated.items()}}
        callback.on_epoch_end(epoch, logs)
    callback.on_train_end()
    for run in ("train", "validation"):
        (path,) = glob.glob(os.path.join(folder, run, "events*"))
        os.rename(path, os.path.join(folder, run + ".tfevents"))
        os.rmdir(os.path.join(folder, run))


if __name__ == "__main__":
    write("checkpoint.json", checkpoints())
    write("early_stopping.json", early_stoppings())
    write("plateau.json", plateaus())
    write("csv.json", csvs())
    write("template.json", templates())
    tensorboard("tensorboard-epoch", histogram_freq=1)
    tensorboard("tensorboard-batch", update_freq="batch")
