package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTest {
  private static final Golden GOLDEN = Golden.topic("gguf");

  static List<Path> good() {
    return GOLDEN.files("good", ".gguf");
  }

  private static Gguf read(String name) throws IOException {
    return Gguf.parse(GOLDEN.bytes("good/" + name + ".gguf"), name);
  }

  private static void read(byte[] file, String source) throws IOException {
    Gguf.parse(MemorySegment.ofArray(file), source);
  }

  @Test
  void every_golden_file_is_expected_and_the_other_way_round() throws IOException {
    assertThat(good().stream().map(GgufTest::name))
        .containsExactlyInAnyOrderElementsOf(GOLDEN.expected().object("good").members().keySet());
  }

  @ParameterizedTest
  @MethodSource("good")
  void tensors_are_read_as_gguf_reads_them(Path file) throws IOException {
    Gguf read = Gguf.parse(Golden.bytes(file), file.toString());
    List<Json> rows = new ArrayList<>();
    for (Json row : GOLDEN.expected().object("good").object(name(file)).array("tensors").items()) {
      Json.Obj expected = (Json.Obj) row;
      rows.add(
          Json.object()
              .put("name", expected.text("name"))
              .put("type", expected.text("type"))
              .put("shape", expected.array("shape"))
              .put("sha256", expected.text("sha256"))
              .build());
    }

    assertThat(
            read.tensors().entrySet().stream()
                .<Json>map(entry -> row(entry.getKey(), entry.getValue())))
        .isEqualTo(rows);
  }

  private static Json row(String name, Value value) {
    return switch (value) {
      case Tensor tensor -> row(name, tensor.dtype().name(), tensor.shape(), tensor.bytes());
      case QuantizedTensor tensor ->
          row(name, tensor.quantization(), tensor.shape(), tensor.bytes());
      default -> throw new AssertionError(value);
    };
  }

  private static Json row(String name, String type, long[] shape, MemorySegment bytes) {
    return Json.object()
        .put("name", name)
        .put("type", type)
        .put("shape", Json.array(Arrays.stream(shape).mapToObj(Json::of).toList()))
        .put("sha256", Golden.sha256(bytes.toArray(ValueLayout.JAVA_BYTE)))
        .build();
  }

  @Test
  void the_numbers_of_quantized_tensors_are_those_of_gguf() throws IOException {
    Map<String, Value> tensors = read("quantized").tensors();
    int compared = 0;
    for (Json row :
        GOLDEN.expected().object("good").object("quantized.gguf").array("tensors").items()) {
      Json.Obj expected = (Json.Obj) row;
      QuantizedTensor tensor = (QuantizedTensor) StateDict.of(tensors).get(expected.text("name"));
      Optional<Quantization> quantization = Quantization.of(tensor);
      assertThat(quantization.isPresent()).isEqualTo(expected.find("numbers").isPresent());
      if (quantization.isPresent()) {
        MemorySegment numbers =
            MemorySegment.ofArray(new byte[Math.toIntExact(4 * tensor.elementCount())]);
        for (long i = 0; i < tensor.elementCount(); i++) {
          numbers.set(
              LittleEndian.INT,
              4 * i,
              Float.floatToRawIntBits(quantization.get().at(tensor.bytes(), i)));
        }
        assertThat(Golden.sha256(numbers.toArray(ValueLayout.JAVA_BYTE)))
            .as(expected.text("name"))
            .isEqualTo(expected.text("numbers"));
        compared++;
      }
    }

    assertThat(compared).isEqualTo(15);
  }

  @Test
  void the_types_are_those_of_ggml() throws IOException {
    Json.Obj expected = GOLDEN.expected().object("types");
    assertThat(Arrays.stream(GgufType.values()).map(Enum::name))
        .containsExactlyElementsOf(expected.members().keySet());
    for (GgufType type : GgufType.values()) {
      assertThat(
              Json.array(
                  List.of(
                      Json.of(type.number()),
                      Json.of(type.blockElements()),
                      Json.of(type.blockBytes()))))
          .isEqualTo(expected.array(type.name()));
    }
  }

  @Test
  void values_of_every_type_are_read() throws IOException {
    Map<String, Value> values = read("values").metadata();

    assertThat(values)
        .containsEntry("general.architecture", Value.of("llama"))
        .containsEntry("general.name", Value.of("tiny"))
        .containsEntry("n.u8", Value.of(255))
        .containsEntry("n.i8", Value.of(-128))
        .containsEntry("n.u16", Value.of(65535))
        .containsEntry("n.i16", Value.of(-32768))
        .containsEntry("n.u32", Value.of(4294967295L))
        .containsEntry("n.i32", Value.of(-2147483648L))
        .containsEntry("n.u64", new Value.Int(BigInteger.TWO.pow(64).subtract(BigInteger.ONE)))
        .containsEntry("n.i64", Value.of(Long.MIN_VALUE))
        .containsEntry("n.f32", Value.of(0.5))
        .containsEntry("n.f64", Value.of(-1e300))
        .containsEntry("n.bool", Value.of(true))
        .containsEntry("n.text", Value.of("h\u00e9llo\n\u4e16"))
        .containsEntry(
            "tokenizer.ggml.tokens", Value.list(Value.of("<s>"), Value.of("a"), Value.of("")));
    assertThat(values.get("tokenizer.ggml.scores"))
        .isInstanceOfSatisfying(
            Value.NdArray.class,
            scores -> assertThat(scores.elements().toFloats()).containsExactly(0, -1.5f, 2.25f));
    assertThat(values.get("nested"))
        .isInstanceOfSatisfying(
            Value.Items.class,
            items ->
                assertThat(items.values())
                    .map(item -> ((Value.NdArray) item).elements().toLongs())
                    .containsExactly(new long[] {1, 2}, new long[] {3}));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "plain-version-2", "plain-aligned-64"})
  void versions_and_alignments_do_not_matter(String name) throws IOException {
    assertThat(read(name).tensors().keySet()).isEqualTo(read("plain").tensors().keySet());
    assertThat(read(name).version()).isEqualTo(name.endsWith("2") ? 2 : 3);
  }

  @Test
  void a_tensor_is_a_window_on_the_file() throws IOException {
    byte[] file = GOLDEN.bytes("good/plain.gguf").toArray(ValueLayout.JAVA_BYTE);
    Value norm = Gguf.parse(MemorySegment.ofArray(file), "x").tensors().get("output_norm.weight");

    Arrays.fill(file, (byte) 0);

    assertThat(norm)
        .isInstanceOfSatisfying(
            Tensor.class, tensor -> assertThat(tensor.toFloats()).containsOnly(0));
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_cut_before_its_last_tensor_ends_is_refused(Path file) throws IOException {
    byte[] bytes = Golden.bytes(file).toArray(ValueLayout.JAVA_BYTE);
    // What follows the last byte of a tensor is padding, of zeros up to the alignment.
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }

    new Damaged(bytes)
        .requireRefusedWhenCut(name(file).startsWith("no-tensors") ? end - 4 : end, GgufTest::read);
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_with_any_byte_changed_is_read_or_refused(Path file) throws IOException {
    byte[] bytes = Golden.bytes(file).toArray(ValueLayout.JAVA_BYTE);

    assertThat(new Damaged(bytes).refusedWhenChanged(GgufTest::read)).isGreaterThan(100);
  }

  private static GgufBytes tensor(String name, int type, long offset, long... dims) {
    return new GgufBytes(3).tensor(name, type, offset, dims);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rank       | tensor 'a' has 5 dimensions, at most 4 are allowed
          row        | tensor 'a': a row of 31 elements is no multiple of 32, a block of Q4_0
          wraps      | tensor 'a': shape [4611686018427387904, 4] has more elements than a long holds
          bytes-wrap | tensor 'a': it takes more bytes than a long holds
          outside    | tensor 'a' of 64 bytes at byte 32, a multiple of 32 after byte 64, is not in the file of 128 bytes
          unaligned  | tensor 'a' of 4 bytes at byte 4, a multiple of 32 after byte 64, is not in the file of 128 bytes
          overlap    | tensor 'b' shares bytes with 'a'
          twice      | tensor 'a' is there twice
          keys-twice | two keys 'k'
          boolean    | a truth value is 2, neither 0 nor 1
          alignment  | general.alignment is not a power of two
          negative   | a dimension of tensor 'a' is 18446744073709551615
          many       | 1000000000000 tensors are said to follow, and only
          long       | cut short: 1000000000 bytes should follow, and
          """)
  void the_message_says_what_and_where(String kind, String problem) {
    GgufBytes file =
        switch (kind) {
          case "rank" -> tensor("a", 0, 0, 1, 1, 1, 1, 1);
          case "row" -> tensor("a", 2, 0, 31);
          case "wraps" -> tensor("a", 0, 0, 4, 1L << 62);
          case "bytes-wrap" -> tensor("a", 28, 0, 1L << 61);
          case "outside" -> tensor("a", 0, 32, 16).data(64);
          case "unaligned" -> tensor("a", 0, 4, 1).data(64);
          case "overlap" -> tensor("a", 0, 0, 16).tensor("b", 0, 32, 4).data(64);
          case "twice" -> tensor("a", 0, 0, 4).tensor("a", 0, 32, 4).data(64);
          case "keys-twice" -> new GgufBytes(3).pair("k", 0, new byte[1]).pair("k", 0, new byte[1]);
          case "boolean" -> new GgufBytes(3).pair("k", 7, new byte[] {2});
          case "alignment" ->
              new GgufBytes(3).pair("general.alignment", 4, new byte[] {3, 0, 0, 0});
          case "negative" -> tensor("a", 0, 0, -1);
          case "many" -> new GgufBytes(3).tensorCount(1_000_000_000_000L);
          default -> new GgufBytes(3).pair("k", 8, GgufBytes.longs(1_000_000_000));
        };

    assertThatThrownBy(() -> Gguf.parse(file.segment(), "x"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("x, byte ")
        .hasMessageContaining(": " + problem)
        .hasMessageEndingWith("; the file is damaged: copy or download it again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          old        | x: version 1 of GGUF; expected 2 or 3; convert it with llama.cpp's gguf tools
          new        | x: version 4 of GGUF; expected 2 or 3; convert it with llama.cpp's gguf tools
          big-endian | x: a big-endian GGUF file; expected a little-endian one; convert it with llama.cpp's gguf tools
          type       | x, byte 24: tensor 'a' is of ggml's type 99, which is not known; use a newer checkpoint4j
          value      | x, byte 37: a value of GGUF's type 13; expected 0 to 12; use a newer checkpoint4j
          deep       | arrays in arrays, more than 8 deep; write plain ones
          """)
  void what_is_not_read_is_unsupported(String kind, String message) {
    GgufBytes file =
        switch (kind) {
          case "old" -> new GgufBytes(1);
          case "new" -> new GgufBytes(4);
          case "big-endian" -> new GgufBytes(0x03000000);
          case "type" -> tensor("a", 99, 0, 1);
          case "value" -> new GgufBytes(3).pair("k", 13, new byte[8]);
          default -> new GgufBytes(3).pair("k", 9, GgufBytes.nested(9));
        };

    assertThatThrownBy(() -> Gguf.parse(file.segment(), "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining(message);
  }

  @Test
  void an_empty_tensor_may_lie_at_the_end() throws IOException {
    Gguf read = Gguf.parse(tensor("a", 0, 0, 0, 3).segment(), "x");

    assertThat(String.valueOf(read.tensors().get("a"))).isEqualTo("F32[3, 0]");
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
