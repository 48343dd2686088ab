package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightLoadingTest {
  private final Module network = network();
  private final StateDict before = copy(ModuleState.of(network).stateDict());

  private static Module network() {
    return new Network()
        .with("hidden", new LinearImpl(2, 3))
        .with("bn", new BatchNorm1dImpl(new BatchNormOptions(3)));
  }

  private static StateDict copy(StateDict state) {
    Map<String, Value> copies = new LinkedHashMap<>();
    state.names().forEach(name -> copies.put(name, copy(state.tensor(name))));
    return StateDict.of(copies);
  }

  private static Tensor copy(Tensor tensor) {
    return Tensor.of(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(tensor.toByteArray()));
  }

  /** What another network of the same kind has. */
  private static StateDict weights() {
    return copy(ModuleState.of(network()).stateDict());
  }

  private static StateDict renamed(StateDict state, UnaryOperator<String> rename) {
    Map<String, Value> entries = new LinkedHashMap<>();
    state.entries().forEach((name, value) -> entries.put(rename.apply(name), value));
    return StateDict.of(entries);
  }

  private static StateDict with(StateDict state, String name, Value value) {
    Map<String, Value> entries = new LinkedHashMap<>(state.entries());
    entries.put(name, value);
    return StateDict.of(entries);
  }

  private static StateDict without(StateDict state, String name) {
    Map<String, Value> entries = new LinkedHashMap<>(state.entries());
    entries.remove(name);
    return StateDict.of(entries);
  }

  private void is_unchanged() {
    has(before, List.copyOf(before.names()));
  }

  private void has(StateDict expected, List<String> names) {
    StateDict now = ModuleState.of(network).stateDict();
    for (String name : names) {
      assertThat(now.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }

  private void fails(ThrowingCallable loading, String message) {
    assertThatThrownBy(loading).isInstanceOf(StateMismatchException.class).hasMessage(message);
    is_unchanged();
  }

  @Test
  void what_fits_is_loaded_and_the_report_says_so() {
    StateDict weights = weights();
    LoadReport report = WeightLoading.strict().load(weights, network, "file");

    has(weights, List.copyOf(weights.names()));
    assertThat(report.loaded()).containsExactlyElementsOf(weights.names());
    assertThat(report).hasToString("all 7 loaded");
  }

  @Test
  void strict_loading_names_everything_in_one_error_and_changes_nothing() {
    StateDict other =
        StateDict.builder()
            .put("hidden.weight", Tensor.ofFloats(new float[6], 3, 2))
            .put("hidden.bias", Tensor.ofFloats(new float[4], 4))
            .put("bn.weight", Tensor.ofLongs(new long[3], 3))
            .put("bn.bias", 7)
            .put("bn.running_mean", Tensor.ofFloats(new float[3], 3))
            .put("head.weight", Tensor.ofFloats(new float[3], 3))
            .build();
    fails(
        () -> WeightLoading.strict().load(other, network, "model.pt"),
        "model.pt does not fit the model, which was not changed;"
            + " 2 missing: bn.running_var, bn.num_batches_tracked;"
            + " 1 unexpected: head.weight;"
            + " 3 different: hidden.bias (expected F32[3], found F32[4]),"
            + " bn.weight (expected F32[3], found I64[3]),"
            + " bn.bias (expected F32[3], found no tensor);"
            + " load it into a model of these shapes, or pass them over with ignoreMismatched()");
  }

  @Test
  void lenient_loading_reports_what_only_one_side_has() {
    StateDict weights = with(without(weights(), "hidden.bias"), "head.weight", Tensor.scalar(1f));
    LoadReport report = WeightLoading.lenient().load(weights, network, "file");

    assertThat(report.missing()).containsExactly("hidden.bias");
    assertThat(report.unexpected()).containsExactly("head.weight");
    assertThat(report.untouched()).containsExactly("hidden.bias");
    has(before, List.of("hidden.bias"));
    has(weights, List.of("hidden.weight", "bn.running_var"));
    assertThat(report.lines(4))
        .containsExactly(
            "6 of 7 loaded", "1 missing: hidden.bias", "1 unexpected, passed over: head.weight");
  }

  @Test
  void another_shape_is_an_error_even_if_lenient() {
    StateDict weights = with(weights(), "hidden.bias", Tensor.ofFloats(new float[4], 4));
    fails(
        () -> WeightLoading.lenient().load(weights, network, "file"),
        "file does not fit the model, which was not changed; 1 different: hidden.bias (expected"
            + " F32[3], found F32[4]); load it into a model of these shapes, or pass them over with"
            + " ignoreMismatched()");
  }

  @Test
  void mismatched_tensors_are_passed_over_if_told_so_and_reported_with_both_shapes() {
    StateDict weights = with(weights(), "hidden.bias", Tensor.ofFloats(new float[4], 2, 2));
    LoadReport report = WeightLoading.lenient().ignoreMismatched().load(weights, network, "file");

    assertThat(report.mismatched())
        .containsExactly(
            new LoadReport.Mismatch(
                "hidden.bias",
                new LoadReport.TensorType(Dtype.F32, List.of(3L)),
                Optional.of(new LoadReport.TensorType(Dtype.F32, List.of(2L, 2L)))));
    assertThat(report)
        .hasToString("6 of 7 loaded; 1 mismatched: hidden.bias (expected F32[3], found F32[2, 2])");
    has(before, List.of("hidden.bias"));
    has(weights, report.loaded());
  }

  @Test
  void that_nothing_fits_is_an_error_even_if_each_may_be_passed_over() {
    StateDict weights = StateDict.of(Map.of("hidden.bias", Tensor.scalar(1f)));
    fails(
        () -> WeightLoading.lenient().ignoreMismatched().load(weights, network, "file"),
        "file does not fit the model, which was not changed; 1 different: hidden.bias (expected"
            + " F32[3], found F32[])");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "module.",
        "_orig_mod.",
        "module._orig_mod.",
        "_fsdp_wrapped_module.",
        "model.",
        "net.encoder.",
        "state_dict."
      })
  void a_prefix_that_hides_all_names_is_named_with_the_rule_that_takes_it_off(String prefix) {
    StateDict weights = renamed(weights(), name -> prefix + name);
    fails(
        () -> WeightLoading.lenient().load(weights, network, "file"),
        "file: none of its 7 entries is one of the model's 7 parameters and buffers; 7 are with"
            + " rename(\""
            + prefix
            + "\", \"\")");

    LoadRules rules = LoadRules.none().stripPrefix(prefix);
    assertThat(WeightLoading.strict().rules(rules).load(weights, network, "file").loaded())
        .hasSize(7);
  }

  @Test
  void a_wrapper_within_names_is_named_with_the_rule_that_takes_it_out() {
    StateDict weights =
        renamed(weights(), name -> name.replace(".", "._checkpoint_wrapped_module."));
    fails(
        () -> WeightLoading.lenient().load(weights, network, "file"),
        "file: none of its 7 entries is one of the model's 7 parameters and buffers; 7 are with"
            + " replaceAll(\"_checkpoint_wrapped_module\\\\.\", \"\")");

    LoadRules rules = LoadRules.none().replaceAll("_checkpoint_wrapped_module\\.", "");
    assertThat(WeightLoading.strict().rules(rules).load(weights, network, "file").loaded())
        .hasSize(7);
  }

  @Test
  void wrappers_of_two_kinds_are_taken_out_together() {
    StateDict weights =
        renamed(
            weights(),
            name -> "module." + name.replace(".", "._checkpoint_wrapped_module._orig_mod."));
    String regex = "(_checkpoint_wrapped_module|_orig_mod|module)\\.";
    assertThatThrownBy(() -> WeightLoading.lenient().load(weights, network, "file"))
        .hasMessageEndingWith("; 7 are with " + LoadRules.none().replaceAll(regex, "").toString());
    WeightLoading.strict()
        .rules(LoadRules.none().replaceAll(regex, ""))
        .load(weights, network, "file");
  }

  @Test
  void a_prefix_that_only_the_model_has_is_named_with_the_rule_that_puts_it_on() {
    Module wrapped = new Network().with("module", network());
    StateDict weights = weights();
    assertThatThrownBy(() -> WeightLoading.lenient().load(weights, wrapped, "file"))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageEndingWith("; 7 are with rename(\"\", \"module.\")");
    LoadRules rules = LoadRules.none().addPrefix("module.");
    assertThat(WeightLoading.strict().rules(rules).load(weights, wrapped, "file").loaded())
        .hasSize(7);
  }

  @Test
  void one_prefix_in_place_of_another_is_named() {
    Module wrapped = new Network().with("bert", network());
    StateDict weights = renamed(weights(), name -> "roberta." + name);
    assertThatThrownBy(() -> WeightLoading.lenient().load(weights, wrapped, "file"))
        .hasMessageEndingWith("; 7 are with rename(\"roberta.\", \"bert.\")");
  }

  @Test
  void strict_loading_names_the_rule_under_which_more_would_fit() {
    StateDict weights =
        renamed(weights(), name -> name.startsWith("bn.") ? name : "_orig_mod." + name);
    fails(
        () -> WeightLoading.strict().load(weights, network, "file"),
        "file does not fit the model, which was not changed; 2 missing: hidden.weight, hidden.bias;"
            + " 2 unexpected: _orig_mod.hidden.weight, _orig_mod.hidden.bias; 7 are with"
            + " rename(\"_orig_mod.\", \"\")");
  }

  @Test
  void names_of_another_model_are_shown_beside_the_models() {
    StateDict weights = StateDict.of(Map.of("wte", Tensor.scalar(1f)));
    fails(
        () -> WeightLoading.lenient().load(weights, network, "file"),
        "file: none of its 1 entries is one of the model's 7 parameters and buffers; the first are"
            + " [wte], and the model's [hidden.weight, hidden.bias, bn.weight]");
  }

  @Test
  void rules_that_leave_nothing_are_named() {
    LoadRules rules = LoadRules.none().stripPrefix("module.").only(NamePattern.glob("bert.*"));
    StateDict weights = weights();
    fails(
        () -> WeightLoading.lenient().rules(rules).load(weights, network, "file"),
        "file: none of its 7 entries is one of the model's 7 parameters and buffers; of the rules,"
            + " rename(\"module.\", \"\"), only(\"bert.*\") is for none of them; the rules leave"
            + " all of them out, such as [hidden.weight, hidden.bias, bn.weight]");
  }

  @Test
  void a_rule_without_use_is_reported() {
    LoadRules rules =
        LoadRules.none().stripPrefix("module.").except(NamePattern.glob("bn.running*"));
    LoadReport report = WeightLoading.lenient().rules(rules).load(weights(), network, "file");
    assertThat(report.unusedRules()).containsExactly("rename(\"module.\", \"\")");
    assertThat(report.excluded()).containsExactly("bn.running_mean", "bn.running_var");
    assertThat(report)
        .hasToString(
            "5 of 7 loaded; 2 missing: bn.running_mean, bn.running_var; 2 left out by the rules:"
                + " bn.running_mean, bn.running_var; 1 of the rules without use:"
                + " rename(\"module.\", \"\")");
  }

  @Test
  void two_entries_that_a_rule_makes_one_are_an_error_with_the_file() {
    StateDict weights = with(weights(), "module.hidden.bias", Tensor.scalar(1f));
    LoadRules rules = LoadRules.none().stripPrefix("module.");
    fails(
        () -> WeightLoading.lenient().rules(rules).load(weights, network, "model.pt"),
        "model.pt: 'hidden.bias' and 'module.hidden.bias' both become 'hidden.bias'; change the"
            + " rules, or leave one of them out");
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"Half", "BFloat16", "Double"})
  void other_floats_are_converted_and_reported(ScalarType type) {
    StateDict weights = weights();
    try (var narrow = NativeTensors.copyOf(weights.tensor("hidden.weight")).to(type);
        var back = narrow.to(ScalarType.Float)) {
      StateDict other = with(weights, "hidden.weight", copy(NativeTensors.view(narrow)));
      LoadReport report = WeightLoading.strict().load(other, network, "file");

      assertThat(report.converted())
          .containsExactly(
              new LoadReport.Conversion("hidden.weight", NativeTensors.dtype(type), Dtype.F32));
      assertThat(report)
          .hasToString(
              "all 7 loaded; 1 converted from "
                  + NativeTensors.dtype(type)
                  + " to F32: hidden.weight");
      has(
          StateDict.of(Map.of("hidden.weight", NativeTensors.view(back))),
          List.of("hidden.weight"));
    }
  }

  @Test
  void whole_numbers_are_never_made_fractions_nor_the_reverse() {
    StateDict whole = with(weights(), "hidden.bias", Tensor.ofLongs(new long[3], 3));
    assertThatThrownBy(() -> WeightLoading.lenient().load(whole, network, "file"))
        .hasMessageContaining("hidden.bias (expected F32[3], found I64[3])");
    StateDict fraction = with(weights(), "bn.num_batches_tracked", Tensor.scalar(1.5f));
    assertThatThrownBy(() -> WeightLoading.lenient().load(fraction, network, "file"))
        .hasMessageContaining("bn.num_batches_tracked (expected I64[], found F32[])");
    is_unchanged();
  }

  @Test
  void a_checkpoint_is_loaded_as_it_is_without_conversion() {
    StateDict weights = weights();
    try (var half = NativeTensors.copyOf(weights.tensor("hidden.bias")).to(ScalarType.Half)) {
      StateDict other = with(weights, "hidden.bias", copy(NativeTensors.view(half)));
      fails(
          () -> ModuleState.of(network).loadStateDict(other),
          "the state does not fit the model, which was not changed; 1 different: hidden.bias"
              + " (expected F32[3], found F16[3])");
    }
  }

  @Test
  void a_dict_within_has_its_name_before_those_in_it() {
    StateDict weights = weights();
    StateDict file =
        StateDict.builder()
            .put("epoch", 3)
            .put("model_state_dict", weights)
            .put("optimizer", StateDict.builder().put("lr", 0.1).build())
            .build();
    fails(
        () -> WeightLoading.lenient().load(file, network, "run.pt"),
        "run.pt: none of its 9 entries is one of the model's 7 parameters and buffers; 7 are with"
            + " rename(\"model_state_dict.\", \"\")");

    LoadReport report =
        WeightLoading.lenient()
            .rules(LoadRules.none().stripPrefix("model_state_dict."))
            .load(file, network, "run.pt");
    assertThat(report.unexpected()).containsExactly("epoch", "optimizer.lr");
    has(weights, List.copyOf(weights.names()));
  }

  @Test
  void a_name_that_is_there_twice_through_a_dict_within_is_an_error() {
    StateDict file =
        StateDict.builder()
            .put("a.b", Tensor.scalar(1f))
            .put("a", StateDict.builder().put("b", Tensor.scalar(2f)).build())
            .build();
    fails(
        () -> WeightLoading.lenient().load(file, network, "run.pt"),
        "run.pt: 'a.b' is there twice, once in a dict within; write it anew under two names");
  }

  @Test
  void a_shared_parameter_needs_one_of_its_names() {
    var shared = new LinearImpl(2, 2);
    Module module = new Network().with("input", shared).with("output", shared);
    StateDict one =
        StateDict.builder()
            .put("output.weight", Tensor.ofFloats(new float[] {1, 2, 3, 4}, 2, 2))
            .put("output.bias", Tensor.ofFloats(new float[] {5, 6}, 2))
            .build();

    LoadReport report = WeightLoading.strict().load(one, module, "file");

    assertThat(report.missing()).isEmpty();
    assertThat(ModuleState.of(module).stateDict().tensor("input.bias").toFloats())
        .containsExactly(5, 6);
  }

  @Test
  void a_shared_parameter_that_the_file_has_twice_and_differently_is_an_error() {
    var shared = new LinearImpl(2, 2);
    Module module = new Network().with("input", shared).with("output", shared);
    StateDict same = copy(ModuleState.of(module).stateDict());
    assertThat(WeightLoading.strict().load(same, module, "file").loaded()).hasSize(4);

    StateDict other = with(same, "output.bias", Tensor.ofFloats(new float[] {8, 9}, 2));
    assertThatThrownBy(() -> WeightLoading.lenient().load(other, module, "file"))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "file: 'input.bias' and 'output.bias' differ, and are one parameter in the model; leave"
                + " one of them out with except(\"output.bias\")");
    assertThat(ModuleState.of(module).stateDict().tensor("input.bias").toFloats())
        .isEqualTo(same.tensor("input.bias").toFloats());
    LoadReport report =
        WeightLoading.strict()
            .rules(LoadRules.none().except(NamePattern.glob("output.bias")))
            .load(other, module, "file");
    assertThat(report.missing()).isEmpty();
  }

  @Test
  void a_name_of_very_many_parts_is_no_burden() {
    StateDict weights =
        StateDict.of(Map.of("a.".repeat(2_000_000) + "hidden.bias", Tensor.scalar(1f)));
    assertThatThrownBy(() -> WeightLoading.lenient().load(weights, network, "file"))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageStartingWith("file: none of its 1 entries is one of the model's");
    is_unchanged();
  }

  @Test
  void a_name_may_stand_for_another() {
    StateDict weights = renamed(weights(), name -> name.replace("hidden.", "old."));
    LoadReport report =
        WeightLoading.strict()
            .synonyms(name -> List.of(name, name.replace("old.", "hidden.")))
            .load(weights, network, "file");
    assertThat(report).hasToString("all 7 loaded");
  }

  @Test
  void two_entries_for_one_parameter_are_an_error() {
    StateDict weights = with(weights(), "old.bias", Tensor.ofFloats(new float[3], 3));
    fails(
        () ->
            WeightLoading.lenient()
                .synonyms(name -> List.of(name, name.replace("old.", "hidden.")))
                .load(weights, network, "file"),
        "file: 'hidden.bias' and 'old.bias' are both for hidden.bias; leave one of them out with"
            + " except(\"old.bias\")");
  }

  @Test
  void a_module_without_parameters_takes_a_state_without_entries() {
    assertThat(WeightLoading.strict().load(StateDict.empty(), new Network(), "file"))
        .hasToString("all 0 loaded");
  }

  @Test
  void long_lists_are_cut_after_as_many_names_as_asked_for() {
    StateDict.Builder many = StateDict.builder();
    weights().entries().forEach(many::put);
    for (int i = 0; i < 50; i++) {
      many.put("x" + i, Tensor.scalar(0));
    }
    LoadReport report = WeightLoading.lenient().load(many.build(), network, "file");
    assertThat(report.lines(3))
        .containsExactly("all 7 loaded", "50 unexpected, passed over: x0, x1, x2, and 47 more");
    assertThat(report.toString()).endsWith("x48, x49");
  }
}
