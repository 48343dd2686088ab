package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafeTensorsTest {
  private static final String CURE = "; restore the file from a copy, or download or save it again";
  private static final String EDITED = "; the file was damaged or edited, restore it from a copy";
  private static final String KNOWN =
      "; known are [BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ,"
          + " F8_E5M2FNUZ, I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64]; save it in one"
          + " of these";

  @Test
  void tensors_are_windows_on_the_file() throws IOException {
    MemorySegment file =
        MemorySegment.ofArray(
            SafeTensorsGoldenTest.bytes(
                SafeTensors.write(
                    StateDict.of(Map.of("a", Tensor.ofFloats(new float[] {1, 2}, 2))), Map.of())));
    SafeTensors read = SafeTensors.parse(file, "x");
    file.set(ValueLayout.JAVA_FLOAT_UNALIGNED, read.offset("a") + 4, 5f);
    assertThat(read.stateDict().tensor("a").toFloats()).containsExactly(1, 5);
    assertThat(read.stateDict().tensor("a").bytes().isReadOnly()).isTrue();
  }

  @Test
  void an_unknown_tensor_has_no_offset() throws IOException {
    SafeTensors read = SafeTensors.parse(golden("good/scalar"), "x");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read.offset("b"))
        .withMessage("no tensor 'b' in the file");
  }

  static Stream<Arguments> messages() {
    return Stream.of(
        Arguments.of(
            "damaged/empty",
            "x: not a safetensors file: it is an empty file; it was cut off before anything was"
                + " written: restore it from a copy"),
        Arguments.of(
            "damaged/three-bytes",
            "x: not a safetensors file: it has 3 bytes and begins with 61 62 63; check the name, or"
                + " restore the file from a copy"),
        Arguments.of(
            "damaged/html-page",
            "x: not a safetensors file: it is an HTML page; most likely an error or login page"
                + " saved in place of a download: download the file again"),
        Arguments.of(
            "damaged/git-lfs-pointer",
            "x: not a safetensors file: it is a git-LFS pointer; it stands for the file, which was"
                + " not fetched: run 'git lfs pull' in its repository"),
        Arguments.of(
            "damaged/json-text",
            "x: not a safetensors file: it is a JSON text; check the name, or read it as what it"
                + " is"),
        Arguments.of(
            "damaged/header-leading-space",
            "x: not a safetensors file: it has 68 bytes and begins with 38 00 00 00 00 00 00 00;"
                + " check the name, or restore the file from a copy"),
        Arguments.of(
            "damaged/cut-in-header",
            "x: cut short: the header of 109 bytes ends at byte 117, and the file at byte 40"
                + CURE),
        Arguments.of(
            "damaged/cut-in-first-tensor",
            "x: cut short: the tensors take 8 bytes and 2 are there; the first that is not whole is"
                + " 'a'"
                + CURE),
        Arguments.of(
            "damaged/cut-in-last-tensor",
            "x: cut short: the tensors take 8 bytes and 7 are there; the first that is not whole is"
                + " 'b'"
                + CURE),
        Arguments.of(
            "damaged/extended",
            "x: extended: the last tensor ends at byte 125 and the file at byte 126" + CURE),
        Arguments.of(
            "hostile/length-over-limit",
            "x: header too long: 100000001 bytes, at most 100000000 are allowed; if the file is"
                + " whole, split the tensors over several files"),
        Arguments.of(
            "hostile/length-all-ones",
            "x: header too long: 18446744073709551615 bytes, at most 100000000 are allowed; if the"
                + " file is whole, split the tensors over several files"),
        Arguments.of(
            "hostile/length-at-limit",
            "x: cut short: the header of 100000000 bytes ends at byte 100000008, and the file at"
                + " byte 67"
                + CURE),
        Arguments.of(
            "damaged/gap-between",
            "x: tensor 'b': begins at byte 8 of the data and leaves a gap from byte 4" + CURE),
        Arguments.of(
            "damaged/overlap",
            "x: tensor 'b': begins at byte 4 of the data and overlaps tensor 'a', which ends at"
                + " byte 8"
                + CURE),
        Arguments.of(
            "damaged/ends-before-it-begins",
            "x: tensor 'a': ends at byte 0 of the data, before it begins at byte 4" + CURE),
        Arguments.of(
            "damaged/size-too-small",
            "x: tensor 'a': F64[1] takes 8 bytes, and the header gives it 4" + CURE),
        Arguments.of(
            "damaged/half-byte", "x: tensor 'a': 3 elements of F4 do not fill whole bytes" + CURE),
        Arguments.of(
            "hostile/shape-product-wraps-before-a-zero",
            "x: tensor 'a': F32[4294967296, 4294967296, 0] takes more bytes than a long holds"
                + CURE),
        Arguments.of("damaged/dtype-unknown", "x: tensor 'a' has the unknown dtype 'F128'" + KNOWN),
        Arguments.of(
            "damaged/no-shape",
            "x: header: not valid JSON at line 1, column 6 (byte 13): tensor 'a' has no 'shape'"
                + EDITED),
        Arguments.of(
            "damaged/three-offsets",
            "x: header: not valid JSON at line 1, column 6 (byte 13): tensor 'a' has 3 data_offsets"
                + " and not 2"
                + EDITED),
        Arguments.of(
            "hostile/tensor-twice",
            "x: header: not valid JSON at line 1, column 56 (byte 63): a second member 'a' in an"
                + " object"
                + EDITED),
        Arguments.of(
            "damaged/shape-minus-zero",
            "x: header: not valid JSON at line 1, column 30 (byte 37): expected a whole number that"
                + " is not negative and found '-'"
                + EDITED),
        Arguments.of(
            "damaged/shape-real",
            "x: header: not valid JSON at line 1, column 30 (byte 37): expected a whole number,"
                + " without point and exponent"
                + EDITED),
        Arguments.of(
            "damaged/shape-leading-zero",
            "x: header: not valid JSON at line 1, column 30 (byte 37): a number with a leading zero"
                + EDITED),
        Arguments.of(
            "hostile/shape-over-64-bits",
            "x: header: not valid JSON at line 1, column 30 (byte 37): a number over"
                + " 9223372036854775807"
                + EDITED),
        Arguments.of(
            "damaged/metadata-number",
            "x: header: not valid JSON at line 1, column 22 (byte 29): expected a string and found"
                + " '1'"
                + EDITED));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void the_message_says_what_where_and_what_to_do(String file, String message) throws IOException {
    MemorySegment bytes = golden(file);
    assertThatThrownBy(() -> SafeTensors.parse(bytes, "x")).hasMessage(message);
  }

  @Test
  void an_unknown_dtype_is_unsupported_and_not_corrupt() throws IOException {
    MemorySegment bytes = golden("damaged/dtype-unknown");
    assertThatThrownBy(() -> SafeTensors.parse(bytes, "x"))
        .isInstanceOf(UnsupportedFeatureException.class);
  }

  @Test
  void a_hundred_thousand_tensors_are_written_and_read() throws IOException {
    StateDict.Builder dict = StateDict.builder();
    for (int i = 0; i < 100_000; i++) {
      dict.put("model.layers." + i + ".weight", Tensor.ofFloats(new float[] {i, 2, 3, 4}, 2, 2));
    }
    StateDict state = dict.build();
    byte[] file = SafeTensorsGoldenTest.bytes(SafeTensors.write(state, Map.of()));
    SafeTensors read = SafeTensors.parse(MemorySegment.ofArray(file), "x");
    assertThat(read.tensors()).hasSize(100_000);
    assertThat(read.tensors().keySet()).isEqualTo(state.names());
    assertThat(read.stateDict().tensor("model.layers.99999.weight").toFloats())
        .containsExactly(99_999, 2, 3, 4);
  }

  @Test
  void each_tensor_is_a_part_that_names_it_and_is_not_a_copy() {
    Tensor a = Tensor.ofFloats(new float[] {1}, 1);
    Tensor b = Tensor.ofLongs(new long[] {2}, 1);
    FileContent content =
        SafeTensors.write(StateDict.builder().put("a", a).put("b", b).build(), Map.of());
    assertThat(content.parts()).hasSize(3);
    assertThat(content.parts().get(0).tensor()).isEmpty();
    assertThat(content.parts().get(1).tensor()).contains("b");
    assertThat(content.parts().get(1).bytes()).isSameAs(b.bytes());
    assertThat(content.parts().get(2).tensor()).contains("a");
    assertThat(content.parts().get(2).bytes()).isSameAs(a.bytes());
  }

  @Test
  void metadata_is_written_in_the_order_of_its_names() {
    FileContent content = SafeTensors.write(StateDict.empty(), Map.of("b", "1", "a", "2"));
    assertThat(new String(SafeTensorsGoldenTest.bytes(content), UTF_8))
        .endsWith("{\"__metadata__\":{\"a\":\"2\",\"b\":\"1\"}}      ");
  }

  @Test
  void what_is_not_a_tensor_is_not_written() {
    StateDict state = StateDict.of(Map.of("step", Value.of(3)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(state, Map.of()))
        .withMessage("entry 'step' is not a tensor; a safetensors file holds nothing else");
  }

  @Test
  void a_tensor_called_metadata_is_not_written() {
    StateDict state = StateDict.of(Map.of("__metadata__", Tensor.scalar(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(state, Map.of()))
        .withMessage("a safetensors file cannot hold a tensor called '__metadata__'; rename it");
  }

  @Test
  void a_shape_that_no_reader_multiplies_is_not_written() {
    long[] shape = {1L << 32, 1L << 32, 0};
    Tensor tensor = Tensor.of(Dtype.F32, shape, MemorySegment.ofArray(new byte[0]));
    StateDict state = StateDict.of(Map.of("a", tensor));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(state, Map.of()))
        .withMessage(
            "tensor 'a' of F32[4294967296, 4294967296, 0] has dimensions that no reader"
                + " multiplies");
  }

  @Test
  void half_a_surrogate_pair_is_not_written() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> SafeTensors.write(StateDict.of(Map.of("a\ud800", Tensor.scalar(1))), Map.of()))
        .withMessage("'a\ud800' is not valid Unicode: it has half a surrogate pair");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(StateDict.empty(), Map.of("a", "\udc00")))
        .withMessage("'\udc00' is not valid Unicode: it has half a surrogate pair");
  }

  @Test
  void a_header_over_the_limit_is_not_written() {
    String text = "x".repeat(100_000_000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(StateDict.empty(), Map.of("a", text)))
        .withMessage(
            "the header of 0 tensors takes 100000032 bytes, at most 100000000 are allowed; split"
                + " the tensors over several files");
  }

  private static MemorySegment golden(String file) throws IOException {
    return Golden.topic("safetensors").bytes(file + ".safetensors");
  }
}
