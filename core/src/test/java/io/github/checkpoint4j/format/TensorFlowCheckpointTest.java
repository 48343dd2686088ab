package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorFlowCheckpointTest {
  private static final Golden GOLDEN = Golden.topic("tensorflow");

  static Set<String> good() throws IOException {
    return GOLDEN.expected().members().keySet();
  }

  private static String prefix(String name) throws IOException {
    return GOLDEN.expected().object(name).text("prefix");
  }

  static MemorySegment index(String name) throws IOException {
    return GOLDEN.bytes("good/" + name + "/" + prefix(name) + ".index");
  }

  private static Map<String, MemorySegment> shards(String name) throws IOException {
    Map<String, MemorySegment> shards = new LinkedHashMap<>();
    for (String file : parse(name).shards(prefix(name))) {
      shards.put(file, GOLDEN.bytes("good/" + name + "/" + file));
    }
    return shards;
  }

  private static TensorFlowCheckpoint parse(String name) throws IOException {
    return TensorFlowCheckpoint.parse(index(name), name);
  }

  private static Map<String, Value> read(String name) throws IOException {
    return parse(name).read(prefix(name), shards(name));
  }

  @Test
  void every_golden_checkpoint_is_expected_and_the_other_way_round() throws IOException {
    try (Stream<Path> folders = Files.list(GOLDEN.folder().resolve("good"))) {
      assertThat(folders.map(folder -> String.valueOf(folder.getFileName())))
          .containsExactlyInAnyOrderElementsOf(good());
    }
  }

  @ParameterizedTest
  @MethodSource("good")
  void variables_are_read_as_tensorflow_reads_them(String name) throws IOException {
    Json.Obj expected = GOLDEN.expected().object(name);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, Json> texts = new LinkedHashMap<>();
    for (Map.Entry<String, Value> entry : read(name).entrySet()) {
      switch (entry.getValue()) {
        case Tensor tensor -> tensors.put(entry.getKey(), tensor);
        case Value.Text text ->
            texts.put(entry.getKey(), Json.array(List.of(Json.of(text.value()))));
        case Value.Items items ->
            texts.put(
                entry.getKey(),
                Json.array(
                    items.values().stream()
                        .<Json>map(item -> Json.of(((Value.Text) item).value()))
                        .toList()));
        default -> assertThat(entry.getKey()).isEqualTo(TensorFlowCheckpoint.OBJECT_GRAPH);
      }
    }

    assertThat(Golden.rows(tensors)).isEqualTo(expected.array("tensors"));
    assertThat(texts).isEqualTo(expected.object("texts").members());
  }

  @Test
  void the_graph_of_objects_is_bytes() throws IOException {
    assertThat(read("checkpoint").get(TensorFlowCheckpoint.OBJECT_GRAPH)).isInstanceOf(Bytes.class);
  }

  @ParameterizedTest
  @MethodSource("good")
  void nothing_is_damaged_as_tensorflow_wrote_it(String name) throws IOException {
    assertThat(parse(name).damaged(prefix(name), shards(name))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint", "every-dtype", "sharded"})
  void any_byte_that_changes_is_found_and_its_variable_named(String name) throws IOException {
    Set<String> named = new TreeSet<>();
    for (String file : shards(name).keySet()) {
      byte[] bytes = GOLDEN.bytes("good/" + name + "/" + file).toArray(ValueLayout.JAVA_BYTE);
      for (int at = 0; at < bytes.length; at++) {
        byte[] changed = bytes.clone();
        changed[at] ^= 1;
        Map<String, MemorySegment> shards = new LinkedHashMap<>(shards(name));
        shards.put(file, MemorySegment.ofArray(changed));
        try {
          List<String> damaged = parse(name).damaged(prefix(name), shards);
          assertThat(damaged).as("byte %d of %s", at, file).hasSize(1);
          named.add(damaged.getFirst().split("'", -1)[1]);
          assertThat(damaged.getFirst())
              .contains(" of " + file + " is damaged: the masked CRC32C of its ");
        } catch (CorruptFileException e) {
          // The lengths of strings have a checksum of their own.
          assertThat(e).hasMessageContaining(TensorFlowCheckpoint.OBJECT_GRAPH);
        }
      }
    }

    assertThat(named).hasSizeGreaterThan(3);
  }

  @Test
  void a_variable_is_a_window_on_its_shard() throws IOException {
    Map<String, MemorySegment> shards = new LinkedHashMap<>(shards("sharded"));
    shards.replaceAll((file, bytes) -> MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE)));
    Map<String, Value> state = parse("sharded").read("model", shards);

    shards.values().forEach(bytes -> bytes.fill((byte) 0));

    assertThat(state.get("b/kernel"))
        .isInstanceOfSatisfying(
            Tensor.class, tensor -> assertThat(tensor.toFloats()).containsOnly(0));
  }

  @ParameterizedTest
  @MethodSource("good")
  void an_index_cut_anywhere_is_refused(String name) throws IOException {
    byte[] bytes = index(name).toArray(ValueLayout.JAVA_BYTE);

    new Damaged(bytes).requireRefusedWhenCut(bytes.length, TensorFlowCheckpointTest::readIndex);
  }

  @ParameterizedTest
  @MethodSource("good")
  void an_index_with_any_byte_changed_is_refused_but_for_what_is_not_used(String name)
      throws IOException {
    byte[] bytes = index(name).toArray(ValueLayout.JAVA_BYTE);

    int refused = new Damaged(bytes).refusedWhenChanged(TensorFlowCheckpointTest::readIndex);

    // Not used are the place of the block about the table, that block, and padding in the footer.
    assertThat(refused).isGreaterThan(3 * (bytes.length - 70));
  }

  private static void readIndex(byte[] file, String source) throws IOException {
    TensorFlowCheckpoint.parse(MemorySegment.ofArray(file), source);
  }

  @Test
  void a_missing_shard_is_told() throws IOException {
    Map<String, MemorySegment> shards = shards("sharded");
    shards.remove("model.data-00001-of-00002");

    assertThatThrownBy(() -> parse("sharded").read("model", shards))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "sharded: it names the file model.data-00001-of-00002, which is missing; copy all files"
                + " of the checkpoint");
  }

  @Test
  void a_shard_that_is_cut_short_is_told() throws IOException {
    Map<String, MemorySegment> shards = new LinkedHashMap<>(shards("sharded"));
    shards.computeIfPresent("model.data-00001-of-00002", (file, bytes) -> bytes.asSlice(0, 19));

    assertThatThrownBy(() -> parse("sharded").read("model", shards))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "sharded: 'c' has 12 bytes from byte 8 of model.data-00001-of-00002, which has 19: cut"
                + " short? copy it again");
  }

  @Test
  void strings_that_are_damaged_are_told() throws IOException {
    byte[] data = shards("strings").values().iterator().next().toArray(ValueLayout.JAVA_BYTE);
    List<String> messages = new ArrayList<>();
    for (int at = 0; at < data.length; at++) {
      byte[] changed = data.clone();
      changed[at] ^= 1;
      try {
        messages.addAll(
            parse("strings")
                .damaged(
                    "model", Map.of("model.data-00000-of-00001", MemorySegment.ofArray(changed))));
      } catch (CorruptFileException e) {
        messages.add(e.getMessage());
      }
    }

    assertThat(messages)
        .hasSize(data.length)
        .anyMatch(message -> message.contains("the lengths of its strings have another checksum"))
        .anyMatch(message -> message.startsWith("tensor 'several' of model.data-00000-of-00001"));
  }

  @Test
  void variables_in_slices_are_refused_by_name() throws IOException {
    MemorySegment index = GOLDEN.bytes("bad/sliced/model.index");

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(index, "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "x: 'part' is saved in slices, as parts of a partitioned variable, which are not read;"
                + " load it in TensorFlow and save it whole");
  }

  @Test
  void a_type_that_is_not_read_is_refused_by_the_name_of_its_variable() throws IOException {
    MemorySegment index = GOLDEN.bytes("bad/quantized/model.index");

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(index, "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "x: 'small' is of TensorFlow's data type 11, which is not read: numbers below 8 bits,"
                + " quantized ones, variants and resources are not; save it without that variable");
  }

  private static byte[] message(int... bytes) {
    byte[] message = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      message[i] = (byte) bytes[i];
    }
    return message;
  }

  /** A header of one shard, and an entry. */
  private static MemorySegment index(String key, byte[] entry) {
    return MemorySegment.ofArray(
        TableBytes.of(List.of(Map.entry("", message(8, 1)), Map.entry(key, entry)), 2));
  }

  @Test
  void many_strings_are_refused() {
    // DT_STRING, and a shape of one dimension of 2^18 + 1.
    byte[] entry = message(8, 7, 18, 6, 18, 4, 8, 0x81, 0x80, 0x10);

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(index("s", entry), "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "x: 262145 strings in 's', and 0 before it; at most 262144 are read; save it without"
                + " them");
  }

  @Test
  void a_size_that_is_not_that_of_the_shape_is_told() {
    // DT_FLOAT, a shape of one dimension of 2, and 7 bytes.
    byte[] entry = message(8, 1, 18, 4, 18, 2, 8, 2, 40, 7);

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(index("w", entry), "x"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "x: entry 'w': 2 elements of F32 do not take 7 bytes; the file is damaged: copy or save"
                + " it again");
  }

  @Test
  void a_shard_that_there_is_not_is_told() {
    byte[] entry = message(8, 1, 24, 1, 40, 4);

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(index("w", entry), "x"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("entry 'w': it is in shard 1, of 1;");
  }

  @Test
  void variables_that_share_bytes_are_refused() throws IOException {
    byte[] entry = message(8, 1, 40, 4);
    byte[] file =
        TableBytes.of(
            List.of(Map.entry("", message(8, 1)), Map.entry("v", entry), Map.entry("w", entry)), 3);
    TensorFlowCheckpoint index = TensorFlowCheckpoint.parse(MemorySegment.ofArray(file), "x");

    assertThatThrownBy(() -> index.read("p", Map.of()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("x: 'v' and 'w' share bytes; ");
  }

  @Test
  void a_newer_or_big_endian_checkpoint_is_refused() {
    for (Map.Entry<byte[], String> header :
        Map.of(
                message(8, 1, 16, 1),
                "x: big-endian numbers; expected little-endian ones; save it on another machine",
                message(8, 1, 26, 2, 16, 2),
                "x: for readers of version 2 at least; this one is of 1; use a newer checkpoint4j")
            .entrySet()) {
      byte[] file = TableBytes.of(List.of(Map.entry("", header.getKey())), 1);

      assertThatThrownBy(() -> TensorFlowCheckpoint.parse(MemorySegment.ofArray(file), "x"))
          .isInstanceOf(UnsupportedFeatureException.class)
          .hasMessage(header.getValue());
    }
  }

  @Test
  void a_table_that_is_no_checkpoint_is_told() {
    byte[] file = TableBytes.of(List.of(Map.entry("a", new byte[1])), 1);

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(MemorySegment.ofArray(file), "x"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "x: a table of LevelDB without the header of a TensorFlow checkpoint, an entry with an"
                + " empty key; check which file this is");
  }

  @Test
  void a_file_of_another_kind_is_told() {
    MemorySegment page = MemorySegment.ofArray("<html>".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> TensorFlowCheckpoint.parse(page, "x"))
        .hasMessageStartingWith("x: not a TensorFlow checkpoint: it is an HTML page");
  }
}
