package io.github.checkpoint4j.keras.layers;

import static io.github.checkpoint4j.keras.layers.Layers.dense;
import static io.github.checkpoint4j.keras.layers.Layers.layer;
import static io.github.checkpoint4j.keras.layers.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightMappingTest {
  private static final Tensor KERNEL = Tensor.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
  private static final Tensor BIAS = Tensor.ofFloats(new float[] {7, 8}, 2);

  private static WeightMapping ofDense() throws IOException {
    return WeightMapping.of(sequential(dense("d", 2)));
  }

  @Test
  void a_kernel_is_transposed() throws IOException {
    StateDict state =
        ofDense().toPyTorch(Map.of("layers/dense/vars/0", KERNEL, "layers/dense/vars/1", BIAS));

    assertThat(state.tensor("d.weight").shape()).containsExactly(2, 3);
    assertThat(state.tensor("d.weight").toFloats()).containsExactly(1, 3, 5, 2, 4, 6);
  }

  @Test
  void what_need_not_change_is_a_window_on_the_same_bytes() throws IOException {
    StateDict state =
        ofDense().toPyTorch(Map.of("layers/dense/vars/0", KERNEL, "layers/dense/vars/1", BIAS));

    assertThat(state.tensor("d.bias")).isSameAs(BIAS);
    assertThat(ofDense().toKeras(state)).containsEntry("layers/dense/vars/1", BIAS);
  }

  @Test
  void what_changes_is_put_into_the_callers_memory() throws IOException {
    StateDict state;
    try (Arena arena = Arena.ofConfined()) {
      state =
          ofDense()
              .toPyTorch(Map.of("layers/dense/vars/0", KERNEL, "layers/dense/vars/1", BIAS), arena);
      assertThat(state.tensor("d.weight").toFloats()).startsWith(1);
    }
    assertThatThrownBy(() -> state.tensor("d.weight").toFloats())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void the_state_of_a_random_generator_has_no_tensor() throws IOException {
    StateDict state =
        ofDense()
            .toPyTorch(
                Map.of(
                    "layers/dense/vars/0",
                    KERNEL,
                    "layers/dense/vars/1",
                    BIAS,
                    "layers/dropout/seed_generator/vars/0",
                    Tensor.ofLongs(new long[] {1, 2}, 2)));

    assertThat(state.names()).containsExactly("d.weight", "d.bias");
  }

  @Test
  void biases_that_pytorch_has_two_of_are_added() throws IOException {
    Tensor bias = lstmBias(Tensor.ofFloats(new float[] {1, 2, 3, 4}, 4), Dtype.F32);

    assertThat(bias.toFloats()).containsExactly(1.5f, 2.5f, 3.5f, 4.5f);
  }

  @Test
  void biases_of_different_dtypes_are_not_added() {
    assertThatThrownBy(() -> lstmBias(Tensor.of(Dtype.F16, new long[] {4}, ones(8)), Dtype.F32))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "tensors 'l.bias_ih_l0' and 'l.bias_hh_l0' are added in Keras's bias, and are F16 and F32; convert both to F32");
  }

  @Test
  void biases_of_64_bits_are_added() throws IOException {
    MemorySegment bytes = MemorySegment.ofArray(new byte[32]);
    bytes.setAtIndex(java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED, 0, 0.25);
    Tensor first = Tensor.of(Dtype.F64, new long[] {4}, bytes);
    WeightMapping mapping = WeightMapping.of(sequential(layer("LSTM", "l", ", 'units': 1")));

    Tensor sum = Golden.get(mapping.toKeras(lstm(first, first)), "layers/lstm/cell/vars/2");

    assertThat(sum.bytes().getAtIndex(java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED, 0))
        .isEqualTo(0.5);
  }

  @Test
  void rows_of_a_grus_bias_are_of_one_dtype() throws IOException {
    WeightMapping mapping =
        WeightMapping.of(sequential(layer("GRU", "g", ", 'units': 1, 'reset_after': true")));
    StateDict state =
        StateDict.builder()
            .put("g.weight_ih_l0", Tensor.ofFloats(new float[3], 3, 1))
            .put("g.weight_hh_l0", Tensor.ofFloats(new float[3], 3, 1))
            .put("g.bias_ih_l0", Tensor.ofFloats(new float[3], 3))
            .put("g.bias_hh_l0", Tensor.of(Dtype.F16, new long[] {3}, ones(6)))
            .build();

    assertThatThrownBy(() -> mapping.toKeras(state))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "tensors 'g.bias_ih_l0' and 'g.bias_hh_l0' are one variable in Keras, and are F32 and F16; convert one");
  }

  private static Tensor lstmBias(Tensor input, Dtype hidden) throws IOException {
    WeightMapping mapping = WeightMapping.of(sequential(layer("LSTM", "l", ", 'units': 1")));
    Tensor half = Tensor.ofFloats(new float[] {0.5f, 0.5f, 0.5f, 0.5f}, 4);
    assertThat(half.dtype()).isEqualTo(hidden);
    return Golden.get(mapping.toKeras(lstm(input, half)), "layers/lstm/cell/vars/2");
  }

  private static StateDict lstm(Tensor input, Tensor hidden) {
    return StateDict.builder()
        .put("l.weight_ih_l0", Tensor.ofFloats(new float[8], 4, 2))
        .put("l.weight_hh_l0", Tensor.ofFloats(new float[4], 4, 1))
        .put("l.bias_ih_l0", input)
        .put("l.bias_hh_l0", hidden)
        .build();
  }

  private static MemorySegment ones(int size) {
    return MemorySegment.ofArray(new byte[size]).fill((byte) 1);
  }

  @Test
  void the_count_of_batches_may_be_missing_in_pytorch() throws IOException {
    WeightMapping mapping = WeightMapping.of(sequential(layer("BatchNormalization", "b", "")));
    StateDict state =
        StateDict.builder()
            .put("b.weight", BIAS)
            .put("b.bias", BIAS)
            .put("b.running_mean", BIAS)
            .put("b.running_var", BIAS)
            .build();

    assertThat(mapping.toKeras(state)).hasSize(4);
  }

  @Test
  void variables_that_do_not_fit_are_all_named() throws IOException {
    WeightMapping mapping = ofDense();

    assertThatThrownBy(
            () ->
                mapping.toPyTorch(
                    Map.of("layers/dense/vars/0", BIAS, "layers/dense_1/vars/0", KERNEL)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the variables are not those of the model: 'layers/dense/vars/0' (expected [?, 2], found F32[2]), missing 'layers/dense/vars/1' (expected [2]), unexpected 'layers/dense_1/vars/0'");
  }

  @Test
  void tensors_that_do_not_fit_are_all_named() throws IOException {
    WeightMapping mapping = ofDense();
    StateDict state = StateDict.builder().put("d.weight", KERNEL).put("e.weight", KERNEL).build();

    assertThatThrownBy(() -> mapping.toKeras(state))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the tensors are not those of the model: 'd.weight' (expected [2, ?], found F32[3, 2]), missing 'd.bias' (expected [2]), unexpected 'e.weight'");
  }

  @Test
  void of_many_that_do_not_fit_the_first_are_named() throws IOException {
    WeightMapping mapping = ofDense();
    Map<String, Tensor> variables = new LinkedHashMap<>();
    variables.put("layers/dense/vars/0", KERNEL);
    variables.put("layers/dense/vars/1", BIAS);
    for (int i = 0; i < 14; i++) {
      variables.put("layers/more_" + i + "/vars/0", BIAS);
    }

    assertThatThrownBy(() -> mapping.toPyTorch(variables))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageEndingWith("unexpected 'layers/more_11/vars/0', and 2 more");
  }

  @Test
  void weights_of_a_legacy_file_that_do_not_fit_are_all_named() throws IOException {
    WeightMapping mapping = WeightMapping.of(sequential(dense("a", 2), dense("b", 2)));

    assertThatThrownBy(
            () ->
                mapping.legacyToPyTorch(
                    Map.of("a", List.of(BIAS, BIAS), "b", List.of(KERNEL), "c", List.of(BIAS))))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the weights are not those of the model: 'a/kernel' (expected [?, 2], found F32[2]), layer 'b' (expected 2 weights, found 1), unexpected 'layer c'");
  }
}
