package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.SaveStrategy;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A module whose input and output layers are one, saved and loaded. */
class TiedWeightsTest {
  @TempDir private Path run;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  static Module tied() {
    var shared = new LinearImpl(2, 2);
    return new Network()
        .with("input", shared)
        .with("body", new LinearImpl(2, 2))
        .with("output", shared);
  }

  @Test
  void a_parameter_of_several_names_is_counted_once() {
    ModuleState state = ModuleState.of(tied());
    assertThat(state.parameterCount()).hasValue(12);
    StateDict entries = state.stateDict();
    assertThat(entries.tensor("output.weight")).isSameAs(entries.tensor("input.weight"));
  }

  @ParameterizedTest
  @CsvSource({"false, 1000000", "false, 16", "true, 1000000", "true, 16"})
  void a_run_goes_on_exactly_and_its_files_have_a_tied_weight_once(
      boolean background, long maxShardSize) throws IOException {
    ModuleState state = ModuleState.of(tied());
    try (Checkpointer checkpointer =
        Checkpointer.in(run)
            .track("model", state)
            .background(background)
            .maxShardSize(maxShardSize)
            .save(SaveStrategy.everySteps(1))
            .open()) {
      checkpointer.step(1, Map.of());
    }
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-1"))) {
      assertThat(checkpoint.verify().problems()).isEmpty();
      assertThat(checkpoint.manifest().orElseThrow().files().values())
          .flatExtracting(file -> file.tensors().keySet())
          .containsExactlyInAnyOrder("input.weight", "input.bias", "body.weight", "body.bias");
      assertThat(checkpoint.files().contains("model.safetensors.index.json"))
          .isEqualTo(maxShardSize == 16);
      if (maxShardSize == 16) {
        assertThat(checkpoint.json("model.safetensors.index.json").object("metadata"))
            .hasToString(
                "Obj[members={total_parameters=Num[literal=12], total_size=Num[literal=48]}]");
      }
    }

    ModuleState again = ModuleState.of(tied());
    assertThat(again.stateDict().tensor("input.weight").toFloats())
        .isNotEqualTo(state.stateDict().tensor("input.weight").toFloats());
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", again).open()) {
      assertThat(checkpointer.resume()).isPresent();
    }
    assertSame(again.stateDict(), state.stateDict());
  }

  @Test
  void a_module_whose_weights_are_not_tied_gets_a_copy_under_each_name() throws IOException {
    ModuleState state = ModuleState.of(tied());
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", state).open()) {
      checkpointer.save(1, 0, Map.of());
    }
    Module separate =
        new Network()
            .with("input", new LinearImpl(2, 2))
            .with("body", new LinearImpl(2, 2))
            .with("output", new LinearImpl(2, 2));
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-1"))) {
      ModuleState.of(separate).loadStateDict(checkpoint.state("model"));
    }
    assertSame(ModuleState.of(separate).stateDict(), state.stateDict());
  }

  @Test
  void one_name_of_a_tied_weight_is_enough_to_go_on_and_none_is_too_few() {
    ModuleState state = ModuleState.of(tied());
    StateDict saved = HeapCopy.of(state.stateDict());
    ModuleState again = ModuleState.of(tied());
    again.loadStateDict(without(saved, "input.weight", "output.bias"));
    assertSame(again.stateDict(), saved);

    assertThatThrownBy(() -> again.loadStateDict(without(saved, "input.weight", "output.weight")))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("2 missing: input.weight, output.weight");
  }

  @Test
  void a_buffer_that_is_a_part_of_a_parameter_fails_the_save() throws IOException {
    var layer = new LinearImpl(2, 2);
    Module module = new Network().with("layer", layer);
    module.register_buffer("row", layer.weight().detach().select(0, 0));
    try (Checkpointer checkpointer =
        Checkpointer.in(run).track("model", ModuleState.of(module)).open()) {
      assertThatThrownBy(() -> checkpointer.save(1, 0, Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "tensors 'row', F32[2], and 'layer.weight', F32[2, 2] share memory and are not the"
                  + " same tensor; safetensors has no views: copy one of them, or save them in a"
                  + " PyTorch file");
      assertThat(checkpointer.checkpoints()).isEmpty();
    }
  }

  private static StateDict without(StateDict state, String... names) {
    StateDict.Builder rest = StateDict.builder();
    state
        .entries()
        .forEach(
            (name, value) -> {
              if (!List.of(names).contains(name)) {
                rest.put(name, value);
              }
            });
    return rest.build();
  }

  static void assertSame(StateDict found, StateDict expected) {
    assertThat(found.names()).isEqualTo(expected.names());
    for (String name : expected.names()) {
      assertThat(found.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }
}
