"""Real Keras for the test in which Java goes on with a run of Keras, and Keras with that of Java.

    python interop.py begin FOLDER       trains the models of train.py for three steps and saves CASE.keras; writes
                                         CASE.safetensors: x/STEP and y/STEP, batches of nine steps, the prediction at
                                         step 3, and Keras's losses in CASE.losses
    python interop.py proceed FOLDER     proves that CASE.java.keras, which Java saved after step 6, predicts what Java
                                         predicted (CASE.java.safetensors) and goes on with Keras's own losses
"""

import json
import pathlib
import sys

import train  # first: it sets the environment
import keras
import numpy as np
from safetensors.numpy import load_file, save_file

NAMES = ["mlp_adam", "mlp_sgd", "cnn_adam", "cnn_sgd", "bilstm_adam", "bilstm_sgd", "transformer_adam", "transformer_sgd"]
STEPS = 9


def step(model, x, y):
    model.reset_metrics()
    return float(model.train_on_batch(x, y))


def begin(folder):
    for index, name in enumerate(NAMES):
        build, data, loss, make_optimizer = train.CASES[name]
        keras.backend.clear_session()
        random = np.random.default_rng(1000 + index)
        model = build()
        train.randomize(model, random)
        model.compile(make_optimizer(), loss)
        tensors, losses = {}, []
        for number in range(1, STEPS + 1):
            x, y = data(random)
            tensors[f"x/{number}"], tensors[f"y/{number}"] = x, y
            losses.append(step(model, x, y))
            if number == 3:
                model.save(folder / f"{name}.keras")
                tensors["prediction"] = model.predict(x, verbose=0)
        save_file({key: np.array(value, order="C") for key, value in tensors.items()}, folder / f"{name}.safetensors")
        (folder / f"{name}.losses").write_text(json.dumps({"losses": losses}))


def proceed(folder):
    for name in NAMES:
        keras.backend.clear_session()
        model = keras.models.load_model(folder / f"{name}.java.keras")
        tensors = load_file(folder / f"{name}.safetensors")
        java = load_file(folder / f"{name}.java.safetensors")
        expected = json.loads((folder / f"{name}.losses").read_text())["losses"]
        assert int(model.optimizer.iterations) == 6, model.optimizer.iterations
        np.testing.assert_allclose(model.predict(tensors["x/6"], verbose=0), java["prediction"], rtol=1e-5, atol=1e-5)
        found = [step(model, tensors[f"x/{number}"], tensors[f"y/{number}"]) for number in range(7, STEPS + 1)]
        np.testing.assert_allclose(found, expected[6:], rtol=5e-5, atol=5e-5, err_msg=name)
        print(name, "went on")


if __name__ == "__main__":
    {"begin": begin, "proceed": proceed}[sys.argv[1]](pathlib.Path(sys.argv[2]))
