"""Steps of Keras's optimizers: python train.py, with keras==3.15.1 and tensorflow==2.21.0.

training.json has of each case the model's configuration, compiled, and the loss of each step;
training.safetensors the tensors: CASE/start/NAME, the weights before the first step (see
convention.py); CASE/x/STEP and CASE/y/STEP, the batches; CASE/weights/STEP/NAME and
CASE/SLOT/STEP/NAME, weights and the optimizer's state after a step, under PyTorch's names.
"""

import json
import os
import pathlib

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", OMP_NUM_THREADS="1")

import keras
import numpy as np
from keras import layers as L
from keras import optimizers as O
from safetensors.numpy import save_file

import convention
from make import randomize

HERE = pathlib.Path(__file__).parent
STEPS = 6
BATCH = 5


def mlp():
    return keras.Sequential(
        [
            keras.Input((4,), name="features"),
            L.Dense(6, use_bias=False, name="hidden"),
            L.BatchNormalization(momentum=0.8, name="bn"),
            L.ReLU(name="relu"),
            L.Dense(3, activation="softmax", kernel_regularizer=keras.regularizers.L2(0.01), name="classes"),
        ],
        name="mlp",
    )


def cnn():
    image = keras.Input((8, 7, 2), name="image")
    x = L.Conv2D(4, 3, padding="same", activation="relu", name="conv")(image)
    x = L.SeparableConv2D(4, 3, strides=2, padding="same", use_bias=False, name="separable")(x)
    x = L.BatchNormalization(name="bn")(x)
    x = L.Activation("relu", name="relu")(x)
    x = L.MaxPooling2D(2, padding="same", name="pool")(x)
    x = L.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, L.Dense(1, activation="sigmoid", name="label")(x), name="cnn")


def bilstm():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32", name="tokens"),
            L.Embedding(31, 3, mask_zero=True, name="embedding"),
            L.Bidirectional(L.LSTM(3, return_sequences=True), name="bilstm"),
            L.Bidirectional(L.GRU(2), merge_mode="sum", name="bigru"),
            L.Dense(1, name="value"),
        ],
        name="bilstm",
    )


def transformer():
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = L.Embedding(31, 4, mask_zero=True, name="embedding")(tokens)
    attended = L.MultiHeadAttention(2, 3, name="attention")(x, x, use_causal_mask=True)
    x = L.LayerNormalization(name="norm1")(L.Add(name="add1")([x, attended]))
    y = L.Dense(6, activation="gelu", name="wide")(x)
    y = L.Dropout(0.0, name="dropout")(L.Dense(4, name="narrow")(y))
    x = L.LayerNormalization(name="norm2")(L.Add(name="add2")([x, y]))
    return keras.Model(tokens, L.Dense(7, name="next")(x), name="transformer")


def frozen():
    model = mlp()
    model.get_layer("hidden").trainable = False
    model.get_layer("bn").trainable = False
    return model


def scores(random):
    return random.normal(0, 1, (BATCH, 4)).astype("float32"), random.integers(0, 3, BATCH)


def images(random):
    return (
        random.normal(0, 1, (BATCH, 8, 7, 2)).astype("float32"),
        random.integers(0, 2, BATCH).astype("float32"),
    )


def sentences(length, labels):
    """No token is twice in a batch: on TensorFlow, Keras's Adam squares the gradient of each
    occurrence alone, which it does not do on its other backends."""

    def make(random):
        ids = random.permutation(np.arange(1, 31))[: BATCH * length].reshape(BATCH, length)
        ids[0, -1] = 0
        return ids.astype("int32"), labels(random)

    return make


def values(random):
    return random.normal(0, 1, (BATCH, 1)).astype("float32")


def following(random):
    return random.integers(1, 7, (BATCH, 5))


