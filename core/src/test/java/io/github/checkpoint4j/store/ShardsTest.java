package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model whose frozen tensors are in a shard of their own. */
class ShardsTest {
  private static final StateDict MODEL =
      StateDict.builder()
          .put("head.weight", Tensor.ofFloats(new float[] {1, 2, 3}, 3))
          .put("embeddings.weight", Tensor.ofFloats(new float[] {4, 5}, 2))
          .put("embeddings.position_ids", Tensor.ofLongs(new long[] {0, 1}, 2))
          .build();

  private static Map<String, FileContent> files(String... frozen) {
    return TrainerLayout.files("model", MODEL, Sharding.DEFAULT.withFrozen(Set.of(frozen)));
  }

  private static String text(FileContent content) {
    StringBuilder text = new StringBuilder();
    for (FileContent.Part part : content.parts()) {
      text.append(new String(part.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  @Test
  void frozen_tensors_are_in_a_shard_of_their_own_and_the_index_is_as_transformers_writes_it() {
    Map<String, FileContent> files = files("embeddings.weight");
    assertThat(files.keySet())
        .containsExactly(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json");
    assertThat(text(Objects.requireNonNull(files.get("model.safetensors.index.json"))))
        .isEqualTo(
            """
            {
              "metadata": {
                "total_size": 36
              },
              "weight_map": {
                "embeddings.position_ids": "model-00001-of-00002.safetensors",
                "embeddings.weight": "model-00002-of-00002.safetensors",
                "head.weight": "model-00001-of-00002.safetensors"
              }
            }
            """);
    assertThat(text(Objects.requireNonNull(files.get("model-00002-of-00002.safetensors"))))
        .contains("{\"__metadata__\":{\"format\":\"pt\"},\"embeddings.weight\"");
  }

  @Test
  void a_model_of_which_nothing_or_everything_is_frozen_is_in_one_file() {
    assertThat(files().keySet()).containsExactly("model.safetensors");
    assertThat(files("head.weight", "embeddings.weight", "embeddings.position_ids").keySet())
        .containsExactly("model.safetensors");
  }

  @Test
  void other_components_are_in_one_file() {
    assertThat(
            TrainerLayout.files(
                    "optimizer", MODEL, Sharding.DEFAULT.withFrozen(Set.of("head.weight")))
                .keySet())
        .containsExactly("optimizer.pt");
  }

  @Test
  void a_tensor_that_is_said_to_be_frozen_and_is_not_there_is_told() {
    assertThatThrownBy(() -> files("embeddings.weight", "embedding"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the model has no tensor 'embedding', which is said to be frozen; there are:"
                + " head.weight, embeddings.weight, embeddings.position_ids");
  }

  @Test
  void the_names_of_the_files_of_a_component_are_known() {
    for (String frozen : List.of("head.weight", "embeddings.weight")) {
      assertThat(files(frozen).keySet())
          .allMatch(file -> TrainerLayout.isFileOf("model", file))
          .noneMatch(file -> TrainerLayout.isFileOf("optimizer", file));
    }
    assertThat(TrainerLayout.isFileOf("model", "model.safetensors")).isTrue();
    assertThat(TrainerLayout.isFileOf("model", "model-1-of-2.safetensors")).isFalse();
    assertThat(TrainerLayout.isFileOf("optimizer", "optimizer.pt")).isTrue();
  }

  @Property(tries = 300)
  void every_split_of_a_model_has_every_tensor_once_and_agrees_with_its_index(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 0, max = 5) Integer> sizes,
      @ForAll @IntRange(min = 0, max = 4095) int frozen,
      @ForAll @IntRange(min = 1, max = 100) int maxShardSize)
      throws IOException {
    Map<String, Tensor> model = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < sizes.size(); i++) {
      int size = sizes.get(i);
      model.put("t" + i, Tensor.ofLongs(new long[size], size));
      if ((frozen >> i & 1) != 0) {
        names.add("t" + i);
      }
    }
    Map<String, FileContent> files =
        TrainerLayout.files(
            "model",
            StateDict.of(model),
            Sharding.DEFAULT.withFrozen(names).withMaxShardSize(maxShardSize));
    Optional<ShardIndex> index =
        Optional.ofNullable(files.get(TrainerLayout.INDEX_FILE)).map(ShardsTest::parsed);
    List<String> found = new ArrayList<>();
    for (Map.Entry<String, FileContent> file : files.entrySet()) {
      if (!file.getKey().equals(TrainerLayout.INDEX_FILE)) {
        Map<String, TensorChecksum> tensors = FileChecksums.of(file.getValue()).tensors();
        found.addAll(tensors.keySet());
        assertThat(tensors.size() > 1 ? bytes(tensors) : 0).isLessThanOrEqualTo(maxShardSize);
        assertThat(names.containsAll(tensors.keySet()))
            .isEqualTo(tensors.keySet().stream().anyMatch(names::contains));
        index.ifPresent(
            known -> assertThat(known.mismatches(file.getKey(), tensors.keySet())).isEmpty());
      }
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(model.keySet());
    assertThat(index.isPresent()).isEqualTo(files.size() > 1);
  }

  private static long bytes(Map<String, TensorChecksum> tensors) {
    return tensors.values().stream().mapToLong(TensorChecksum::size).sum();
  }

  @Test
  void a_model_that_is_too_large_for_one_file_is_in_shards_with_an_index_as_of_transformers() {
    Map<String, FileContent> files =
        TrainerLayout.files(
            "model",
            StateDict.builder()
                .put("\uffee", Tensor.ofFloats(new float[] {1, 2, 3}, 3))
                .put("b", Tensor.ofFloats(new float[] {4, 5}, 2))
                .put("\ud83d\ude00", Tensor.ofFloats(new float[] {6}, 1))
                .build(),
            Sharding.DEFAULT.withMaxShardSize(12).withParameters(OptionalLong.of(5)));
    assertThat(files.keySet())
        .containsExactly(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json");
    assertThat(text(Objects.requireNonNull(files.get("model.safetensors.index.json"))))
        .isEqualTo(
            """
            {
              "metadata": {
                "total_parameters": 5,
                "total_size": 24
              },
              "weight_map": {
                "b": "model-00002-of-00002.safetensors",
                "\\uffee": "model-00001-of-00002.safetensors",
                "\\ud83d\\ude00": "model-00002-of-00002.safetensors"
              }
            }
            """);
  }

  @Test
  void frozen_tensors_are_split_after_the_others() {
    Map<String, FileContent> files =
        TrainerLayout.files(
            "model",
            MODEL,
            Sharding.DEFAULT
                .withFrozen(Set.of("embeddings.weight", "embeddings.position_ids"))
                .withMaxShardSize(16));
    Map<String, String> map = parsed(index(files)).files();
    assertThat(map)
        .isEqualTo(
            Map.of(
                "head.weight", "model-00001-of-00003.safetensors",
                "embeddings.weight", "model-00002-of-00003.safetensors",
                "embeddings.position_ids", "model-00003-of-00003.safetensors"));
  }

  @Test
  void a_tied_weight_is_in_one_shard_and_in_the_index_under_its_first_name() {
    Tensor tied = Tensor.ofFloats(new float[] {1, 2}, 2);
    StateDict model =
        StateDict.builder()
            .put("wte", tied)
            .put("h", Tensor.ofFloats(new float[] {3, 4}, 2))
            .put("head", tied)
            .build();
    Map<String, FileContent> files =
        TrainerLayout.files("model", model, Sharding.DEFAULT.withMaxShardSize(8));
    assertThat(parsed(index(files)).files())
        .isEqualTo(
            Map.of(
                "wte", "model-00001-of-00002.safetensors",
                "h", "model-00002-of-00002.safetensors"));
    assertThat(text(Objects.requireNonNull(files.get("model-00001-of-00002.safetensors"))))
        .contains("{\"__metadata__\":{\"format\":\"pt\",\"head\":\"wte\"},\"wte\"");
    assertThat(text(index(files))).contains("\"total_size\": 16");
    // Frozen under one name is frozen under all.
    for (String name : List.of("wte", "head")) {
      assertThat(
              parsed(
                      index(
                          TrainerLayout.files(
                              "model", model, Sharding.DEFAULT.withFrozen(Set.of(name)))))
                  .files())
          .containsEntry("wte", "model-00002-of-00002.safetensors");
    }
  }

  @Test
  void more_shards_than_can_be_named_are_refused() {
    StateDict.Builder model = StateDict.builder();
    byte[] memory = new byte[100_000];
    for (int i = 0; i < memory.length; i++) {
      model.put(
          "t" + i,
          Tensor.of(Dtype.U8, new long[] {1}, MemorySegment.ofArray(memory).asSlice(i, 1)));
    }
    assertThatThrownBy(
            () -> TrainerLayout.files("model", model.build(), Sharding.DEFAULT.withMaxShardSize(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the model would be in 100000 shards, at most 99999 can be named; give a size of more"
                + " than 1 bytes");
  }

  private static FileContent index(Map<String, FileContent> files) {
    return Objects.requireNonNull(files.get(TrainerLayout.INDEX_FILE));
  }

  private static ShardIndex parsed(FileContent content) {
    try {
      return ShardIndex.parse(
          MemorySegment.ofArray(text(content).getBytes(StandardCharsets.UTF_8)), "index");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void a_tied_weight_in_shards_comes_back_under_all_names(@TempDir Path run) throws IOException {
    Tensor tied = Tensor.ofFloats(new float[] {1, 2}, 2);
    Tensor own = Tensor.ofFloats(new float[] {3, 4}, 2);
    StateDict model = StateDict.builder().put("wte", tied).put("h", own).put("head", tied).build();
    Map<String, FileContent> files =
        new LinkedHashMap<>(
            TrainerLayout.files("model", model, Sharding.DEFAULT.withMaxShardSize(8)));
    // Metadata that would give a tensor of another shard a second place is not believed.
    files.put(
        "model-00002-of-00002.safetensors",
        SafeTensors.write(StateDict.builder().put("h", own).build(), Map.of("wte", "h")));
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo info = store.commit(content(files));
      try (Checkpoint checkpoint = store.open(info)) {
        StateDict read = checkpoint.state("model");
        assertThat(read.names()).containsExactlyInAnyOrder("wte", "h", "head");
        assertThat(read.tensor("wte").toFloats()).containsExactly(1, 2);
        assertThat(read.tensor("head")).isSameAs(read.tensor("wte"));
        assertThat(checkpoint.verify().problems()).isEmpty();
      }
    }
  }

  private static CheckpointContent content(Map<String, FileContent> files) {
    return new CheckpointContent(
        1, 0, Map.of(), files, Contents.NOTHING, Contents.NOTHING, Contents.TIME, false);
  }

  @Test
  void a_model_in_shards_comes_back_whole_and_is_verified_against_its_index(@TempDir Path run)
      throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo info = store.commit(content(files("embeddings.weight")));
      try (Checkpoint checkpoint = store.open(info)) {
        StateDict model = checkpoint.state("model");
        assertThat(model.names()).containsExactlyInAnyOrderElementsOf(MODEL.names());
        for (String name : MODEL.names()) {
          assertThat(model.tensor(name).hasSameBytes(MODEL.tensor(name))).as(name).isTrue();
        }
        assertThat(checkpoint.verify().problems()).isEmpty();
        assertThat(checkpoint.verify().tensors()).isEqualTo(3);
        assertThat(
                SafeTensors.parse(
                        checkpoint.file("model-00002-of-00002.safetensors").bytes(), "shard")
                    .metadata())
            .containsEntry("format", "pt");
      }
    }
  }
}
