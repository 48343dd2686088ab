package io.github.checkpoint4j.keras.layers;

import static io.github.checkpoint4j.keras.layers.Layers.dense;
import static io.github.checkpoint4j.keras.layers.Layers.json;
import static io.github.checkpoint4j.keras.layers.Layers.layer;
import static io.github.checkpoint4j.keras.layers.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptimizerMappingTest {
  private static final Tensor STEPS = Tensor.ofLongs(new long[] {7});
  private static final Tensor RATE = Tensor.scalar(0.5f);
  private static final Tensor KERNEL = Tensor.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
  private static final Tensor BIAS = Tensor.ofFloats(new float[] {7, 8}, 2);
  private static final String MOMENTUM =
      "{'optimizer': {'class_name': 'SGD', 'config': {'name': 'sgd', 'momentum': 0.9}}}";

  private static OptimizerMapping of(String compiled) throws IOException {
    return OptimizerMapping.of(
        WeightMapping.of(sequential(dense("d", 2))),
        OptimizerConfig.parse(json(compiled), "model.keras").orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"adam, ADAM", "AdamW, ADAMW", "sgd, SGD"})
  void an_optimizer_may_be_known_by_its_name_alone(String name, OptimizerConfig.Kind kind)
      throws IOException {
    OptimizerConfig optimizer =
        OptimizerConfig.parse(json("{'optimizer': '" + name + "'}"), "m").orElseThrow();

    assertThat(optimizer.kind()).isEqualTo(kind);
    assertThat(optimizer.amsgrad()).isFalse();
    assertThat(optimizer.momentum()).isZero();
    assertThat(optimizer.isScheduled()).isFalse();
  }

  @Test
  void the_optimizer_of_a_legacy_file_is_read() throws IOException {
    OptimizerConfig optimizer =
        OptimizerConfig.parse(
                json(
                    "{'loss': 'mse', 'optimizer_config': {'class_name': 'Adam', 'config': {'name': 'mine', 'amsgrad': true}}}"),
                "m.h5")
            .orElseThrow();

    assertThat(optimizer.name()).isEqualTo("mine");
    assertThat(optimizer.amsgrad()).isTrue();
  }

  @Test
  void a_model_may_be_compiled_without_an_optimizer() throws IOException {
    assertThat(OptimizerConfig.parse(json("{'loss': 'mse', 'optimizer': null}"), "m")).isEmpty();
  }

  @Test
  void another_optimizer_is_refused_by_its_name() {
    assertThatThrownBy(
            () ->
                of("{'optimizer': {'class_name': 'LossScaleOptimizer', 'config': {'name': 'x'}}}"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "model.keras: optimizer LossScaleOptimizer: only the state of Adam, AdamW and SGD has a counterpart here; the weights can be had without the optimizer");
  }

  @ParameterizedTest
  @CsvSource({"use_ema, true", "gradient_accumulation_steps, 4"})
  void further_state_is_refused(String option, String value) {
    assertThatThrownBy(
            () ->
                of(
                    "{'optimizer': {'class_name': 'Adam', 'config': {'%s': %s}}}"
                        .formatted(option, value)))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "model.keras: optimizer Adam: "
                + option
                + "="
                + value
                + " adds state that PyTorch's optimizers do not have; the weights can be had without the optimizer");
  }

  @Test
  void momentum_with_a_schedule_is_refused() {
    assertThatThrownBy(
            () ->
                of(
                    "{'optimizer': {'class_name': 'SGD', 'config': {'momentum': 0.9, 'learning_rate': {'class_name': 'CosineDecay'}}}}"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "model.keras: optimizer SGD: its momentum has the schedule's learning rate in it, which the file does not hold; the weights can be had without the optimizer");
  }

  @Test
  void momentum_has_the_learning_rate_in_it_only_in_keras() throws IOException {
    OptimizerState state = of(MOMENTUM).toPyTorch(List.of(STEPS, RATE, KERNEL, BIAS));

    assertThat(state.parameters().dict("d.bias").tensor("momentum_buffer").toFloats())
        .containsExactly(-14, -16);
    assertThat(state.parameters().dict("d.weight").tensor("momentum_buffer").toFloats())
        .containsExactly(-2, -6, -10, -4, -8, -12);
    assertThat(state.step()).isEqualTo(7);
    assertThat(state.learningRate()).hasValue(0.5);
  }

  @Test
  void an_optimizer_before_its_first_step_may_have_no_moments() throws IOException {
    Tensor none = Tensor.ofLongs(new long[] {0});
    OptimizerState state = of(MOMENTUM).toPyTorch(List.of(none, RATE));

    assertThat(state.parameters().names()).isEmpty();
    assertThat(of(MOMENTUM).toKeras(state)).containsOnlyKeys("sgd/iteration", "sgd/learning_rate");
  }

  @Test
  void a_recurrent_layers_moments_are_of_the_one_bias_that_keras_has() throws IOException {
    OptimizerMapping mapping =
        OptimizerMapping.of(
            WeightMapping.of(sequential(layer("LSTM", "l", ", 'units': 1"))),
            OptimizerConfig.parse(json(MOMENTUM), "m").orElseThrow());
    Tensor bias = Tensor.ofFloats(new float[4], 4);
    Tensor matrix = Tensor.ofFloats(new float[4], 1, 4);
    OptimizerState state = mapping.toPyTorch(List.of(STEPS, RATE, matrix, matrix, bias));

    assertThat(state.parameters().names())
        .containsExactly("l.weight_ih_l0", "l.weight_hh_l0", "l.bias_ih_l0");
    StateDict.Builder trainedInTorch = StateDict.builder();
    state.parameters().entries().forEach(trainedInTorch::put);
    trainedInTorch.put("l.bias_hh_l0", state.parameters().dict("l.bias_ih_l0"));
    assertThat(
            mapping.toKeras(new OptimizerState(7, OptionalDouble.of(0.5), trainedInTorch.build())))
        .hasSize(5);
  }

  @Test
  void variables_whose_legacy_names_would_be_equal_are_numbered() throws IOException {
    OptimizerMapping mapping =
        OptimizerMapping.of(
            WeightMapping.of(
                sequential(
                    layer("Embedding", "a_b", ", 'input_dim': 2, 'output_dim': 1"),
                    layer(
                        "Sequential",
                        "a",
                        ", 'layers': ["
                            + layer("Embedding", "b", ", 'input_dim': 2, 'output_dim': 1")
                            + "]"))),
            OptimizerConfig.parse(json(MOMENTUM), "m").orElseThrow());
    Tensor table = Tensor.ofFloats(new float[2], 2, 1);

    assertThat(mapping.toKeras(mapping.toPyTorch(List.of(STEPS, RATE, table, table))).keySet())
        .containsExactly(
            "sgd/iteration",
            "sgd/learning_rate",
            "sgd/a_b_embeddings_momentum",
            "sgd/a_b_embeddings_momentum_3");
  }

  @Test
  void another_number_of_variables_is_an_error() {
    assertThatThrownBy(() -> of(MOMENTUM).toPyTorch(List.of(STEPS, RATE, KERNEL)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "optimizer 'sgd' has 3 variables in the file; with 2 trained variables in the model it has 4, or 2 before its first step. Was a layer frozen or thawed after training?");
  }

  @Test
  void a_moment_of_another_shape_is_an_error() {
    assertThatThrownBy(() -> of(MOMENTUM).toPyTorch(List.of(STEPS, RATE, KERNEL, KERNEL)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state is not that of optimizer 'sgd': 'sgd/d_bias_momentum' (expected [2], found F32[3, 2])");
  }

  @Test
  void a_count_of_steps_that_is_none_is_an_error() {
    assertThatThrownBy(() -> of(MOMENTUM).toPyTorch(List.of(RATE, RATE, KERNEL, BIAS)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state is not that of optimizer 'sgd': 'iteration' should be I64[] or I32[] and is F32[]");
  }

  @Test
  void a_learning_rate_that_is_none_is_an_error() {
    assertThatThrownBy(() -> of(MOMENTUM).toPyTorch(List.of(STEPS, STEPS, KERNEL, BIAS)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state is not that of optimizer 'sgd': 'learning_rate' should be F32[] and is I64[]");
  }

  @Test
  void momentum_at_learning_rate_zero_is_an_error() {
    assertThatThrownBy(() -> of(MOMENTUM).toPyTorch(List.of(STEPS, Tensor.scalar(0), KERNEL, BIAS)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state is not that of optimizer 'sgd': at learning rate 0 SGD's momentum cannot be told in PyTorch's terms");
  }

  @Test
  void momentum_of_another_dtype_is_an_error() {
    Tensor half = Tensor.of(Dtype.F16, new long[] {2}, MemorySegment.ofArray(new byte[4]));

    assertThatThrownBy(() -> of(MOMENTUM).toPyTorch(List.of(STEPS, RATE, KERNEL, half)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "SGD's 'momentum_buffer' is changed by the learning rate in F32 only, and is F16[2]");
  }

  @Test
  void state_that_does_not_fit_is_all_named() {
    StateDict entry = StateDict.builder().put("momentum_buffer", BIAS).build();
    StateDict parameters = StateDict.builder().put("d.weight", entry).put("e", entry).build();

    assertThatThrownBy(
            () -> of(MOMENTUM).toKeras(new OptimizerState(7, OptionalDouble.of(0.5), parameters)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state is not that of optimizer 'sgd': 'd.weight.momentum_buffer' (expected [2, ?], found F32[2]), missing 'd.bias.momentum_buffer' (expected [2]), unexpected 'e'");
  }

  @Test
  void a_missing_learning_rate_is_an_error() {
    assertThatThrownBy(
            () ->
                of(MOMENTUM)
                    .toKeras(new OptimizerState(7, OptionalDouble.empty(), StateDict.empty())))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("the state is not that of optimizer 'sgd': missing the learning rate");
  }

  @Test
  void the_count_of_steps_may_be_of_32_bits() throws IOException {
    MemorySegment bytes = MemorySegment.ofArray(new byte[] {9, 0, 0, 0});
    List<Tensor> variables =
        new ArrayList<>(List.of(Tensor.of(Dtype.I32, new long[0], bytes), RATE, KERNEL, BIAS));

    assertThat(of(MOMENTUM).toPyTorch(variables).step()).isEqualTo(9);
  }
}
