package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxTest {
  private static final Golden GOLDEN = Golden.topic("onnx");

  static List<Path> good() {
    return GOLDEN.files("good", ".onnx");
  }

  static List<Path> bad() {
    return GOLDEN.files("bad", ".onnx");
  }

  @Test
  void every_golden_file_is_expected_and_the_other_way_round() throws IOException {
    for (String folder : List.of("good", "bad")) {
      assertThat(GOLDEN.files(folder, ".onnx").stream().map(OnnxTest::name))
          .containsExactlyInAnyOrderElementsOf(GOLDEN.expected().object(folder).members().keySet());
    }
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_good_file_is_read_as_onnx_reads_it(Path file) throws IOException {
    Json.Obj expected = GOLDEN.expected().object("good").object(name(file));
    Onnx read = Onnx.parse(Golden.bytes(file), file.toString());
    assertThat(Golden.rows(read.initializers())).isEqualTo(expected.array("initializers"));
    assertThat(Json.array(read.nodes().stream().map(OnnxTest::row).toList()))
        .isEqualTo(expected.array("nodes"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void a_bad_file_is_refused(Path file) throws IOException {
    MemorySegment bytes = Golden.bytes(file);
    assertThatThrownBy(() -> Onnx.parse(bytes, file.getFileName().toString()))
        .isInstanceOfAny(CorruptFileException.class, UnsupportedFeatureException.class)
        .hasMessageStartingWith(file.getFileName() + ": ")
        .hasMessageContaining("; ");
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_cut_anywhere_inside_its_graph_is_refused(Path file) throws IOException {
    MemorySegment bytes = Golden.bytes(file);
    // What follows the graph is the version of the operators, at most 16 bytes.
    for (long size = 0; size < bytes.byteSize() - 16; size++) {
      MemorySegment cut = bytes.asSlice(0, size);
      assertThatThrownBy(() -> Onnx.parse(cut, "cut")).isInstanceOf(CorruptFileException.class);
    }
  }

  @Test
  void raw_data_is_a_window_on_the_file() throws IOException {
    byte[] file = GOLDEN.bytes("good/linear.onnx").toArray(ValueLayout.JAVA_BYTE);
    Onnx read = Onnx.parse(MemorySegment.ofArray(file), "x");
    Tensor bias = tensor(read, "linear.bias");
    assertThat(bias.toFloats()).containsExactly(0.5f, -0.5f, 2f);
    Arrays.fill(file, (byte) 0);
    assertThat(bias.toFloats()).containsExactly(0, 0, 0);
  }

  @Test
  void floats_in_one_run_are_a_window_and_others_a_copy() throws IOException {
    for (Map.Entry<String, Float> first :
        Map.of("floats-in-one-run-and-an-empty-one", 0f, "floats-unpacked", 1.25f).entrySet()) {
      byte[] file = GOLDEN.bytes("good/" + first.getKey() + ".onnx").toArray(ValueLayout.JAVA_BYTE);
      Tensor a = tensor(Onnx.parse(MemorySegment.ofArray(file), "x"), "a");
      Arrays.fill(file, (byte) 0);
      assertThat(a.toFloats()[0]).isEqualTo(first.getValue());
    }
  }

  @Test
  void weights_in_another_file_are_windows_on_it() throws IOException {
    MemorySegment model = GOLDEN.bytes("external/model.onnx");
    byte[] weights = GOLDEN.bytes("external/weights.bin").toArray(ValueLayout.JAVA_BYTE);
    Map<String, MemorySegment> files = Map.of("weights.bin", MemorySegment.ofArray(weights));

    assertThat(Onnx.externalFiles(model, "x")).containsExactly("weights.bin");
    Onnx read = Onnx.parse(model, "x", files);
    assertThat(Golden.rows(read.initializers())).isEqualTo(GOLDEN.expected().array("external"));
    Arrays.fill(weights, (byte) 0);
    assertThat(tensor(read, "bias").toFloats()).containsOnly(0);
  }

  @Test
  void a_file_with_weights_that_is_missing_or_cut_short_is_told() throws IOException {
    MemorySegment model = GOLDEN.bytes("external/model.onnx");
    MemorySegment cut = GOLDEN.bytes("external/weights.bin").asSlice(0, 59);

    assertThatThrownBy(() -> Onnx.parse(model, "x", Map.of()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "x: the elements of initializer 'weight' are in the file 'weights.bin', which is"
                + " missing; copy the model with all its files");
    assertThatThrownBy(() -> Onnx.parse(model, "x", Map.of("weights.bin", cut)))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "x: the elements of initializer 'bias' should be the 12 bytes from byte 48 of"
                + " 'weights.bin', which has 59; copy the model with all its files");
  }

  @Test
  void nodes_lead_from_a_weight_to_its_bias() throws IOException {
    Onnx read = Onnx.parse(GOLDEN.bytes("good/linear.onnx"), "x");
    assertThat(read.nodes())
        .containsExactly(
            new Onnx.Node("/linear/MatMul", "MatMul", List.of("x", "onnx::MatMul_1"), List.of("h")),
            new Onnx.Node("/linear/Add", "Add", List.of("linear.bias", "h"), List.of("y")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          external-data    | x: the elements of initializer 'a' are in '../../weights.bin', which is no file beside the model; save the model with its data in one file beside it
          sparse           | x: the model has sparse initializers; export it with dense ones
          segment          | x: an initializer is one segment of a tensor; export the model again
          strings          | x: initializer 'a' is of ONNX's data type 8, which is not read: strings, 64-bit complex and 2- and 4-bit whole numbers are not; convert it in the model
          """)
  void what_is_not_read_is_unsupported(String file, String message) throws IOException {
    MemorySegment bytes = GOLDEN.bytes("bad/" + file + ".onnx");
    assertThatThrownBy(() -> Onnx.parse(bytes, "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          raw-too-short        | initializer 'a': shape [2] of F32 takes 8 bytes, not 7
          floats-too-few       | initializer 'a': shape [2] takes 8 bytes, not 4
          longs-too-many       | initializer 'a': shape [2] takes 16 bytes, not 24
          element-too-large    | initializer 'a': element 256 does not fit in 8 bits
          element-too-small    | initializer 'a': element -32769 does not fit in 16 bits
          negative-dimension   | initializer 'a': negative dimension in shape [-1]
          dimensions-wrap      | initializer 'a': shape [4294967296, 4294967296] has more elements than a long holds
          bytes-wrap           | initializer 'a': shape [4611686018427387904] takes more bytes than a long holds
          many-elements-few-bytes | initializer 'a': shape [1099511627776] has more elements than there are bytes
          float4-typed         | initializer 'a': elements of 4 bits that are not in raw_data
          same-name-twice      | a second initializer 'a'
          second-graph         | a second graph
          length-negative      | field 7 says it has 18446744073709551615 bytes, and 0 are left
          varint-of-11-bytes   | a varint of more than 64 bits
          varint-over-64-bits  | a varint of more than 64 bits
          varint-cut           | cut short, bytes missing: 1
          field-zero           | no field has the number 0
          field-over-29-bits   | no field has the number 8589934592
          group                | field 99 has the unknown wire type 3
          wire-type-7          | field 99 has the unknown wire type 7
          wrong-wire-type      | field 9 has wire type 0, expected 2
          dims-as-fixed        | field 1 has wire type 5, expected 0
          name-not-utf8        | the string in field 8 is not UTF-8
          """)
  void the_message_says_what_and_where(String file, String problem) throws IOException {
    MemorySegment bytes = GOLDEN.bytes("bad/" + file + ".onnx");
    assertThatThrownBy(() -> Onnx.parse(bytes, "x"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageMatching("(?s)x: not valid protobuf at byte \\d+: .*")
        .hasMessageEndingWith(
            ": " + problem + "; restore the file from a copy, or download it again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          html-page | x: not an ONNX model: it is an HTML page; most likely an error or login page saved in place of a download: download the file again
          no-graph  | x: not an ONNX model: it has 2 bytes and begins with 08 0a; check the name, or restore the file from a copy
          """)
  void what_is_no_model_is_told(String file, String message) throws IOException {
    MemorySegment bytes = GOLDEN.bytes("bad/" + file + ".onnx");
    assertThatThrownBy(() -> Onnx.parse(bytes, "x")).hasMessage(message);
  }

  private static Tensor tensor(Onnx onnx, String name) {
    return StateDict.of(onnx.initializers()).tensor(name);
  }

  private static Json row(Onnx.Node node) {
    return Json.object()
        .put("name", node.name())
        .put("operator", node.operator())
        .put("inputs", Json.array(node.inputs().stream().map(Json::of).toList()))
        .put("outputs", Json.array(node.outputs().stream().map(Json::of).toList()))
        .build();
  }

  private static String name(Path file) {
    return file.getFileName().toString().replace(".onnx", "");
  }
}
