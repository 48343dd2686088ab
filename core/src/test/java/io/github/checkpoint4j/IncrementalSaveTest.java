package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of which a part is frozen writes that part once. */
class IncrementalSaveTest {
  private static final String FROZEN = "model-00002-of-00002.safetensors";

  @TempDir Path run;
  private final Weights weights = new Weights();

  /** Tensors, at first two. */
  private static final class Weights implements Stateful {
    private final Map<String, float[]> values = new LinkedHashMap<>();

    Weights() {
      values.put("body", new float[] {1, 2, 3});
      values.put("head", new float[] {0, 0});
    }

    void add(String name, float... value) {
      values.put(name, value);
    }

    void set(String name, float value) {
      values.replaceAll((other, now) -> other.equals(name) ? new float[] {value, value} : now);
    }

    @Override
    public StateDict stateDict() {
      StateDict.Builder state = StateDict.builder();
      values.forEach((name, value) -> state.put(name, Tensor.ofFloats(value, value.length)));
      return state.build();
    }

    @Override
    public void loadStateDict(StateDict state) {
      values.replaceAll((name, _) -> state.tensor(name).toFloats());
    }
  }

  private Checkpointer open(Set<String> frozen) throws IOException {
    return Checkpointer.in(run)
        .track("model", weights)
        .incremental(() -> frozen)
        .keep(RetentionPolicy.latest(2))
        .open();
  }

  private static Object file(CheckpointInfo info, String name) throws IOException {
    return Files.getAttribute(info.directory().resolve(name), "unix:ino");
  }

  @Test
  void frozen_tensors_are_written_once_and_kept_while_checkpoints_come_and_go() throws IOException {
    Object written;
    try (Checkpointer checkpointer = open(Set.of("body"))) {
      weights.set("head", 1);
      written = file(checkpointer.save(1, 0, Map.of()), FROZEN);
      for (int step = 2; step <= 5; step++) {
        weights.set("head", step);
        CheckpointInfo info = checkpointer.save(step, 0, Map.of());
        assertThat(file(info, FROZEN)).isEqualTo(written);
      }
    }
    try (Checkpointer checkpointer = open(Set.of("body"))) {
      weights.set("head", -1);
      weights.set("body", -1);
      assertThat(checkpointer.resume()).isPresent();
      assertThat(weights.stateDict().tensor("body").toFloats()).containsExactly(1, 2, 3);
      assertThat(weights.stateDict().tensor("head").toFloats()).containsExactly(5, 5);
      assertThat(file(checkpointer.save(6, 0, Map.of()), FROZEN))
          .as("by a writer that came later")
          .isEqualTo(written);
    }
  }

  @Test
  void frozen_tensors_in_several_shards_are_written_once() throws IOException {
    weights.add("embeddings", 7, 8, 9);
    try (Checkpointer checkpointer =
        Checkpointer.in(run)
            .track("model", weights)
            .incremental(() -> Set.of("body", "embeddings"))
            .maxShardSize(12)
            .open()) {
      CheckpointInfo first = checkpointer.save(1, 0, Map.of());
      weights.set("head", 1);
      CheckpointInfo second = checkpointer.save(2, 0, Map.of());
      String shard = "model-0000%d-of-00003.safetensors";
      for (int i = 1; i <= 3; i++) {
        assertThat(file(second, shard.formatted(i)).equals(file(first, shard.formatted(i))))
            .as("shard %d", i)
            .isEqualTo(i > 1);
      }
      weights.set("head", 0);
      weights.set("embeddings", 0);
      assertThat(checkpointer.resume()).isPresent();
      assertThat(weights.stateDict().tensor("head").toFloats()).containsExactly(1, 1);
      assertThat(weights.stateDict().tensor("embeddings").toFloats()).containsExactly(7, 8, 9);
      assertThat(Verification.of(second.directory()).problems()).isEmpty();
    }
  }

  @Test
  void a_size_of_shards_that_is_not_positive_is_refused() {
    assertThatThrownBy(() -> Checkpointer.in(run).maxShardSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the maximal size of a shard is 0 bytes; give one of at least 1 byte");
  }

  @Test
  void a_save_in_the_background_shares_as_well() throws IOException {
    try (Checkpointer checkpointer =
        Checkpointer.in(run)
            .track("model", weights)
            .incremental(() -> Set.of("body"))
            .background(true)
            .save(SaveStrategy.everySteps(1))
            .open()) {
      for (int step = 1; step <= 3; step++) {
        weights.set("head", step);
        checkpointer.step(step, Map.of());
      }
    }
    Object first = Files.getAttribute(run.resolve("checkpoint-1").resolve(FROZEN), "unix:ino");
    for (String name : new String[] {"checkpoint-2", "checkpoint-3"}) {
      assertThat(Files.getAttribute(run.resolve(name).resolve(FROZEN), "unix:ino"))
          .isEqualTo(first);
      assertThat(Verification.of(run.resolve(name)).problems()).isEmpty();
    }
  }

  @Test
  void what_is_frozen_may_change_between_saves() throws IOException {
    Set<String> frozen = new LinkedHashSet<>(Set.of("body"));
    try (Checkpointer checkpointer = open(frozen)) {
      CheckpointInfo first = checkpointer.save(1, 0, Map.of());
      frozen.clear();
      weights.set("body", 9);
      CheckpointInfo thawed = checkpointer.save(2, 0, Map.of());
      assertThat(first.directory().resolve(FROZEN)).exists();
      assertThat(thawed.directory().resolve("model.safetensors")).exists();
      assertThat(thawed.directory().resolve(FROZEN)).doesNotExist();
      weights.set("body", 0);
      assertThat(checkpointer.resume()).isPresent();
      assertThat(weights.stateDict().tensor("body").toFloats()).containsExactly(9, 9);
    }
  }

  @Test
  void a_frozen_tensor_that_changed_all_the_same_is_saved_as_it_is() throws IOException {
    try (Checkpointer checkpointer = open(Set.of("body"))) {
      checkpointer.save(1, 0, Map.of());
      weights.set("body", 7);
      checkpointer.save(2, 0, Map.of());
      weights.set("body", 0);
      checkpointer.resume();
      assertThat(weights.stateDict().tensor("body").toFloats()).containsExactly(7, 7);
    }
  }

  @Test
  void a_name_that_the_model_does_not_have_fails_the_save() throws IOException {
    try (Checkpointer checkpointer = open(Set.of("boddy"))) {
      assertThatThrownBy(() -> checkpointer.save(1, 0, Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the model has no tensor 'boddy', which is said to be frozen; there are: body, head");
      assertThat(checkpointer.checkpoints()).isEmpty();
    }
  }

  @Test
  void a_file_that_may_be_one_of_the_models_shards_is_refused() {
    for (String file : new String[] {FROZEN, "model.safetensors.index.json"}) {
      assertThatThrownBy(
              () ->
                  Checkpointer.in(run)
                      .track("model", weights)
                      .file(file, () -> FileContent.of("x")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("two parts of the checkpoint would be in " + file);
      assertThatThrownBy(
              () ->
                  Checkpointer.in(run)
                      .file(file, () -> FileContent.of("x"))
                      .track("model", weights))
          .hasMessage("two parts of the checkpoint would be in " + file);
    }
  }
}
