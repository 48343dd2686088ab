package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizerTest {

  private static Map<String, org.bytedeco.pytorch.Tensor> parameters() {
    Map<String, org.bytedeco.pytorch.Tensor> parameters = new LinkedHashMap<>();
    for (String name : List.of("weight", "long", "unused", "bias", "scale")) {
      long[] shape =
          switch (name) {
            case "weight" -> new long[] {5, 7};
            case "bias" -> new long[] {7};
            case "scale" -> new long[0];
            case "long" -> new long[] {1037};
            default -> new long[] {3};
          };
      parameters.put(name, torch.ones(shape).set_requires_grad(true));
    }
    return parameters;
  }

  private static Map<String, org.bytedeco.pytorch.Tensor> some(
      Map<String, org.bytedeco.pytorch.Tensor> all, String... names) {
    Map<String, org.bytedeco.pytorch.Tensor> some = new LinkedHashMap<>();
    for (String name : names) {
      some.put(name, Objects.requireNonNull(all.get(name)));
    }
    return some;
  }

  private static Optimizer adamW(Map<String, org.bytedeco.pytorch.Tensor> parameters) {
    return AdamW.builder()
        .over(some(parameters, "weight", "long", "unused"), some(parameters, "bias", "scale"));
  }

  private static void setGradients(
      Map<String, org.bytedeco.pytorch.Tensor> parameters, double value) {
    parameters.forEach(
        (name, parameter) -> {
          if (!name.equals("unused")) {
            parameter.mutable_grad().put(torch.full_like(parameter, new Scalar(value)));
          }
        });
  }

  private static StateDict fileOfPython(String name) throws IOException {
    byte[] file = Files.readAllBytes(Golden.path(name + ".optimizer.pt"));
    return (StateDict) PyTorch.read(MemorySegment.ofArray(file), name);
  }

  private static StateDict group(StateDict state, int index) {
    return (StateDict) ((Value.Items) state.get("param_groups")).values().get(index);
  }

  private static StateDict entry(StateDict state, long index) {
    return (StateDict) ((Value.Dict) state.get("state")).find(Value.of(index)).orElseThrow();
  }

  private static StateDict withState(StateDict state, UnaryOperator<Map<Value, Value>> change) {
    var dict = (Value.Dict) state.get("state");
    return StateDict.builder()
        .put("state", new Value.Dict(change.apply(new LinkedHashMap<>(dict.entries()))))
        .put("param_groups", state.get("param_groups"))
        .build();
  }

  private static StateDict withGroup(StateDict state, int index, String name, Value value) {
    List<Value> groups =
        new java.util.ArrayList<>(((Value.Items) state.get("param_groups")).values());
    Map<String, Value> changed = new LinkedHashMap<>(group(state, index).entries());
    changed.put(name, value);
    groups.set(index, StateDict.of(changed));
    return StateDict.builder()
        .put("state", state.get("state"))
        .put("param_groups", new Value.Items(groups))
        .build();
  }

  private static StateDict withEntry(StateDict entry, String name, Value value) {
    Map<String, Value> changed = new LinkedHashMap<>(entry.entries());
    changed.put(name, value);
    return StateDict.of(changed);
  }

  // ---- what is written

  @ParameterizedTest
  @ValueSource(strings = {"adamw_fused", "adamw_fused_amsgrad", "adamw", "sgd", "sgd_nesterov"})
  void a_file_of_python_loaded_and_written_again_is_the_same(String name) throws IOException {
    StateDict python = fileOfPython(name);
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer =
        name.startsWith("adamw")
            ? adamW(all)
            : Sgd.builder().over(some(all, "weight", "long", "unused"), some(all, "bias", "scale"));

    optimizer.loadStateDict(python);
    StateDict ours = optimizer.stateDict();

    assertThat(ours.names()).containsExactlyElementsOf(python.names());
    Map<Value, Value> state =
        python.get("state") instanceof Value.Dict dict ? dict.entries() : Map.of();
    assertThat(((Value.Dict) ours.get("state")).entries().keySet())
        .containsExactlyInAnyOrderElementsOf(state.keySet());
    state.forEach(
        (index, value) -> {
          StateDict entry = entry(ours, ((Value.Int) index).exactLong());
          var expected = (StateDict) value;
          assertThat(entry.names()).containsExactlyElementsOf(expected.names());
          expected
              .names()
              .forEach(
                  slot ->
                      assertThat(entry.tensor(slot).hasSameBytes(expected.tensor(slot)))
                          .as(slot)
                          .isTrue());
        });
    for (int i = 0; i < 2; i++) {
      StateDict found = group(ours, i);
      StateDict expected = group(python, i);
      expected
          .names()
          .forEach(option -> assertThat(found.get(option)).isEqualTo(expected.get(option)));
      assertThat(found.names()).hasSize(expected.size() + 1).contains("param_names");
    }
  }

  @Test
  void a_new_optimizer_has_the_options_of_hugging_faces_trainer_in_its_order() throws IOException {
    Optimizer optimizer = AdamW.builder().learningRate(1e-3).weightDecay(0.01).over(parameters());
    StateDict ours = group(optimizer.stateDict(), 0);
    assertThat(ours.names())
        .containsExactly(
            "weight_decay",
            "lr",
            "betas",
            "eps",
            "amsgrad",
            "maximize",
            "foreach",
            "capturable",
            "differentiable",
            "fused",
            "decoupled_weight_decay",
            "param_names",
            "params");
    StateDict python = group(fileOfPython("adamw_fused"), 0);
    assertThat(ours.names()).containsAll(python.names());
    assertThat(ours.get("param_names"))
        .isEqualTo(
            Value.list(
                Value.of("weight"),
                Value.of("long"),
                Value.of("unused"),
                Value.of("bias"),
                Value.of("scale")));
    assertThat(((Value.Dict) optimizer.stateDict().get("state")).entries()).isEmpty();
  }

  @Test
  void a_parameter_that_never_had_a_gradient_has_no_state() {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer = adamW(all);
    setGradients(all, 0.5);
    optimizer.step();
    StateDict state = optimizer.stateDict();
    assertThat(((Value.Dict) state.get("state")).entries().keySet())
        .containsExactly(Value.of(0), Value.of(1), Value.of(3), Value.of(4));
    Optimizer other = adamW(parameters());
    other.loadStateDict(state);
    assertThat(((Value.Dict) other.stateDict().get("state")).entries()).hasSize(4);
  }

  @Test
  void the_state_shows_later_steps_and_outlives_scopes() {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer;
    try (var _ = new PointerScope()) {
      optimizer = adamW(all);
      setGradients(all, 0.5);
      optimizer.step();
    }
    Tensor step = entry(optimizer.stateDict(), 0).tensor("step");
    assertThat(step.toFloats()).containsExactly(1);
    try (var _ = new PointerScope()) {
      setGradients(all, 0.25);
      optimizer.step();
    }
    assertThat(step.toFloats()).containsExactly(2);
  }

  @Test
  void zeroing_forgets_the_gradients() {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer = adamW(all);
    setGradients(all, 0.5);
    optimizer.zeroGrad();
    optimizer.step();
    all.forEach((name, parameter) -> assertThat(parameter.grad().defined()).as(name).isFalse());
    assertThat(((Value.Dict) optimizer.stateDict().get("state")).entries()).isEmpty();
  }

  // ---- what is read

  @Test
  void names_find_their_state_whatever_the_order() {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer = AdamW.builder().learningRate(0.5).over(all);
    setGradients(all, 0.5);
    optimizer.step();
    Map<String, org.bytedeco.pytorch.Tensor> others = parameters();
    Optimizer reordered =
        AdamW.builder().over(some(others, "scale", "bias", "unused", "long", "weight"));
    reordered.loadStateDict(optimizer.stateDict());
    assertThat(entry(reordered.stateDict(), 4).tensor("exp_avg").shape()).containsExactly(5, 7);
    assertThat(reordered.groups().getFirst().learningRate()).isEqualTo(0.5);
  }

  @Test
  void bfloat16_parameters_have_their_averages_in_bfloat16_and_go_both_ways() {
    try (var options = new TensorOptions(ScalarType.BFloat16)) {
      var parameter = torch.ones(new long[] {4}, options).set_requires_grad(true);
      parameter.mutable_grad().put(torch.full_like(parameter, new Scalar(0.5)));
      Optimizer optimizer = AdamW.builder().over(Map.of("w", parameter));
      optimizer.step();
      StateDict state = optimizer.stateDict();
      assertThat(entry(state, 0).tensor("exp_avg").toString()).isEqualTo("BF16[4]");
      assertThat(entry(state, 0).tensor("step").toString()).isEqualTo("F32[]");
      Optimizer other = AdamW.builder().over(Map.of("w", torch.ones(new long[] {4}, options)));
      other.loadStateDict(state);
      assertThat(
              entry(other.stateDict(), 0)
                  .tensor("exp_avg")
                  .hasSameBytes(entry(state, 0).tensor("exp_avg")))
          .isTrue();
    }
  }

  @Test
  void a_step_that_is_a_plain_number_is_read() throws IOException {
    StateDict old =
        withState(
            fileOfPython("adamw"),
            state -> {
              StateDict entry = (StateDict) Objects.requireNonNull(state.get(Value.of(0)));
              state.put(Value.of(0), withEntry(entry, "step", Value.of(3)));
              return state;
            });
    Optimizer optimizer = adamW(parameters());
    optimizer.loadStateDict(old);
    assertThat(entry(optimizer.stateDict(), 0).tensor("step").toFloats()).containsExactly(3);
  }

  @Test
  void options_that_older_versions_did_not_write_have_their_defaults() throws IOException {
    StateDict python = fileOfPython("adamw");
    List<Value> groups =
        ((Value.Items) python.get("param_groups"))
            .values().stream()
                .<Value>map(
                    group -> {
                      Map<String, Value> fewer = new LinkedHashMap<>(((StateDict) group).entries());
                      fewer
                          .keySet()
                          .removeAll(List.of("fused", "decoupled_weight_decay", "foreach"));
                      return StateDict.of(fewer);
                    })
                .toList();
    Optimizer optimizer = adamW(parameters());
    optimizer.loadStateDict(
        StateDict.builder()
            .put("state", python.get("state"))
            .put("param_groups", new Value.Items(groups))
            .build());
    assertThat(group(optimizer.stateDict(), 0).get("fused")).isEqualTo(Value.none());
  }

  @Test
  void all_that_does_not_fit_is_named_and_nothing_is_changed() throws IOException {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer = adamW(all);
    setGradients(all, 0.5);
    optimizer.step();
    float[] before = entry(optimizer.stateDict(), 1).tensor("exp_avg").toFloats();
    StateDict wrong =
        withState(
            fileOfPython("adamw"),
            state -> {
              StateDict weight = (StateDict) Objects.requireNonNull(state.get(Value.of(0)));
              Map<String, Value> changed = new LinkedHashMap<>(weight.entries());
              changed.put("exp_avg", Tensor.ofFloats(new float[35], 7, 5));
              changed.remove("exp_avg_sq");
              changed.put("momentum_buffer", Tensor.scalar(0));
              changed.put("step", Tensor.ofLongs(new long[] {3}));
              state.put(Value.of(0), StateDict.of(changed));
              state.put(Value.of(17), weight);
              return state;
            });
    assertThatThrownBy(() -> optimizer.loadStateDict(wrong))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state does not fit the optimizer, which was not changed;"
                + " 1 missing: exp_avg_sq of weight;"
                + " 2 unexpected: momentum_buffer of weight, state of parameter 17;"
                + " 2 different: step of weight (expected F32[], found I64[]),"
                + " exp_avg of weight (expected F32[5, 7], found F32[7, 5])");
    assertThat(entry(optimizer.stateDict(), 1).tensor("exp_avg").toFloats()).isEqualTo(before);
    assertThat(optimizer.groups().getFirst().learningRate()).isEqualTo(1e-3);
  }

  @Test
  void parameters_of_other_names_are_named() {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    StateDict state = AdamW.builder().over(some(all, "weight", "bias")).stateDict();
    Optimizer other = AdamW.builder().over(some(all, "weight", "scale"));
    assertThatThrownBy(() -> other.loadStateDict(state))
        .hasMessage(
            "the state does not fit the optimizer, which was not changed;"
                + " 1 missing: scale; 1 unexpected: bias");
  }

  @Test
  void without_names_the_groups_have_to_be_as_large() throws IOException {
    StateDict python = fileOfPython("adamw");
    Optimizer optimizer = AdamW.builder().over(parameters());
    assertThatThrownBy(() -> optimizer.loadStateDict(python))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the state does not fit the optimizer, which was not changed:"
                + " expected groups of [5] parameters, found groups of [3, 2]");
  }

  @Test
  void a_group_made_of_several_groups_of_the_file_is_refused() {
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    StateDict state = adamW(all).stateDict();
    Optimizer optimizer = AdamW.builder().over(all);
    assertThatThrownBy(() -> optimizer.loadStateDict(state))
        .hasMessage(
            "the state does not fit the optimizer, which was not changed;"
                + " 1 different: group 0 (expected parameters of one group,"
                + " found parameters of groups [0, 1])");
  }

  @Test
  void options_of_another_kind_are_refused() throws IOException {
    StateDict python = fileOfPython("adamw");
    Optimizer optimizer = adamW(parameters());
    assertThatThrownBy(() -> optimizer.loadStateDict(withGroup(python, 0, "betas", Value.of(0.9))))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("option 'betas' should be a tuple of two numbers and is the number 0.9");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    withGroup(python, 0, "betas", Value.tuple(Value.of("a"), Value.of("b")))))
        .hasMessage("'betas' should hold numbers and holds a string");
    assertThatThrownBy(() -> optimizer.loadStateDict(withGroup(python, 1, "amsgrad", Value.of(1))))
        .hasMessage("option 'amsgrad' should be True, False or None and is the number 1");
    assertThatThrownBy(
            () -> optimizer.loadStateDict(withGroup(python, 1, "capturable", Value.of(true))))
        .hasMessage(
            "option 'capturable' is True, which this optimizer does not do; set it to False");
    assertThatThrownBy(() -> optimizer.loadStateDict(withGroup(python, 1, "lr", Value.none())))
        .hasMessage("entry 'lr' should be a number and is None");
  }

  @Test
  void a_state_of_another_structure_is_refused() throws IOException {
    StateDict python = fileOfPython("adamw");
    Optimizer optimizer = adamW(parameters());
    assertThatThrownBy(() -> optimizer.loadStateDict(StateDict.empty()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("no entry 'param_groups'; there are: none");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    StateDict.builder()
                        .put("state", "x")
                        .put("param_groups", python.get("param_groups"))
                        .build()))
        .hasMessage("'state' should be a dict by parameter index and is a string");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    StateDict.builder().put("state", "x").put("param_groups", 7).build()))
        .hasMessage("'param_groups' should be a list and is the number 7");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    StateDict.builder()
                        .put("state", "x")
                        .put("param_groups", Value.list(Value.of(7)))
                        .build()))
        .hasMessage("'param_groups' should hold dicts with string keys and holds the number 7");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    withGroup(python, 0, "params", Value.list(Value.of("weight")))))
        .hasMessage("'params' should have parameter indices, whole numbers, and has a string");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    withGroup(python, 1, "params", Value.list(Value.of(0), Value.of(1)))))
        .hasMessage("parameter 0 is twice in 'params'");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    withGroup(python, 0, "param_names", Value.list(Value.of(1)))))
        .hasMessage("'param_names' should hold strings and holds the number 1");
    StateDict ours = adamW(parameters()).stateDict();
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    withGroup(ours, 1, "param_names", Value.list(Value.of("a"), Value.of("a")))))
        .hasMessage("two parameters 'a' in 'param_names'");
    assertThatThrownBy(
            () ->
                optimizer.loadStateDict(
                    withState(
                        python,
                        state -> {
                          state.put(Value.of(0), Value.of(1));
                          return state;
                        })))
        .hasMessage("'state' of parameter 0 should be a dict and is the number 1");
  }

  @Test
  void a_momentum_without_the_option_is_refused() throws IOException {
    StateDict python = fileOfPython("sgd_momentum");
    Map<String, org.bytedeco.pytorch.Tensor> all = parameters();
    Optimizer optimizer =
        Sgd.builder().over(some(all, "weight", "long", "unused"), some(all, "bias", "scale"));
    assertThatThrownBy(() -> optimizer.loadStateDict(withGroup(python, 0, "momentum", Value.of(0))))
        .hasMessageContaining("2 unexpected: momentum_buffer of weight, momentum_buffer of long");
  }

  // ---- what cannot be made

  @Test
  void an_optimizer_needs_floating_point_parameters_of_different_names() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdamW.builder().over(Map.of()))
        .withMessage("an optimizer without parameters");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Sgd.builder().over(Map.of("w", torch.zeros(1)), Map.of("w", torch.zeros(1))))
        .withMessage("parameter 'w' is in two groups of the optimizer");
    try (var options = new TensorOptions(ScalarType.Long)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> AdamW.builder().over(Map.of("w", torch.zeros(new long[] {1}, options))))
          .withMessage("parameter 'w' is of Long; an optimizer needs a floating-point type");
    }
  }

  @Test
  void a_sparse_gradient_is_refused() {
    var parameter = torch.ones(2).set_requires_grad(true);
    parameter.mutable_grad().put(torch.ones(2).to_sparse());
    Optimizer optimizer = AdamW.builder().over(Map.of("w", parameter));
    assertThatIllegalStateException()
        .isThrownBy(optimizer::step)
        .withMessage("the gradient of 'w' is sparse; the optimizer needs it dense");
  }

  @Test
  void options_out_of_range_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdamW.builder().learningRate(-1))
        .withMessage("learning rate -1.0: expected a number from 0 up");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdamW.builder().epsilon(Double.NaN))
        .withMessage("epsilon NaN: expected a number from 0 up");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdamW.builder().betas(0.9, 1))
        .withMessage("second beta 1.0: expected a number from 0 to below 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sgd.builder().weightDecay(Double.POSITIVE_INFINITY))
        .withMessage("weight decay Infinity: expected a number from 0 up");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sgd.builder().nesterov(true).over(Map.of("w", torch.zeros(1))))
        .withMessage(
            "Nesterov's momentum needs a momentum above 0 and no dampening, not 0.0 and 0.0");
  }

  @Test
  void a_module_is_optimized_in_two_groups() {
    Module module = new Network().with("hidden", new LinearImpl(2, 3));
    Optimizer optimizer = AdamW.builder().learningRate(0.1).weightDecay(0.2).over(module);
    assertThat(optimizer.groups()).hasSize(2);
    assertThat(optimizer.groups().get(0).parameters()).containsOnlyKeys("hidden.weight");
    assertThat(optimizer.groups().get(0).weightDecay()).isEqualTo(0.2);
    assertThat(optimizer.groups().get(1).parameters()).containsOnlyKeys("hidden.bias");
    assertThat(optimizer.groups().get(1).weightDecay()).isZero();
    assertThat(optimizer.groups().get(1).learningRate()).isEqualTo(0.1);
    assertThat(optimizer.groups().get(1).initialLearningRate()).isEmpty();
  }
}
