"""Predictions of Keras's layers: python make.py, with keras==3.15.1 and tensorflow==2.21.0.

predictions.json has each model's configuration by the name of its case; predictions.safetensors the
tensors, under CASE/weights/NAME (see convention.py), CASE/input/I, CASE/output/I (of predict) and, of
models that draw no random numbers, CASE/trained/I (in training mode) and CASE/after/NAME (the
running statistics then).
"""

import json
import os
import pathlib

os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="3",
    CUDA_VISIBLE_DEVICES="-1",
    OMP_NUM_THREADS="1",
)

import keras
import numpy as np
from keras import layers as L
from safetensors.numpy import save_file

import convention

HERE = pathlib.Path(__file__).parent
CASES = {}


def case(name, *shapes, dtypes=None, trained=False):
    """A case: a function from the inputs to the outputs, and the shapes of an example."""

    def add(build):
        assert name not in CASES, name
        CASES[name] = (build, shapes, dtypes or ["float32"] * len(shapes), trained)
        return build

    return add


def layer(name, shape, make, **options):
    """A case of one layer on one input."""
    case(name, shape, **options)(lambda x: make(x))


def integers(name, shape, make, **options):
    layer(name, shape, make, dtypes=["int32"], **options)


def dense():
    layer("dense", (5,), L.Dense(3, activation="relu"))
    layer("einsum_dense", (4, 5), L.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d"))
    layer("dense_without_bias", (4, 5), L.Dense(3, use_bias=False))
    for name in """relu relu6 elu selu celu gelu silu swish softplus softsign tanh sigmoid
        hard_sigmoid exponential linear mish leaky_relu log_softmax softmax log_sigmoid hard_tanh
        hard_silu tanh_shrink soft_shrink hard_shrink sparse_plus squareplus glu""".split():
        layer(f"activation_{name}", (4, 6), L.Activation(name))


def activations():
    layer("relu_layer", (6,), L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2))
    layer("relu_layer_plain", (6,), L.ReLU())
    layer("leaky_relu_layer", (6,), L.LeakyReLU())
    layer("elu_layer", (6,), L.ELU(alpha=0.7))
    layer("prelu", (3, 4), L.PReLU())
    layer("prelu_all_shared", (3, 4), L.PReLU(shared_axes=[1, 2]))
    layer("prelu_shared", (3, 4), L.PReLU(shared_axes=[1]))
    layer("softmax_layer", (3, 4), L.Softmax(axis=1))
    layer("softmax_two_axes", (3, 4), L.Softmax(axis=[1, 2]))


def convolutions():
    for padding in ("valid", "same", "causal"):
        layer(f"conv1d_{padding}", (9, 4), L.Conv1D(3, 4, padding=padding, activation="tanh"))
    layer("conv1d_strided_same", (10, 4), L.Conv1D(3, 4, strides=3, padding="same"))
    layer("conv1d_dilated_causal", (10, 4), L.Conv1D(3, 3, dilation_rate=2, padding="causal"))
    layer("conv1d_channels_first", (4, 9), L.Conv1D(3, 4, padding="same", data_format="channels_first"))
    for padding in ("valid", "same"):
        layer(f"conv2d_{padding}", (7, 6, 3), L.Conv2D(4, (3, 2), padding=padding))
        layer(f"conv2d_strided_{padding}", (8, 7, 3), L.Conv2D(4, 3, strides=(2, 3), padding=padding))
        layer(f"conv2d_dilated_{padding}", (8, 7, 3), L.Conv2D(4, 3, dilation_rate=(2, 1), padding=padding))
    layer("conv2d_groups", (5, 5, 4), L.Conv2D(6, 3, groups=2, padding="same"))
    layer("conv2d_without_bias", (5, 5, 2), L.Conv2D(3, 2, use_bias=False))
    layer("conv2d_channels_first", (3, 7, 6), L.Conv2D(4, 3, strides=2, padding="same", data_format="channels_first"))
    layer("conv3d", (5, 4, 6, 2), L.Conv3D(3, (2, 3, 2), padding="same", strides=(2, 1, 1)))
    layer("depthwise_conv1d", (8, 3), L.DepthwiseConv1D(3, depth_multiplier=2, padding="same", strides=2))
    layer("depthwise_conv2d", (6, 7, 3), L.DepthwiseConv2D(3, depth_multiplier=2, padding="same"))
    layer("depthwise_conv2d_dilated", (8, 8, 2), L.DepthwiseConv2D(3, dilation_rate=2))
    layer("separable_conv1d", (8, 3), L.SeparableConv1D(5, 3, padding="same", depth_multiplier=2))
    layer("separable_conv2d", (7, 6, 3), L.SeparableConv2D(5, 3, padding="same", strides=2, activation="relu"))
    for padding in ("valid", "same"):
        for stride, size in ((1, 3), (2, 3), (2, 4), (3, 5)):
            layer(
                f"conv2d_transpose_{padding}_{stride}_{size}",
                (4, 5, 3),
                L.Conv2DTranspose(2, size, strides=stride, padding=padding),
            )
        layer(
            f"conv2d_transpose_{padding}_output_padding",
            (4, 5, 3),
            L.Conv2DTranspose(2, 3, strides=2, padding=padding, output_padding=1),
        )
    layer("conv1d_transpose", (5, 3), L.Conv1DTranspose(2, 3, strides=2, padding="same", activation="elu"))
    layer("conv3d_transpose", (3, 2, 4, 2), L.Conv3DTranspose(2, 3, strides=(1, 2, 1), padding="same"))


