package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Verification.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that Hugging Face's Trainer made in Python: golden/trainer has a real one. */
class UnverifiedTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden/trainer/steps/checkpoint-6");

  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  private Path run;

  @BeforeEach
  void create() throws IOException {
    run = Files.createDirectory(temporary.resolve("run"));
  }

  private Path python(long step) throws IOException {
    Path directory = Files.createDirectory(run.resolve("checkpoint-" + step));
    try (Stream<Path> files = Files.list(GOLDEN)) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    return directory;
  }

  private List<String> names() throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(disk, run)) {
      return store.list().stream().map(CheckpointInfo::name).toList();
    }
  }

  @Test
  void a_directory_made_in_python_is_listed_with_what_its_trainer_state_tells() throws IOException {
    python(6);
    try (CheckpointStore store = CheckpointStore.readOnly(disk, run)) {
      CheckpointInfo info = store.list().getFirst();
      assertThat(info.standing()).isEqualTo(Standing.UNVERIFIED);
      assertThat(info.step()).isEqualTo(6);
      assertThat(info.epoch()).hasValue(1.2);
      assertThat(info.metrics())
          .containsEntry("eval_accuracy", 0.5384615384615384)
          .containsEntry("eval_loss", 0.5956764221191406)
          .containsEntry("loss", 0.7002454996109009)
          .doesNotContainKeys("step", "epoch");
      assertThat(info.sequence()).isZero();
      assertThat(info.time()).isEqualTo(Files.getLastModifiedTime(info.directory()).toInstant());
    }
  }

  @Test
  void its_parts_are_read_by_their_names() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(python(6))) {
      assertThat(checkpoint.manifest()).isEmpty();
      assertThat(checkpoint.state("model").size()).isPositive();
      assertThat(checkpoint.state("optimizer").names()).contains("state", "param_groups");
      assertThat(checkpoint.state("scheduler").names()).contains("last_epoch");
      assertThat(checkpoint.state("rng").tensor("cpu").byteSize()).isEqualTo(5056);
      assertThat(checkpoint.json("trainer_state.json").integer("global_step")).isEqualTo(6);
      assertThat(checkpoint.contains("model")).isTrue();
      assertThat(checkpoint.contains("scaler")).isFalse();
      assertThatThrownBy(() -> checkpoint.state("scaler"))
          .isInstanceOf(NoSuchFileException.class)
          .hasMessage(
              run.resolve("checkpoint-6/scaler.pt")
                  + ": there is no such file in the checkpoint; there are [model.safetensors,"
                  + " optimizer.pt, rng_state.pth, scheduler.pt, trainer_state.json]");
    }
  }

  @Test
  void its_structure_is_verified() throws IOException {
    Path directory = python(6);
    Verification verification = Verification.of(directory);
    assertThat(verification.problems()).isEmpty();
    assertThat(verification.files()).isEqualTo(5);
    assertThat(verification.tensors()).isPositive();
    for (String name :
        List.of(
            "model.safetensors",
            "optimizer.pt",
            "scheduler.pt",
            "rng_state.pth",
            "trainer_state.json")) {
      Path file = directory.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(whole, whole.length - 3));
      assertThat(Verification.of(directory).problems())
          .isNotEmpty()
          .extracting(Problem::file)
          .contains(name);
      Files.write(file, whole);
    }
  }

  @Test
  void empty_files_and_a_cut_trainer_state_are_damage_at_a_glance() throws IOException {
    Path empty = python(6);
    Files.write(empty.resolve("optimizer.pt"), new byte[0]);
    Path cut = python(7);
    Files.writeString(cut.resolve("trainer_state.json"), "{\"global_step\": 7");
    Path nothing = Files.createDirectory(run.resolve("checkpoint-8"));
    Path list = python(9);
    Files.writeString(list.resolve("trainer_state.json"), "[]");
    try (CheckpointStore store = CheckpointStore.readOnly(disk, run)) {
      List<CheckpointInfo> infos = store.list();
      assertThat(infos).allMatch(info -> info.standing() == Standing.DAMAGED);
      assertThat(infos.get(0).damage())
          .contains(
              empty.resolve("optimizer.pt")
                  + " is empty: saving it was cut short. Use another checkpoint.");
      assertThat(infos.get(1).damage().orElseThrow())
          .contains(cut.resolve("trainer_state.json").toString());
      assertThat(infos.get(2).damage()).contains(nothing + " holds no file.");
      assertThat(infos.get(3).damage())
          .contains(
              list.resolve("trainer_state.json")
                  + " is not a JSON object. Use another checkpoint.");
      assertThatThrownBy(() -> store.open(infos.get(0))).isInstanceOf(CorruptFileException.class);
    }
  }

  @Test
  void what_was_there_at_a_commit_is_older_and_what_came_after_is_newer() throws IOException {
    python(500);
    python(1500);
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      store.commit(Contents.of(1000));
    }
    assertThat(names()).containsExactly("checkpoint-500", "checkpoint-1500", "checkpoint-1000");
    python(2000);
    assertThat(names())
        .containsExactly("checkpoint-500", "checkpoint-1500", "checkpoint-1000", "checkpoint-2000");
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      store.commit(Contents.of(2500));
      store.delete(store.list().get(2));
    }
    assertThat(names())
        .containsExactly("checkpoint-500", "checkpoint-1500", "checkpoint-2000", "checkpoint-2500");
  }

  @Test
  void one_whose_manifest_broke_later_stands_by_its_step() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      store.commit(Contents.of(10));
      store.commit(Contents.of(20));
      store.commit(Contents.of(30));
    }
    Files.writeString(run.resolve("checkpoint-20/manifest.json"), "{}");
    assertThat(names()).containsExactly("checkpoint-10", "checkpoint-20", "checkpoint-30");
  }

  @Test
  void a_model_in_shards_is_read_through_its_index() throws IOException {
    Path directory = sharded();
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(checkpoint.contains("model")).isTrue();
      assertThat(checkpoint.state("model").names()).containsExactly("b", "a", "c");
      assertThat(checkpoint.state("model").tensor("c").toFloats()).containsExactly(3);
      assertThat(checkpoint.verify().isClean()).isTrue();
    }
  }

  @Test
  void shards_and_index_that_do_not_agree_are_told_both_ways() throws IOException {
    Path directory = sharded();
    Path second = directory.resolve("model-00002-of-00002.safetensors");
    String index = directory.resolve("model.safetensors.index.json").toString();

    write(second, tensors("c", "d"));
    wrong(
        directory, "tensor 'd' of model-00002-of-00002.safetensors is not in %s".formatted(index));
    write(second, tensors("a"));
    wrong(
        directory,
        "tensor 'c' is not in model-00002-of-00002.safetensors, where %s puts it".formatted(index));
    write(second, tensors("c", "a"));
    wrong(
        directory,
        "tensor 'a' is in model-00002-of-00002.safetensors, and %s puts it in model-00001-of-00002.safetensors"
            .formatted(index));
    Files.delete(second);
    assertThat(Verification.of(directory).problems())
        .extracting(Problem::message)
        .containsExactly(
            "model-00002-of-00002.safetensors is missing, which model.safetensors.index.json names");
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThatThrownBy(() -> checkpoint.state("model"))
          .isInstanceOf(NoSuchFileException.class)
          .hasMessageContaining("model-00002-of-00002.safetensors");
    }
  }

  private static void wrong(Path directory, String message) throws IOException {
    assertThat(Verification.of(directory).problems())
        .extracting(Problem::message)
        .contains(message);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThatThrownBy(() -> checkpoint.state("model"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageStartingWith(directory + ": tensor ")
          .hasMessageEndingWith(". The shards are not of one model; use another checkpoint.");
    }
  }

  @Test
  void a_shard_that_the_index_does_not_name_is_told() throws IOException {
    Path directory = sharded();
    write(directory.resolve("model-00003-of-00003.safetensors"), tensors("z"));
    assertThat(Verification.of(directory).problems())
        .extracting(Problem::message)
        .containsExactly(
            "model-00003-of-00003.safetensors is not named in model.safetensors.index.json: it is of another model");
  }

  @Test
  void an_index_that_leads_out_of_the_directory_is_refused() throws IOException {
    Path directory = sharded();
    Path index = directory.resolve("model.safetensors.index.json");
    for (Map.Entry<String, String> bad :
        Map.of(
                "{\"weight_map\": {\"a\": \"../x\"}}",
                "'../x' cannot name a file of a checkpoint: it has a '/', '\\' or ':'",
                "{\"weight_map\": {\"a\": 1}}",
                "member 'a' should be a string",
                "{\"weight_map\": {}}",
                "it names no tensor",
                "{}",
                "no member 'weight_map'",
                "[]",
                "it is not a JSON object")
            .entrySet()) {
      Files.writeString(index, bad.getKey());
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        assertThatThrownBy(() -> checkpoint.state("model"))
            .isInstanceOf(CorruptFileException.class)
            .hasMessageStartingWith(index + " is not an index of shards: ")
            .hasMessageContaining(bad.getValue());
      }
      assertThat(Verification.of(directory).isClean()).isFalse();
    }
  }

  @Test
  void a_closed_checkpoint_says_so() throws IOException {
    Checkpoint checkpoint = Checkpoint.open(python(6));
    MappedFile file = checkpoint.file("optimizer.pt");
    assertThat(checkpoint.file("optimizer.pt")).isSameAs(file);
    checkpoint.close();
    checkpoint.close();
    assertThatThrownBy(() -> checkpoint.file("optimizer.pt"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(run.resolve("checkpoint-6") + " is closed");
  }

  @Test
  void a_file_in_place_of_a_state_dict_is_refused() throws IOException {
    Path directory = python(6);
    Files.writeString(directory.resolve("config.json"), "[1]");
    write(directory.resolve("list.pt"), PyTorch.write(Value.list(), "list"));
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThatThrownBy(() -> checkpoint.json("config.json"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(directory.resolve("config.json") + " is not a JSON object.");
      assertThatThrownBy(() -> checkpoint.state("list"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(
              directory.resolve("list.pt")
                  + " does not hold a dict with string keys, so it is not a state dict.");
      assertThatThrownBy(() -> checkpoint.file("../config.json"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private Path sharded() throws IOException {
    Path directory = Files.createDirectory(run.resolve("checkpoint-3"));
    write(directory.resolve("model-00001-of-00002.safetensors"), tensors("a", "b"));
    write(directory.resolve("model-00002-of-00002.safetensors"), tensors("c"));
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        """
        {"metadata": {"total_size": 12},
         "weight_map": {"b": "model-00001-of-00002.safetensors",
                        "a": "model-00001-of-00002.safetensors",
                        "c": "model-00002-of-00002.safetensors"}}
        """);
    return directory;
  }

  private static FileContent tensors(String... names) {
    StateDict.Builder tensors = StateDict.builder();
    for (String name : names) {
      tensors.put(name, Tensor.ofFloats(new float[] {name.charAt(0) - 'a' + 1}, 1));
    }
    return SafeTensors.write(tensors.build(), Map.of());
  }

  private static void write(Path file, FileContent content) throws IOException {
    Files.deleteIfExists(file);
    LocalStorage.instance().write(file, content);
  }
}
