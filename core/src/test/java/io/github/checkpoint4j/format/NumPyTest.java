package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NumPyTest {
  private static final Golden GOLDEN = Golden.topic("npz");

  static List<Path> good() {
    return files("good");
  }

  static List<Path> bad() {
    return files("bad");
  }

  private static List<Path> files(String folder) {
    return Stream.of(".npy", ".npz").flatMap(end -> GOLDEN.files(folder, end).stream()).toList();
  }

  /** The arrays of a file of either kind; a lone one has no name. */
  static Map<String, Tensor> read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return Format.detect(file).filter(Format.NPZ::equals).isPresent()
        ? NumPy.archive(file, source)
        : Map.of("", NumPy.array(file, source));
  }

  static void read(byte[] file, String source) throws IOException {
    read(MemorySegment.ofArray(file), source).values().forEach(Tensor::toByteArray);
  }

  @Test
  void every_golden_file_is_expected_and_the_other_way_round() throws IOException {
    for (String folder : List.of("good", "bad")) {
      assertThat(files(folder).stream().map(NumPyTest::name))
          .containsExactlyInAnyOrderElementsOf(GOLDEN.expected().object(folder).members().keySet());
    }
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_good_file_is_read_as_numpy_reads_it(Path file) throws IOException {
    MemorySegment bytes = Golden.bytes(file);

    assertThat(Golden.rows(read(bytes, file.toString())))
        .isEqualTo(GOLDEN.expected().object("good").array(name(file)));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void a_bad_file_is_refused(Path file) throws IOException {
    MemorySegment bytes = Golden.bytes(file);

    assertThatThrownBy(() -> read(bytes, "x"))
        .isInstanceOfAny(CorruptFileException.class, UnsupportedFeatureException.class)
        .hasMessageMatching("x[:,] .*; .*")
        .message()
        .hasLineCount(1);
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_cut_anywhere_is_refused(Path file) throws IOException {
    byte[] bytes = Golden.bytes(file).toArray(ValueLayout.JAVA_BYTE);

    new Damaged(bytes).requireRefusedWhenCut(bytes.length, NumPyTest::read);
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_file_with_any_byte_changed_is_read_or_refused(Path file) throws IOException {
    byte[] bytes = Golden.bytes(file).toArray(ValueLayout.JAVA_BYTE);

    assertThat(new Damaged(bytes).refusedWhenChanged(NumPyTest::read)).isPositive();
  }

  @Test
  void any_change_of_an_array_in_an_archive_is_found_by_its_checksum() throws IOException {
    for (String archive : List.of("every-dtype", "compressed")) {
      byte[] file = GOLDEN.bytes("good/" + archive + ".npz").toArray(ValueLayout.JAVA_BYTE);
      NumPy.requireChecksums(MemorySegment.ofArray(file), "x");
      ZipArchive zip = ZipArchive.parse(MemorySegment.ofArray(file), "x");
      for (ZipArchive.Entry entry : zip.entries()) {
        byte[] changed = file.clone();
        changed[(int) (entry.data() + entry.size() - 1)] ^= 1;
        assertThatThrownBy(() -> NumPy.requireChecksums(MemorySegment.ofArray(changed), "x"))
            .isInstanceOf(CorruptFileException.class)
            .hasMessageContaining("'" + entry.name() + "'");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "matrix.npy, true",
    "fortran-vector.npy, true",
    "fortran.npy, false",
    "big-endian.npy, false",
    "paths.npz, true",
    "compressed-fortran.npz, false"
  })
  void what_is_stored_as_in_memory_is_a_window_on_the_file(String name, boolean isWindow)
      throws IOException {
    byte[] file = GOLDEN.bytes("good/" + name).toArray(ValueLayout.JAVA_BYTE);
    Tensor first = read(MemorySegment.ofArray(file), "x").values().iterator().next();
    byte[] before = first.toByteArray();

    Arrays.fill(file, (byte) 0x55);

    assertThat(Arrays.equals(first.toByteArray(), before)).isEqualTo(!isWindow);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      textBlock =
          """
          object.npy      # x: its elements are Python objects, a pickle that could run code, numpy's dtype '|O', which is not read; in Python save it as an array of numbers
          object.npz      # x: anything.npy: its elements are Python objects, a pickle that could run code, numpy's dtype '|O', which is not read; in Python save it as an array of numbers
          strings.npy     # x: its elements are strings, numpy's dtype '<U2', which is not read; in Python save it as an array of numbers
          dates.npy       # x: its elements are dates or times, numpy's dtype '<M8[D]', which is not read; in Python save it as an array of numbers
          void.npy        # x: its elements are bytes without a meaning, as which numpy also writes bfloat16, numpy's dtype '|V2', which is not read; in Python save it as an array of numbers
          long-double.npy # x: its elements are numbers of a size that only some machines have, numpy's dtype '<f16', which is not read; in Python save it as an array of numbers
          structure.npy   # x: its elements are structures, [('a', '<i4'), ('b', '<f4')], 'fortran_order': False, 'shape': (2,), }                                          \\u000a, which are not read; in Python save each field as an array of its own
          version-4.npy   # x: version 4.0 of numpy's array files; expected 1.0, 2.0 or 3.0; use a newer checkpoint4j
          """,
      quoteCharacter = '~')
  void what_is_not_read_is_unsupported(String file, String message) throws IOException {
    MemorySegment bytes = GOLDEN.bytes("bad/" + file);

    assertThatThrownBy(() -> read(bytes, "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .message()
        .matches(found -> found.replaceAll("\\s+", " ").equals(message.replaceAll("\\s+", " ")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cut-in-header.npy      | cut short: its header ends at byte 128, and the file at byte 60; copy or save it again
          too-short.npy          | byte 128: shape [2, 3] of F32 takes 24 bytes, not 23; the file is damaged: copy or save it again
          too-long.npy           | byte 128: shape [2, 3] of F32 takes 24 bytes, not 25; the file is damaged: copy or save it again
          header-too-long.npy    | a header of 20058 bytes; numpy reads at most 10000; the file is damaged: copy or save it again
          wraps.npy              | shape [4294967296, 4294967296] has more elements than a long holds
          bytes-wrap.npy         | shape [4611686018427387904] of F32 takes more bytes than a long holds
          key-twice.npy          | not a header of numpy: the key 'descr' is there twice, at character
          key-missing.npy        | not a header of numpy: expected the keys descr, fortran_order and shape, at character
          key-unknown.npy        | not a header of numpy: the unknown key 'x', at character
          negative.npy           | not a header of numpy: expected a dimension, a whole number of 63 bits, at character
          expression.npy         | not a header of numpy: expected a comma after the only dimension, at character
          call.npy               | not a header of numpy: expected a string, at character
          no-comma.npy           | not a header of numpy: expected a comma after the only dimension, at character
          dimensions-65.npy      | not a header of numpy: more than 64 dimensions, at character
          after-header.npy       | not a header of numpy: more than one dictionary, at character
          not-an-array.npz       | b.npy: not a NumPy array: it has 8 bytes and begins with 6e 6f 20 61 72 72 61 79
          """)
  void the_message_says_what_and_where(String file, String problem) throws IOException {
    MemorySegment bytes = GOLDEN.bytes("bad/" + file);

    assertThatThrownBy(() -> read(bytes, "x"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void a_small_archive_cannot_ask_for_much_memory() throws IOException {
    MemorySegment bomb = GOLDEN.bytes("bad/bomb.npz");

    assertThatThrownBy(() -> read(bomb, "x"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("the compressed entry 'a.npy' of ", "20000128", "zip -0");
  }

  @Test
  void a_file_of_another_kind_is_told() {
    MemorySegment page = MemorySegment.ofArray("<html>".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> NumPy.array(page, "x"))
        .hasMessageStartingWith("x: not a NumPy array: it is an HTML page");
    assertThatThrownBy(() -> NumPy.archive(page, "x")).isInstanceOf(CorruptFileException.class);
  }

  @Test
  void names_keep_their_slashes() throws IOException {
    Map<String, Tensor> arrays = NumPy.archive(GOLDEN.bytes("good/paths.npz"), "x");

    assertThat(arrays.keySet()).containsExactly("layer/0/kernel", "layer/0/bias", "step");
    assertThat(StateDict.of(arrays).tensor("step").toLongs()).containsExactly(9);
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
