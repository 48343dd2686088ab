package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormatTest {

  static Stream<Arguments> starts() {
    return Stream.of(
        Arguments.of("", Format.EMPTY),
        Arguments.of("version https://git-lfs.github.com/spec/v1\noid", Format.GIT_LFS_POINTER),
        Arguments.of("\n  <!doctype HTML><html>", Format.HTML),
        Arguments.of("\u00ef\u00bb\u00bf<html lang=en>", Format.HTML),
        Arguments.of("<HEAD>", Format.HTML),
        Arguments.of("{}", Format.JSON),
        Arguments.of("{", Format.JSON),
        Arguments.of(" {\n  \"a\": 1}", Format.JSON),
        Arguments.of("[1, 2]", Format.JSON),
        Arguments.of("[]", Format.JSON),
        Arguments.of("GGUF\3\0\0\0", Format.GGUF),
        Arguments.of("\u0093NUMPY\1\0", Format.NUMPY),
        Arguments.of("\u0089HDF\r\n\u001a\n\0", Format.HDF5),
        Arguments.of("x".repeat(512) + "\u0089HDF\r\n\u001a\n", Format.HDF5),
        Arguments.of("x".repeat(2048) + "\u0089HDF\r\n\u001a\n", Format.HDF5),
        Arguments.of("\u0080\2}q\0.", Format.PICKLE),
        Arguments.of("\u0080\5\u0095", Format.PICKLE),
        Arguments.of(
            "\u0080\2\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\31.\u0080\2M\u00e9\3.",
            Format.PYTORCH_LEGACY),
        Arguments.of("\20\0\0\0\0\0\0\0{\"a\":", Format.SAFETENSORS),
        Arguments.of("\10\7\22\7pytorch:\200\2", Format.ONNX),
        Arguments.of("PK\3\4", Format.ZIP),
        Arguments.of("PK\3\4" + "\0".repeat(22) + "\20\0\0\0archive/data.pkl", Format.PYTORCH_ZIP));
  }

  @ParameterizedTest
  @MethodSource("starts")
  void a_format_is_told_by_how_a_file_begins(String start, Format format) {
    assertThat(detect(start)).contains(format);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "hello",
        "\0",
        "\u0080",
        "\u0080\1",
        "{a}",
        "<?xml version='1.0'?>",
        "\10",
        "\10\7",
        "\10\7\130\1:\0",
        "\10\7\70\1",
        "\u0089HDF\r\n\u001a",
        "\0\0\0\0\0\0\0\0{",
        "version 1.0",
      })
  void a_file_of_no_known_format_has_none(String start) {
    assertThat(detect(start)).isEmpty();
  }

  static Stream<Arguments> archives() {
    return Stream.of(
        Arguments.of("archive/data.pkl archive/byteorder archive/data/0", Format.PYTORCH_ZIP),
        Arguments.of("code/x.py m/data.pkl", Format.PYTORCH_ZIP),
        Arguments.of("metadata.json config.json model.weights.h5", Format.KERAS),
        Arguments.of("metadata.json model.weights.npz", Format.KERAS),
        Arguments.of("metadata.json", Format.KERAS),
        Arguments.of("metadata.json config.json", Format.ZIP),
        Arguments.of("arr_0.npy arr_1.npy", Format.NPZ),
        Arguments.of("a.npy readme.txt", Format.ZIP),
        Arguments.of("config.json", Format.ZIP));
  }

  @ParameterizedTest
  @MethodSource("archives")
  void an_archive_is_told_by_its_entries(String names, Format format) throws IOException {
    byte[] zip = zip(names);
    assertThat(Format.detect(MemorySegment.ofArray(zip))).contains(format);
  }

  @Test
  void an_archive_that_is_cut_short_is_told_by_its_first_entry() throws IOException {
    byte[] zip = zip("archive/data.pkl archive/byteorder");
    for (int size = 50; size < zip.length; size++) {
      assertThat(Format.detect(MemorySegment.ofArray(zip).asSlice(0, size)))
          .as("%d bytes", size)
          .contains(Format.PYTORCH_ZIP);
    }
  }

  @Test
  void golden_files_are_told() throws IOException {
    for (Path file : SafeTensorsGoldenTest.good()) {
      assertThat(Format.detect(Golden.bytes(file))).contains(Format.SAFETENSORS);
    }
    for (Path file : OnnxTest.good()) {
      assertThat(Format.detect(Golden.bytes(file))).contains(Format.ONNX);
    }
    for (Path file : JsonPrinterTest.documents()) {
      if (!file.endsWith("null.json")) {
        assertThat(Format.detect(Golden.bytes(file))).as("%s", file).contains(Format.JSON);
      }
    }
  }

  @Test
  void a_title_reads_well_in_a_sentence() {
    for (Format format : Format.values()) {
      assertThat(format.title()).matches("(a|an) [A-Za-z].*[a-z0-9]");
    }
  }

  private static Optional<Format> detect(String start) {
    return Format.detect(MemorySegment.ofArray(start.getBytes(ISO_8859_1)));
  }

  private static byte[] zip(String names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names.split(" ", -1)) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(name.getBytes(ISO_8859_1));
      }
    }
    return bytes.toByteArray();
  }
}
