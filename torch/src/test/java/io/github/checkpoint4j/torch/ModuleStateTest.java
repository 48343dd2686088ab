package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ModuleStateTest {

  private static Module network() {
    return new Network()
        .with("hidden", new LinearImpl(2, 3))
        .with("bn", new BatchNorm1dImpl(new BatchNormOptions(3)));
  }

  @Test
  void parameters_and_buffers_have_the_names_of_pytorch() {
    ModuleState state = ModuleState.of(network());
    assertThat(state.parameters().keySet())
        .containsExactly("hidden.weight", "hidden.bias", "bn.weight", "bn.bias");
    assertThat(state.buffers().keySet())
        .containsExactly("bn.running_mean", "bn.running_var", "bn.num_batches_tracked");
    assertThat(state.stateDict().names())
        .containsExactly(
            "hidden.weight",
            "hidden.bias",
            "bn.weight",
            "bn.bias",
            "bn.running_mean",
            "bn.running_var",
            "bn.num_batches_tracked");
    assertThat(state.stateDict().tensor("hidden.weight").shape()).containsExactly(3, 2);
    assertThat(state.stateDict().tensor("bn.num_batches_tracked").shape()).isEmpty();
  }

  @Test
  void the_entries_are_in_the_order_of_pytorch_s_state_dict() {
    Module module =
        new Network()
            .with("bn", new BatchNorm1dImpl(new BatchNormOptions(3)))
            .with("inner", new Network().with("deep", new LinearImpl(2, 3)))
            .with("last", new LinearImpl(2, 3));
    module.register_buffer("own_buffer", torch.ones(1));
    module.register_parameter("own", torch.ones(1), true);
    assertThat(ModuleState.of(module).stateDict().names())
        .containsExactly(
            "own",
            "own_buffer",
            "bn.weight",
            "bn.bias",
            "bn.running_mean",
            "bn.running_var",
            "bn.num_batches_tracked",
            "inner.deep.weight",
            "inner.deep.bias",
            "last.weight",
            "last.bias");
  }

  @Test
  void the_parameters_are_those_that_are_trained() {
    ModuleState state = ModuleState.of(network());
    assertThat(state.parameters().values()).allMatch(parameter -> parameter.requires_grad());
    assertThat(state.buffers().values()).noneMatch(buffer -> buffer.requires_grad());
  }

  @Test
  void state_goes_from_one_module_to_another() {
    ModuleState source = ModuleState.of(network());
    ModuleState target = ModuleState.of(network());
    assertThat(source.stateDict().tensor("hidden.weight").toFloats())
        .isNotEqualTo(target.stateDict().tensor("hidden.weight").toFloats());
    target.loadStateDict(source.stateDict());
    source
        .stateDict()
        .names()
        .forEach(
            name ->
                assertThat(
                        target
                            .stateDict()
                            .tensor(name)
                            .hasSameBytes(source.stateDict().tensor(name)))
                    .as(name)
                    .isTrue());
  }

  @Test
  void a_parameter_of_two_names_is_one_parameter_and_two_entries() {
    var shared = new LinearImpl(2, 2);
    Module module = new Network().with("input", shared).with("output", shared);
    ModuleState state = ModuleState.of(module);
    assertThat(state.parameters().keySet()).containsExactly("input.weight", "input.bias");
    assertThat(state.stateDict().names())
        .containsExactly("input.weight", "input.bias", "output.weight", "output.bias");
    state.loadStateDict(state.stateDict());
  }

  @Test
  void it_outlives_the_scope_it_was_made_in() {
    Module module = network();
    ModuleState state;
    try (var _ = new PointerScope()) {
      state = ModuleState.of(module);
    }
    assertThat(state.stateDict().tensor("bn.weight").toFloats()).containsExactly(1, 1, 1);
  }

  @Test
  void all_that_does_not_fit_is_named_and_nothing_is_changed() {
    ModuleState state = ModuleState.of(network());
    float[] before = state.stateDict().tensor("hidden.weight").toFloats();
    StateDict other =
        StateDict.builder()
            .put("hidden.weight", Tensor.ofFloats(new float[6], 3, 2))
            .put("hidden.bias", Tensor.ofFloats(new float[4], 4))
            .put("bn.weight", Tensor.ofLongs(new long[3], 3))
            .put("bn.bias", 7)
            .put("bn.running_mean", Tensor.ofFloats(new float[3], 3))
            .put("classifier.weight", Tensor.ofFloats(new float[3], 3))
            .build();
    assertThatThrownBy(() -> state.loadStateDict(other))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state does not fit the model, which was not changed;"
                + " 2 missing: bn.running_var, bn.num_batches_tracked;"
                + " 1 unexpected: classifier.weight;"
                + " 3 different: hidden.bias (expected F32[3], found F32[4]),"
                + " bn.weight (expected F32[3], found I64[3]),"
                + " bn.bias (expected F32[3], found no tensor)");
    assertThat(state.stateDict().tensor("hidden.weight").toFloats()).isEqualTo(before);
  }

  @Test
  void a_long_list_of_names_is_cut() {
    StateDict.Builder many = StateDict.builder();
    ModuleState state = ModuleState.of(network());
    state.stateDict().entries().forEach(many::put);
    for (int i = 0; i < 50; i++) {
      many.put("x" + i, Tensor.scalar(0));
    }
    assertThatThrownBy(() -> state.loadStateDict(many.build()))
        .hasMessageContaining("50 unexpected: x0, x1, ")
        .hasMessageEndingWith("x39, and 10 more");
  }
}
