package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.keras.layers.OptimizerState;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.AdamW;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KerasOptimizerTest {
  private KerasNetwork network = KerasNetworks.dense();

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    network = KerasNetworks.dense();
  }

  /** Networks that tests begin with. */
  private static final class KerasNetworks {
    static KerasNetwork dense() {
      try {
        return KerasNetwork.of(Configs.sequential(Configs.dense("first", 3, 2)));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private float[] bias() {
    return NativeTensors.heapCopy(parameter("first.bias").detach()).toFloats();
  }

  private org.bytedeco.pytorch.Tensor parameter(String name) {
    return Objects.requireNonNull(ModuleState.of(network.module()).parameters().get(name), name);
  }

  /** The state tensors of each parameter and the options, as text. */
  private static Map<String, String> bytes(KerasOptimizer optimizer) {
    Map<String, String> texts = new TreeMap<>();
    ((Value.Dict) optimizer.stateDict().get("state"))
        .entries()
        .forEach(
            (index, entry) -> {
              var state = (StateDict) entry;
              StringBuilder text = new StringBuilder();
              for (String name : state.names()) {
                text.append(name).append(Arrays.toString(state.tensor(name).toByteArray()));
              }
              texts.put(index.toString(), text.toString());
            });
    texts.put("options", optimizer.groups().getFirst().options().toString());
    return texts;
  }

  /** Gives both parameters gradients: the weight 0, the bias these. */
  private void gradients(float... ofBias) {
    parameter("first.weight").mutable_grad().put(torch.zeros_like(parameter("first.weight")));
    parameter("first.bias").mutable_grad().put(Configs.tensor(ofBias, 2));
  }

  @Test
  void momentum_goes_on_in_a_step_of_learning_rate_0() {
    KerasSgd sgd = KerasSgd.builder().learningRate(0.5).momentum(0.5).over(network.module());
    gradients(1, -1);
    sgd.step();
    assertThat(bias()).containsExactly(-0.5f, 0.5f);
    sgd.groups().getFirst().learningRate(0);
    sgd.step();
    assertThat(bias()).containsExactly(-0.75f, 0.75f);
    sgd.groups().getFirst().learningRate(1);
    sgd.step();
    // Keras: 0.5 * -0.25 - 1 * 1
    assertThat(bias()).containsExactly(-1.875f, 1.875f);
  }

  @Test
  void a_schedule_that_begins_with_0_does_not_divide_by_it() {
    KerasSgd sgd = KerasSgd.builder().learningRate(0).momentum(0.5).over(network.module());
    gradients(1, -1);
    sgd.step();
    sgd.groups().getFirst().learningRate(0.5);
    sgd.step();
    assertThat(bias()).containsExactly(-0.5f, 0.5f);
  }

  @Test
  void gradients_are_cut_by_value() {
    KerasSgd sgd = KerasSgd.builder().learningRate(1).clipValue(0.5).over(network.module());
    gradients(2, -0.25f);
    sgd.step();
    assertThat(bias()).containsExactly(-0.5f, 0.25f);
  }

  @Test
  void gradients_are_scaled_to_the_norm_of_their_own_variable() {
    KerasSgd sgd = KerasSgd.builder().learningRate(1).clipNorm(1).over(network.module());
    gradients(3, 4);
    parameter("first.weight")
        .mutable_grad()
        .put(torch.full_like(parameter("first.weight"), new org.bytedeco.pytorch.Scalar(100.0)));
    sgd.step();
    assertThat(bias()[0]).isEqualTo(-0.6f, Offset.offset(1e-6f));
    assertThat(bias()[1]).isEqualTo(-0.8f, Offset.offset(1e-6f));
  }

  @Test
  void gradients_are_scaled_to_the_norm_of_all() {
    KerasSgd sgd = KerasSgd.builder().learningRate(1).globalClipNorm(1).over(network.module());
    gradients(3, 0);
    parameter("first.weight")
        .mutable_grad()
        .put(Configs.tensor(new float[] {4, 0, 0, 0, 0, 0}, 2, 3));
    sgd.step();
    assertThat(bias()[0]).isEqualTo(-0.6f, Offset.offset(1e-6f));
  }

  @Test
  void small_gradients_are_left_alone_by_a_limit() {
    KerasSgd sgd = KerasSgd.builder().learningRate(1).globalClipNorm(10).over(network.module());
    gradients(3, 4);
    sgd.step();
    assertThat(bias()).containsExactly(-3, -4);
  }

  @Test
  void only_parameters_that_need_gradients_are_in_the_group() {
    parameter("first.weight").set_requires_grad(false);
    KerasAdam adam = KerasAdam.builder().over(network.module());
    assertThat(adam.groups()).hasSize(1);
    assertThat(adam.groups().getFirst().parameters()).containsOnlyKeys("first.bias");
  }

  @Test
  void a_parameter_without_a_gradient_does_not_decay() {
    KerasSgd sgd = KerasSgd.builder().learningRate(1).weightDecay(0.5).over(network.module());
    float[] before = NativeTensors.heapCopy(parameter("first.weight").detach()).toFloats();
    gradients(1, 1);
    parameter("first.weight").mutable_grad().reset();
    sgd.step();
    assertThat(NativeTensors.heapCopy(parameter("first.weight").detach()).toFloats())
        .isEqualTo(before);
  }

  @Test
  void state_is_saved_and_loaded_as_pytorchs() {
    KerasAdam adam = KerasAdam.builder().amsgrad(true).over(network.module());
    gradients(1, 2);
    adam.step();
    StateDict saved = adam.stateDict();
    var entries = ((Value.Dict) saved.get("state")).entries();
    assertThat(((StateDict) Objects.requireNonNull(entries.get(Value.of(1L)))).names())
        .containsExactlyInAnyOrder("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq");

    KerasAdam other = KerasAdam.builder().amsgrad(true).over(network.module());
    other.loadStateDict(saved);
    assertThat(bytes(other)).isEqualTo(bytes(adam)).hasSize(3);
  }

  @Test
  void the_state_of_another_run_has_to_fit_and_changes_nothing_if_it_does_not() {
    KerasAdam adam = KerasAdam.builder().over(network.module());
    Map<String, String> before = bytes(adam);
    StateDict state =
        StateDict.of(
            Map.of(
                "second.bias",
                StateDict.of(Map.of("step", Tensor.scalar(1))),
                "first.bias",
                StateDict.of(Map.of("exp_avg", Tensor.ofFloats(new float[] {1}, 1)))));
    assertThatThrownBy(() -> adam.takeOn(new OptimizerState(1, OptionalDouble.empty(), state)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("the state does not fit the optimizer, which was not changed")
        .hasMessageContaining("2 missing: step of first.bias, exp_avg_sq of first.bias")
        .hasMessageContaining("1 unexpected: second.bias")
        .hasMessageContaining("exp_avg of first.bias (expected F32[2], found F32[1]");
    assertThat(bytes(adam)).isEqualTo(before);
  }

  @Test
  void a_state_that_is_taken_on_brings_its_learning_rate() {
    KerasSgd sgd = KerasSgd.builder().learningRate(1).momentum(0.5).over(network.module());
    StateDict state =
        StateDict.of(
            Map.of(
                "first.bias",
                StateDict.of(Map.of("momentum_buffer", Tensor.ofFloats(new float[] {1, 2}, 2)))));
    sgd.takeOn(new OptimizerState(7, OptionalDouble.of(0.25), state));
    assertThat(sgd.groups().getFirst().learningRate()).isEqualTo(0.25);
    gradients(0, 0);
    sgd.step();
    assertThat(bias()).containsExactly(-0.125f, -0.25f);
  }

  @Test
  void a_state_for_keras_is_in_terms_of_the_learning_rate_of_the_next_step() {
    KerasSgd sgd = KerasSgd.builder().learningRate(0.5).momentum(0.5).over(network.module());
    gradients(1, 2);
    sgd.step();
    sgd.groups().getFirst().learningRate(0.25);
    OptimizerState state = sgd.state(1);
    assertThat(state.step()).isEqualTo(1);
    assertThat(state.learningRate()).hasValue(0.25);
    assertThat(state.parameters().dict("first.bias").tensor("momentum_buffer").toFloats())
        .containsExactly(2, 4);

    KerasSgd other = KerasSgd.builder().momentum(0.5).over(network.module());
    other.takeOn(state);
    gradients(0, 0);
    other.step();
    assertThat(bias()).containsExactly(-0.75f, -1.5f);
    sgd.groups().getFirst().learningRate(0);
    assertThatThrownBy(() -> sgd.state(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the learning rate is 0, in terms of which Keras has no momentum; set the one of the"
                + " next step");
  }

  @Test
  void betas_that_are_none_are_an_error() {
    KerasAdam adam = KerasAdam.builder().over(network.module());
    adam.groups().getFirst().option("betas", Value.of(0.9));
    gradients(1, 1);
    assertThatThrownBy(adam::step)
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("option 'betas' should be a tuple of two numbers");
  }

  @Test
  void options_out_of_range_are_errors() {
    KerasAdam.Builder adam = KerasAdam.builder();
    KerasSgd.Builder sgd = KerasSgd.builder();
    for (var call :
        List.<Runnable>of(
            () -> adam.learningRate(-1),
            () -> adam.epsilon(Double.NaN),
            () -> adam.weightDecay(Double.POSITIVE_INFINITY),
            () -> sgd.learningRate(-1),
            () -> sgd.weightDecay(-1))) {
      assertThatThrownBy(call::run).hasMessageEndingWith(": expected a number from 0 up");
    }
    for (var call : List.<Runnable>of(() -> adam.betas(2, 0.5), () -> sgd.momentum(-0.1))) {
      assertThatThrownBy(call::run).hasMessageEndingWith(": expected a number from 0 to 1");
    }
    for (var call :
        List.<Runnable>of(
            () -> adam.clipNorm(0),
            () -> adam.globalClipNorm(-1),
            () -> adam.clipValue(0),
            () -> sgd.clipNorm(0))) {
      assertThatThrownBy(call::run).hasMessageEndingWith(": expected a number above 0");
    }
  }

  @Test
  void epsilon_is_added_before_the_bias_is_corrected_and_not_after_as_in_pytorch() {
    gradients(1e-6f, 1);
    KerasAdam.builder().learningRate(1).epsilon(1e-6).over(network.module()).step();
    float keras = bias()[0];
    network = KerasNetworks.dense();
    gradients(1e-6f, 1);
    AdamW.builder()
        .learningRate(1)
        .epsilon(1e-6)
        .weightDecay(0)
        .over(ModuleState.of(network.module()).parameters())
        .step();
    float pytorch = bias()[0];
    assertThat(pytorch).isEqualTo(-0.5f, Offset.offset(1e-4f));
    // The root of the average, sqrt(0.001) * 1e-6, is small next to epsilon.
    assertThat(keras).isEqualTo(-0.0307f, Offset.offset(1e-4f));
  }
}
