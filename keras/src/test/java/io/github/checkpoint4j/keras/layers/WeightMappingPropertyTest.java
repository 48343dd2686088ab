package io.github.checkpoint4j.keras.layers;

import static io.github.checkpoint4j.keras.layers.Layers.layer;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Layers of every class with a rule, of random sizes and options. */
class WeightMappingPropertyTest {
  private static final List<Dtype> DTYPES =
      List.of(Dtype.F32, Dtype.F64, Dtype.F16, Dtype.BF16, Dtype.I8);

  @Property(tries = 200)
  void variables_come_back_bit_for_bit(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    WeightMapping mapping = WeightMapping.of(everyLayer(random));
    Map<String, Tensor> variables = new LinkedHashMap<>();
    for (LayerVariable variable : mapping.variables()) {
      variables.put(variable.path(), tensor(variable.shape(), random));
    }

    Map<String, Tensor> again = mapping.toKeras(mapping.toPyTorch(variables));

    assertThat(again.keySet()).isEqualTo(variables.keySet());
    variables.forEach(
        (path, tensor) ->
            assertThat(Golden.get(again, path).hasSameBytes(tensor)).as(path).isTrue());
  }

  @Property(tries = 100)
  void weights_of_a_legacy_file_come_back_bit_for_bit(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    WeightMapping mapping = WeightMapping.of(everyLayer(random));
    Map<String, Tensor> variables = new LinkedHashMap<>();
    for (LayerVariable variable : mapping.variables()) {
      variables.put(variable.path(), tensor(variable.shape(), random));
    }
    StateDict state = mapping.toPyTorch(variables);

    Map<String, List<Tensor>> weights = new LinkedHashMap<>();
    mapping
        .toLegacyKeras(state)
        .forEach((layer, named) -> weights.put(layer, List.copyOf(named.values())));
    StateDict again = mapping.legacyToPyTorch(weights);

    for (String name : state.names()) {
      assertThat(again.tensor(name).hasSameBytes(state.tensor(name))).as(name).isTrue();
    }
  }

  @Property(tries = 100)
  void tensors_come_back_bit_for_bit(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    WeightMapping mapping = WeightMapping.of(everyLayer(random));
    StateDict.Builder tensors = StateDict.builder();
    for (LayerVariable variable : mapping.variables()) {
      Counterpart counterpart = variable.counterpart();
      // What Keras does not have comes back as Keras's zero.
      if (counterpart instanceof SummedBias || counterpart instanceof CountedVariance) {
        counterpart.toTorch(tensor(variable.shape(), random), Arena.ofAuto()).forEach(tensors::put);
      } else {
        // A Keras variable's shape makes the sizes of two tensors agree.
        Map<String, Tensor> shapes =
            counterpart.toTorch(tensor(variable.shape(), random), Arena.ofAuto());
        Dtype dtype = shapes.values().iterator().next().dtype();
        shapes.forEach((name, tensor) -> tensors.put(name, tensor(dtype, tensor.shape(), random)));
      }
    }
    StateDict state = tensors.build();

    StateDict again = mapping.toPyTorch(mapping.toKeras(state));

    assertThat(List.copyOf(again.names())).isEqualTo(List.copyOf(state.names()));
    for (String name : state.names()) {
      assertThat(again.tensor(name).hasSameBytes(state.tensor(name))).as(name).isTrue();
    }
  }

  /** A layer of each class that has a rule; those within others are drawn too. */
  private static ModelConfig everyLayer(Random random) throws IOException {
    return Layers.sequential(
        layer("Dense", "dense", units(random) + bias(random)),
        layer(
            "EinsumDense",
            "einsum",
            ", 'equation': 'abc,cd->abd', 'output_shape': [6, 7], 'bias_axes': 'd'"),
        layer("Embedding", "embedding", ", 'input_dim': 9, 'output_dim': " + size(random)),
        layer("PReLU", "prelu", ", 'shared_axes': [1, 2]"),
        layer("PReLU", "prelu_of_all", ", 'shared_axes': null"),
        convolution("Conv1D", 1, random),
        convolution("Conv2D", 2, random),
        convolution("Conv3D", 3, random),
        convolution("Conv1DTranspose", 1, random),
        convolution("Conv2DTranspose", 2, random),
        convolution("Conv3DTranspose", 3, random),
        convolution("DepthwiseConv1D", 1, random),
        convolution("DepthwiseConv2D", 2, random),
        convolution("SeparableConv1D", 1, random),
        convolution("SeparableConv2D", 2, random),
        normalization("BatchNormalization", random),
        normalization("LayerNormalization", random),
        normalization("GroupNormalization", random),
        normalization("RMSNormalization", random),
        layer("Normalization", "features", ", 'axis': [-1]"),
        recurrent("LSTM", "lstm", random),
        recurrent("GRU", "gru", random),
        recurrent("SimpleRNN", "rnn", random),
        layer("Bidirectional", "both", ", 'layer': " + recurrent("GRU", "inner", random)),
        layer("Bidirectional", "two", ", 'layer': " + recurrent("LSTM", "inner", random)),
        layer("TimeDistributed", "time", ", 'layer': " + layer("Dense", "d", units(random))),
        layer(
            "MultiHeadAttention",
            "attention",
            ", 'num_heads': %d, 'key_dim': %d, 'value_dim': %d"
                    .formatted(size(random), size(random), size(random))
                + bias(random)),
        layer(
            "Sequential",
            "nested",
            ", 'layers': ["
                + normalization("BatchNormalization", random)
                + ", "
                + layer("Dense", "dense", units(random))
                + "]"));
  }

  private static String convolution(String className, int rank, Random random) {
    StringBuilder kernel = new StringBuilder();
    for (int i = 0; i < rank; i++) {
      kernel.append(i == 0 ? "" : ", ").append(size(random));
    }
    return layer(
        className,
        className + "_" + rank,
        ", 'kernel_size': [%s], 'filters': %d, 'depth_multiplier': %d"
                .formatted(kernel, size(random), size(random))
            + bias(random));
  }

  private static String normalization(String className, Random random) {
    return layer(
        className,
        className,
        ", 'scale': %b, 'center': %b, 'trainable': %b"
            .formatted(random.nextBoolean(), random.nextBoolean(), random.nextBoolean()));
  }

  private static String recurrent(String className, String name, Random random) {
    return layer(className, name, units(random) + bias(random) + ", 'reset_after': true");
  }

  private static String units(Random random) {
    return ", 'units': " + size(random);
  }

  private static String bias(Random random) {
    return ", 'use_bias': " + random.nextBoolean();
  }

  private static int size(Random random) {
    return random.nextInt(1, 6);
  }

  private static Tensor tensor(Shape shape, Random random) {
    long[] sizes =
        shape.dimensions().stream()
            .mapToLong(size -> size < 0 ? random.nextInt(1, 40) : size)
            .toArray();
    return tensor(DTYPES.get(random.nextInt(DTYPES.size())), sizes, random);
  }

  private static Tensor tensor(Dtype dtype, long[] shape, Random random) {
    byte[] bytes = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
    random.nextBytes(bytes);
    return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
  }
}
