package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of the real safetensors and torch, and what these said of them. */
class SafeTensorsGoldenTest {
  private static final Golden GOLDEN = Golden.topic("safetensors");

  static List<Path> good() {
    return GOLDEN.files("good", ".safetensors");
  }

  static List<Path> bad() {
    return Stream.of("damaged", "hostile")
        .flatMap(folder -> GOLDEN.files(folder, ".safetensors").stream())
        .toList();
  }

  @Test
  void every_golden_file_is_expected_and_the_other_way_round() throws IOException {
    for (String folder : List.of("good", "damaged", "hostile")) {
      assertThat(GOLDEN.files(folder, ".safetensors").stream().map(SafeTensorsGoldenTest::name))
          .containsExactlyInAnyOrderElementsOf(GOLDEN.expected().object(folder).members().keySet());
    }
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_good_file_is_read_as_python_reads_it(Path file) throws IOException {
    Json.Obj expected = GOLDEN.expected().object("good").object(name(file));
    MemorySegment bytes = Golden.bytes(file);
    SafeTensors read = SafeTensors.parse(bytes, file.toString());

    Map<String, String> metadata = new HashMap<>();
    expected
        .object("metadata")
        .members()
        .forEach((name, text) -> metadata.put(name, ((Json.Str) text).value()));
    assertThat(read.metadata()).isEqualTo(metadata);
    assertThat(rows(read)).isEqualTo(expected.array("tensors"));
    assertThat(read.stateDict().names()).containsExactlyElementsOf(read.tensors().keySet());
    read.tensors()
        .forEach(
            (name, tensor) -> {
              MemorySegment there = bytes.asSlice(read.offset(name), tensor.byteSize());
              assertThat(there.mismatch(tensor.bytes())).isEqualTo(-1);
            });
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_that_python_wrote_is_written_the_same(Path file) throws IOException {
    SafeTensors read = SafeTensors.parse(Golden.bytes(file), file.toString());
    List<Map.Entry<String, Tensor>> shuffled = new ArrayList<>(read.tensors().entrySet());
    Collections.reverse(shuffled);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    shuffled.forEach(entry -> tensors.put(entry.getKey(), entry.getValue()));

    StateDict dict = StateDict.of(tensors);
    byte[] written = bytes(SafeTensors.write(dict, read.metadata()));

    if (GOLDEN.expected().object("good").object(name(file)).bool("written")) {
      assertThat(written).isEqualTo(Golden.bytes(file).toArray(ValueLayout.JAVA_BYTE));
    }
    SafeTensors again = SafeTensors.parse(MemorySegment.ofArray(written), "written");
    assertThat(again.metadata()).isEqualTo(read.metadata());
    assertThat(again.tensors().keySet()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
    again
        .tensors()
        .forEach((name, tensor) -> assertThat(tensor.hasSameBytes(dict.tensor(name))).isTrue());
  }

  @ParameterizedTest
  @MethodSource("bad")
  void a_damaged_or_hostile_file_is_refused(Path file) throws IOException {
    MemorySegment bytes = Golden.bytes(file);
    assertThatThrownBy(() -> SafeTensors.parse(bytes, file.getFileName().toString()))
        .isInstanceOfAny(CorruptFileException.class, UnsupportedFeatureException.class)
        .hasMessageStartingWith(file.getFileName() + ": ")
        .hasMessageContaining("; ");
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_cut_anywhere_is_refused(Path file) throws IOException {
    MemorySegment bytes = Golden.bytes(file);
    for (long size = 0; size < bytes.byteSize(); size++) {
      MemorySegment cut = bytes.asSlice(0, size);
      assertThatThrownBy(() -> SafeTensors.parse(cut, "cut"))
          .isInstanceOf(CorruptFileException.class);
    }
  }

  @Test
  void what_the_reference_reads_and_we_refuse_is_known() throws IOException {
    List<String> accepted = new ArrayList<>();
    for (String folder : List.of("damaged", "hostile")) {
      GOLDEN
          .expected()
          .object(folder)
          .members()
          .forEach(
              (name, verdict) -> {
                if (verdict.equals(Json.of("accepted"))) {
                  accepted.add(name);
                }
              });
    }
    assertThat(accepted)
        .containsExactlyInAnyOrder(
            "dtype-object",
            "header-leading-space",
            "metadata-name-twice",
            "nested-name-twice",
            "tensor-array",
            "tensor-twice-alike",
            "tensor-twice-escaped",
            "unknown-field-twice");
  }

  private static Json rows(SafeTensors read) {
    List<Json> rows = new ArrayList<>();
    read.tensors()
        .forEach(
            (name, tensor) ->
                rows.add(
                    Json.object()
                        .put("name", name)
                        .put("dtype", tensor.dtype().name())
                        .put("shape", Golden.shape(tensor))
                        .put("sha256", Golden.sha256(tensor.toByteArray()))
                        .put("offset", read.offset(name))
                        .build()));
    return Json.array(rows);
  }

  private static String name(Path file) {
    return file.getFileName().toString().replace(".safetensors", "");
  }

  static byte[] bytes(FileContent content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    content.parts().forEach(p -> bytes.writeBytes(p.bytes().toArray(ValueLayout.JAVA_BYTE)));
    return bytes.toByteArray();
  }
}