def pooling():
    for rank, shape in ((1, (9, 3)), (2, (7, 6, 3)), (3, (5, 4, 6, 2))):
        for kind in ("Max", "Average"):
            for padding in ("valid", "same"):
                pool = getattr(L, f"{kind}Pooling{rank}D")
                layer(f"{kind.lower()}_pooling{rank}d_{padding}", shape, pool(3, strides=2, padding=padding))
            layer(f"global_{kind.lower()}_pooling{rank}d", shape, getattr(L, f"Global{kind}Pooling{rank}D")())
    layer("max_pooling2d_default_strides", (6, 7, 2), L.MaxPooling2D((2, 3)))
    layer("average_pooling2d_channels_first", (2, 6, 7), L.AveragePooling2D(2, padding="same", data_format="channels_first"))
    layer("global_average_pooling2d_keepdims", (4, 5, 3), L.GlobalAveragePooling2D(keepdims=True))
    layer("global_max_pooling2d_channels_first", (3, 4, 5), L.GlobalMaxPooling2D(data_format="channels_first"))


def normalization():
    layer("batch_normalization", (5,), L.BatchNormalization(momentum=0.9, epsilon=1e-2), trained=True)
    layer("batch_normalization_images", (3, 4, 5), L.BatchNormalization(scale=False), trained=True)
    layer("batch_normalization_axis_1", (5, 3, 4), L.BatchNormalization(axis=1, center=False), trained=True)
    layer("batch_normalization_frozen", (5,), L.BatchNormalization(trainable=False), trained=True)
    layer("layer_normalization", (3, 5), L.LayerNormalization())
    layer("layer_normalization_two_axes", (3, 4, 5), L.LayerNormalization(axis=[2, 3], epsilon=1e-2))
    layer("layer_normalization_axis_1", (3, 5), L.LayerNormalization(axis=1, center=False))
    layer("layer_normalization_plain", (5,), L.LayerNormalization(scale=False, center=False))
    layer("group_normalization", (3, 4, 6), L.GroupNormalization(groups=3))
    layer("group_normalization_each", (4, 6), L.GroupNormalization(groups=-1, scale=False))
    layer("group_normalization_axis_1", (6, 3, 4), L.GroupNormalization(groups=2, axis=1))
    layer("rms_normalization", (3, 5), L.RMSNormalization())
    layer("unit_normalization", (3, 5), L.UnitNormalization())
    layer("rescaling", (3, 5), L.Rescaling(1 / 255, offset=-0.5))
    layer("normalization", (5,), L.Normalization(mean=[1, 2, 3, 4, 5], variance=[1, 4, 9, 1, 2]))
    adapted = L.Normalization()
    adapted.adapt(np.random.default_rng(0).normal(2, 3, (20, 5)).astype("float32"))
    layer("normalization_adapted", (4, 5), adapted)
    adapted = L.Normalization(axis=1)
    adapted.adapt(np.random.default_rng(1).normal(2, 3, (20, 4, 5)).astype("float32"))
    layer("normalization_adapted_axis_1", (4, 5), adapted)
    layer("normalization_invert", (5,), L.Normalization(mean=0.5, variance=2.0, axis=None, invert=True))