SPARSE = "sparse_categorical_crossentropy"
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
ADAM = lambda: O.Adam(0.01)
SGD = lambda: O.SGD(0.05, momentum=0.9)
CASES = {
    "mlp_adam": (mlp, scores, SPARSE, ADAM),
    "mlp_sgd": (mlp, scores, SPARSE, SGD),
    "cnn_adam": (cnn, images, "binary_crossentropy", ADAM),
    "cnn_sgd": (cnn, images, "binary_crossentropy", SGD),
    "bilstm_adam": (bilstm, sentences(6, values), "mse", ADAM),
    "bilstm_sgd": (bilstm, sentences(6, values), "mse", SGD),
    # The bias of the keys has no gradient but noise, which a smaller epsilon would make a step of.
    "transformer_adam": (transformer, sentences(5, following), LOGITS, lambda: O.Adam(0.01, epsilon=1e-4)),
    "transformer_sgd": (transformer, sentences(5, following), LOGITS, SGD),
    "mlp_amsgrad": (mlp, scores, SPARSE, lambda: O.Adam(0.02, 0.8, 0.9, 1e-3, amsgrad=True)),
    "mlp_adamw": (mlp, scores, SPARSE, lambda: O.AdamW(0.02, weight_decay=0.1, global_clipnorm=0.5)),
    "bilstm_clipnorm": (bilstm, sentences(6, values), "mae", lambda: O.Adam(0.02, clipnorm=0.1)),
    "mlp_clipvalue": (mlp, scores, SPARSE, lambda: O.SGD(0.1, clipvalue=0.05, weight_decay=0.1)),
    "mlp_nesterov": (mlp, scores, SPARSE, lambda: O.SGD(0.1, momentum=0.8, nesterov=True)),
    "mlp_rates": (mlp, scores, SPARSE, SGD),
    "mlp_frozen": (frozen, scores, SPARSE, ADAM),
}
RATES = {"mlp_rates": [0.05, 0.05, 0.01, 0.02, 0.0, 0.03]}


def slots(model, optimizer):
    if isinstance(optimizer, O.SGD):
        if optimizer.momentum == 0:
            return {}
        rate = float(optimizer.learning_rate)
        if rate == 0:
            return {}
        moments = convention.moments(model, optimizer.momentums)
        return {"momentum_buffer": {name: -value / rate for name, value in moments.items()}}
    found = {
        "exp_avg": convention.moments(model, optimizer._momentums),
        "exp_avg_sq": convention.moments(model, optimizer._velocities),
    }
    if optimizer.amsgrad:
        found["max_exp_avg_sq"] = convention.moments(model, optimizer._velocity_hats)
    return found


def run(index, name, tensors):
    build, data, loss, make_optimizer = CASES[name]
    keras.backend.clear_session()
    random = np.random.default_rng(100 + index)
    model = build()
    randomize(model, random)
    model.compile(make_optimizer(), loss)
    for key, value in convention.of(model).items():
        tensors[f"{name}/start/{key}"] = value
    losses = []
    for step in range(1, STEPS + 1):
        if name in RATES:
            model.optimizer.learning_rate = RATES[name][step - 1]
        x, y = data(random)
        tensors[f"{name}/x/{step}"] = x
        tensors[f"{name}/y/{step}"] = y
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, y)))
        for key, value in convention.of(model).items():
            tensors[f"{name}/weights/{step}/{key}"] = value
        for slot, values in slots(model, model.optimizer).items():
            for key, value in values.items():
                tensors[f"{name}/{slot}/{step}/{key}"] = value
    case = {"model": json.loads(model.to_json()), "losses": losses}
    if name in RATES:
        case["rates"] = RATES[name]
        case["model"]["compile_config"]["optimizer"]["config"]["learning_rate"] = RATES[name][0]
    return case


def main():
    tensors = {}
    cases = {name: run(index, name, tensors) for index, name in enumerate(CASES)}
    (HERE / "training.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    save_file({key: np.array(value, order="C") for key, value in tensors.items()}, HERE / "training.safetensors")


if __name__ == "__main__":
    main()
