"""Real Keras and PyTorch for the test that goes both ways with them.

    python interop.py make FOLDER SEED   saves models of make.py's kinds with random weights: CASE.keras, CASE.h5
    python interop.py forward FOLDER     proves that CASE.torch.safetensors, which Java made of CASE.keras, gives in
                                         torch.nn what Keras gives; writes CASE.random.safetensors, such tensors at random
    python interop.py back FOLDER        proves that CASE.back.keras and CASE.back.h5, which Java made of those, give in
                                         Keras what they give in torch.nn, the first with the optimizer's variables
"""

import pathlib
import sys

import make  # first: it sets the environment
import keras
import numpy as np
from safetensors.numpy import load_file, save_file


# Legacy files that Keras saves and cannot load: of operations, of normalization along several axes.
NOT_LOADED = {"functional", "layer_normalization", "transformer"}


def cases(folder):
    return [path.stem for path in sorted(folder.glob("*.input"))]


def inputs(folder, case):
    data = load_file(folder / f"{case}.input")
    data = [data[str(i)] for i in range(len(data))]
    return data if len(data) > 1 else data[0]


def save(folder, seed):
    for number, (case, build) in enumerate(make.CASES.items()):
        keras.backend.clear_session()
        keras.utils.set_random_seed((seed + number) % 2**32)
        generator = np.random.default_rng(seed + number)
        model = build()
        data = make.example(model, generator)
        make.train(model, keras.optimizers.Adam(0.01), data, generator)
        model.save(folder / f"{case}.keras")
        model.save(folder / f"{case}.h5")
        save_file({str(i): array for i, array in enumerate(data)}, folder / f"{case}.input")


def forward(folder):
    generator = np.random.default_rng(5)
    for case in cases(folder):
        model = keras.models.load_model(folder / f"{case}.keras")
        tensors = load_file(folder / f"{case}.torch.safetensors")
        checked = make.verify(model, inputs(folder, case), tensors)
        assert checked > 0, case
        for name, array in tensors.items():
            if array.dtype == np.float32:
                noise = generator.uniform(0.1, 0.5, array.shape).astype(np.float32)
                tensors[name] = np.abs(array) + noise if name.endswith(("running_var", "variance")) else array - noise
        save_file(tensors, folder / f"{case}.random.safetensors")
        print(f"{case}: {checked} layers")
    print(f"{len(cases(folder))} models give the same in PyTorch")


def back(folder):
    for case in cases(folder):
        tensors = load_file(folder / f"{case}.random.safetensors")
        original = keras.models.load_model(folder / f"{case}.keras")
        for suffix in ("keras", "h5"):
            if not (folder / f"{case}.back.{suffix}").exists():
                assert (case, suffix) == ("prelu_shared", "h5"), case  # such files do not tell the slopes' dimensions
                continue
            if suffix == "h5" and case in NOT_LOADED:
                continue
            compiled = suffix == "keras"  # Keras does not compile what it saved in a legacy file with the loss "mse"
            model = keras.models.load_model(folder / f"{case}.back.{suffix}", compile=compiled)
            assert make.verify(model, inputs(folder, case), tensors, tolerance=5e-5) > 0, case
            if not compiled:
                continue
            for one, other in zip(model.optimizer.variables, original.optimizer.variables, strict=True):
                assert np.array_equal(np.asarray(one), np.asarray(other)), (case, suffix, one.path)
    print(f"{len(cases(folder))} models give the same in Keras")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "make":
        save(folder, int(sys.argv[3]))
    else:
        {"forward": forward, "back": back}[sys.argv[1]](folder)