def shapes():
    layer("flatten", (3, 4, 2), L.Flatten())
    layer("flatten_channels_first", (3, 4, 2), L.Flatten(data_format="channels_first"))
    layer("reshape", (3, 4), L.Reshape((2, -1, 3)))
    layer("permute", (3, 4, 2), L.Permute((3, 1, 2)))
    layer("repeat_vector", (4,), L.RepeatVector(3))
    layer("zero_padding1d", (4, 3), L.ZeroPadding1D((1, 2)))
    layer("zero_padding2d", (4, 3, 2), L.ZeroPadding2D(((1, 2), (0, 3))))
    layer("zero_padding2d_channels_first", (2, 4, 3), L.ZeroPadding2D((1, 2), data_format="channels_first"))
    layer("zero_padding3d", (2, 3, 2, 2), L.ZeroPadding3D((1, 0, 2)))
    layer("cropping1d", (6, 3), L.Cropping1D((1, 2)))
    layer("cropping2d", (6, 5, 2), L.Cropping2D(((1, 2), (0, 3))))
    layer("cropping3d", (4, 3, 5, 2), L.Cropping3D((1, 0, 2)))
    layer("up_sampling1d", (4, 3), L.UpSampling1D(3))
    layer("up_sampling2d", (3, 4, 2), L.UpSampling2D((2, 3)))
    layer("up_sampling3d", (2, 3, 2, 2), L.UpSampling3D((2, 1, 3)))
    layer("identity", (3,), L.Identity())
    for dropout in ("Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "SpatialDropout1D"):
        layer(f"predicting_{dropout}", (4, 3), getattr(L, dropout)(0.4))


def merging():
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        case(f"merge_{kind.lower()}", (3, 4), (3, 4))(lambda x, y, kind=kind: getattr(L, kind)()([x, y]))
    case("merge_add_three_broadcast", (3, 4), (4,), (3, 4))(
        lambda x, y, z: L.Add()([x, L.Reshape((1, 4))(y), z])
    )
    case("merge_add_ranks", (3, 4), (4,))(lambda x, y: L.Add()([x, y]))
    case("concatenate", (3, 4), (3, 2))(lambda x, y: L.Concatenate()([x, y]))
    case("concatenate_axis_1", (3, 4), (2, 4))(lambda x, y: L.Concatenate(axis=1)([x, y]))
    case("dot", (3, 4), (5, 4))(lambda x, y: L.Dot(axes=2)([x, y]))
    case("dot_normalized", (4,), (4,))(lambda x, y: L.Dot(axes=1, normalize=True)([x, y]))
    case("operations", (3, 4), (3, 4))(
        lambda x, y: keras.ops.maximum(x * 2.0 - y, 0.5 / (1.0 + y * y)) + keras.ops.exp(-x)
    )


def recurrent():
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        make = getattr(L, kind)
        name = kind.lower()
        layer(f"{name}_last", (6, 3), make(4))
        layer(f"{name}_sequences", (6, 3), make(4, return_sequences=True))
        layer(f"{name}_backwards", (6, 3), make(4, return_sequences=True, go_backwards=True))
        layer(f"{name}_without_bias", (6, 3), make(4, use_bias=False))
        layer(f"{name}_activation", (6, 3), make(4, activation="relu", return_sequences=True))
        case(f"{name}_state", (6, 3))(lambda x, make=make: list(make(4, return_state=True)(x)))
        layer(f"{name}_masking", (6, 3), lambda x, make=make: make(4, return_sequences=True)(L.Masking()(x)))
        integers(
            f"{name}_embedding_mask",
            (6,),
            lambda x, make=make: make(4)(L.Embedding(7, 3, mask_zero=True)(x)),
        )
        integers(
            f"{name}_zero_output",
            (6,),
            lambda x, make=make: make(4, return_sequences=True, zero_output_for_mask=True)(
                L.Embedding(7, 3, mask_zero=True)(x)
            ),
        )
    layer("lstm_hard_sigmoid", (6, 3), L.LSTM(4, recurrent_activation="hard_sigmoid"))
    layer("gru_activations", (6, 3), L.GRU(4, activation="softsign", recurrent_activation="hard_sigmoid"))
    layer("simplernn_sigmoid", (6, 3), L.SimpleRNN(4, activation="sigmoid"))
    case("lstm_initial_state", (6, 3), (5, 3))(
        lambda x, y: L.LSTM(4, return_sequences=True)(x, initial_state=L.LSTM(4, return_state=True)(y)[1:])
    )
    for merge in ("concat", "sum", "mul", "ave"):
        layer(
            f"bidirectional_{merge}",
            (5, 3),
            L.Bidirectional(L.LSTM(4, return_sequences=True), merge_mode=merge),
        )
    layer("bidirectional_last", (5, 3), L.Bidirectional(L.GRU(4)))
    layer("bidirectional_simplernn", (5, 3), L.Bidirectional(L.SimpleRNN(2, return_sequences=True)))
    case("bidirectional_state", (5, 3))(lambda x: list(L.Bidirectional(L.LSTM(2, return_state=True))(x)))
    layer(
        "bidirectional_two",
        (5, 3),
        L.Bidirectional(L.LSTM(4), backward_layer=L.LSTM(3, go_backwards=True, use_bias=True)),
    )
    integers(
        "bidirectional_mask",
        (6,),
        lambda x: L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Embedding(7, 3, mask_zero=True)(x)),
    )
    layer("time_distributed_dense", (4, 5), L.TimeDistributed(L.Dense(3, activation="softmax")))
    layer("time_distributed_conv2d", (2, 5, 5, 2), L.TimeDistributed(L.Conv2D(3, 2)))


def attention():
    layer("attention_self", (5, 6), lambda x: L.MultiHeadAttention(2, 3)(x, x))
    layer("attention_causal", (5, 6), lambda x: L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))
    case("attention_cross", (4, 6), (5, 3))(lambda x, y: L.MultiHeadAttention(2, 3, value_dim=4)(x, y))
    case("attention_key", (4, 6), (5, 3), (5, 2))(
        lambda x, y, z: L.MultiHeadAttention(2, 3, output_shape=7, use_bias=False)(x, y, z)
    )
    case("attention_scores", (4, 6))(
        lambda x: list(L.MultiHeadAttention(2, 3)(x, x, return_attention_scores=True))
    )
    layer("attention_dropout", (5, 6), lambda x: L.MultiHeadAttention(2, 3, dropout=0.3)(x, x))

    @case("attention_masked", (5,), dtypes=["int32"])
    def _(x):
        embedded = L.Embedding(6, 4, mask_zero=True)(x)
        return L.GlobalAveragePooling1D()(L.MultiHeadAttention(2, 3)(embedded, embedded))

    @case("attention_masked_causal", (5,), dtypes=["int32"])
    def _(x):
        embedded = L.Embedding(6, 4, mask_zero=True)(x)
        attended = L.MultiHeadAttention(2, 3)(embedded, embedded, use_causal_mask=True)
        return L.LayerNormalization()(L.Add()([embedded, attended]))


def embedding():
    integers("embedding", (4,), L.Embedding(9, 3))
    integers("embedding_pooled", (5,), lambda x: L.GlobalAveragePooling1D()(L.Embedding(6, 3, mask_zero=True)(x)))
    integers(
        "embedding_mask_through_layers",
        (5,),
        lambda x: L.LSTM(3)(
            L.Dropout(0.1)(L.Dense(4, activation="tanh")(L.Embedding(6, 3, mask_zero=True)(x)))
        ),
    )
    case("embedding_mask_concatenated", (5,), (5,), dtypes=["int32", "int32"])(
        lambda x, y: L.GRU(3)(
            L.Concatenate()([L.Embedding(6, 3, mask_zero=True)(x), L.Embedding(6, 2, mask_zero=True)(y)])
        )
    )
    layer(
        "batch_normalization_masked",
        (5, 3),
        lambda x: L.BatchNormalization()(L.Masking()(x)),
        trained=True,
    )
    layer(
        "time_distributed_mask",
        (5, 3),
        lambda x: L.LSTM(2)(L.TimeDistributed(L.Dense(4))(L.Masking()(x))),
    )


def graphs():
    @case("shared_layer", (4,), (4,))
    def _(x, y):
        shared = L.Dense(3, activation="relu", name="shared")
        return [L.Concatenate()([shared(x), shared(y)]), shared(y)]

    @case("nested", (4,))
    def _(x):
        inner_input = keras.Input((3,))
        hidden = L.Dense(3, activation="tanh")(inner_input)
        inner = keras.Model(inner_input, [hidden, L.Add()([hidden, inner_input])], name="inner")
        tower = keras.Sequential([keras.Input((4,)), L.Dense(3), L.ReLU()], name="tower")
        first, second = inner(tower(x))
        again = inner(second)
        return [first, L.Subtract()([again[0], tower(x)])]

    @case("nested_masks", (5,), dtypes=["int32"])
    def _(x):
        inner_input = keras.Input((5, 3))
        inner = keras.Model(inner_input, L.LSTM(3)(L.Dense(3)(inner_input)), name="inner")
        return inner(L.Embedding(6, 3, mask_zero=True)(x))

    @case("residual", (6, 6, 3))
    def _(x):
        y = L.Conv2D(4, 3, padding="same", use_bias=False)(x)
        y = L.BatchNormalization()(y)
        y = L.Activation("relu")(y)
        z = L.SeparableConv2D(4, 3, padding="same")(y)
        return L.Dense(2, activation="softmax")(L.GlobalAveragePooling2D()(L.Add()([y, z])))

    @case("frozen", (4,))
    def _(x):
        return L.Dense(2, name="trained")(L.Dense(3, trainable=False, name="frozen")(x))


def randomize(model, random):
    for variable in model.weights:
        if "seed_generator" in variable.path or variable.name in ("mean", "variance", "count"):
            continue
        value = random.normal(0, 0.5, variable.shape)
        if variable.name in ("moving_variance", "gamma"):
            value = np.abs(value) + 0.5
        variable.assign(value.astype("float32"))


def values(random, shape, dtype, name):
    if dtype == "int32":
        ids = random.integers(1, 6, (3, *shape)).astype("int32")
        ids[0, -2:] = 0
        ids[1, 1] = 0
        return ids
    x = random.normal(0, 1, (3, *shape)).astype("float32")
    if "mask" in name:
        x[0, -2:] = 0
        x[1, 1] = 0
    return x


def predictions():
    configurations, tensors = {}, {}
    for index, (name, (build, shapes, dtypes, trained)) in enumerate(CASES.items()):
        keras.backend.clear_session()
        keras.utils.set_random_seed(index)
        random = np.random.default_rng(index)
        inputs = [keras.Input(shape, dtype=dtype) for shape, dtype in zip(shapes, dtypes)]
        outputs = build(*inputs)
        model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)
        randomize(model, random)
        data = [values(random, shape, dtype, name) for shape, dtype in zip(shapes, dtypes)]
        configurations[name] = json.loads(model.to_json())
        for key, value in convention.of(model).items():
            tensors[f"{name}/weights/{key}"] = value
        given = data if len(data) > 1 else data[0]
        for i, value in enumerate(data):
            tensors[f"{name}/input/{i}"] = value
        for i, value in enumerate(as_list(model(given, training=False))):
            tensors[f"{name}/output/{i}"] = np.array(value)
        if trained:
            for i, value in enumerate(as_list(model(given, training=True))):
                tensors[f"{name}/trained/{i}"] = np.array(value)
            for key, value in convention.of(model).items():
                if key.split(".")[-1].startswith("running_"):
                    tensors[f"{name}/after/{key}"] = value
    return configurations, tensors


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def main():
    for group in (
        dense,
        activations,
        convolutions,
        pooling,
        normalization,
        shapes,
        merging,
        recurrent,
        attention,
        embedding,
        graphs,
    ):
        group()
    configurations, tensors = predictions()
    (HERE / "predictions.json").write_text(json.dumps(configurations, separators=(",", ":")) + "\n")
    save_file({key: np.array(value, order="C") for key, value in tensors.items()}, HERE / "predictions.safetensors")
    print(len(configurations), "cases")


if __name__ == "__main__":
    main()
