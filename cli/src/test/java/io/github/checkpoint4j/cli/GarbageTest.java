package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that are not what they should be: each verb says so in one line, and nothing else. */
class GarbageTest {
  @TempDir Path temporary;

  static Stream<Arguments> garbage() {
    return Stream.of(
        Arguments.of("nothing", new byte[0], "empty"),
        Arguments.of("one byte", new byte[] {0}, "begins"),
        Arguments.of("zeros", new byte[4096], "begins"),
        Arguments.of("text", ascii("hello, world\n"), "begins"),
        Arguments.of("HTML", ascii("<!DOCTYPE html><html>404</html>"), "HTML page"),
        Arguments.of(
            "LFS",
            ascii("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
            "git lfs pull"),
        Arguments.of("HDF5", HexFormat.of().parseHex("894844460d0a1a0a00000000"), "superblock"),
        Arguments.of("GGUF", ascii("GGUF\3\0\0\0"), "cut short"),
        Arguments.of("NumPy", HexFormat.of().parseHex("934e554d50590100"), "cut short"),
        Arguments.of("zip", HexFormat.of().parseHex("504b0506" + "00".repeat(18)), ""),
        Arguments.of("cut zip", ascii("PK\3\4..............................."), ""),
        Arguments.of("JSON cut short", ascii("{\"a\": [1, 2"), "line 1"),
        Arguments.of("pickle", HexFormat.of().parseHex("80045d942e"), "pickle"),
        Arguments.of(
            "safetensors with a header beyond the file",
            HexFormat.of().parseHex("ffffff0000000000" + "7b7d"),
            ""),
        Arguments.of(
            "safetensors with a header of 2^63",
            HexFormat.of().parseHex("0000000000000080" + "7b7d"),
            ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("garbage")
  void every_kind_is_refused_in_one_line(String name, byte[] bytes, String said)
      throws IOException {
    Path file = Files.write(temporary.resolve("file"), bytes);

    for (String verb : new String[] {"show", "tensors"}) {
      for (String option : new String[] {"--json", "--"}) {
        Run run = ckpt(verb, option, file);
        assertThat(run.status()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
            .startsWith("ckpt " + verb + ": " + file)
            .contains(said)
            .hasLineCount(1)
            .doesNotContain("Exception", "\tat ");
      }
    }
    Run verify = ckpt("verify", file);
    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out()).startsWith("FAILED  " + file).contains(said).hasLineCount(1);
    assertThat(verify.err()).isEmpty();
  }

  @Test
  void files_cut_short_anywhere_are_refused_in_one_line() throws IOException {
    for (Path whole :
        new Path[] {
          Fixture.safetensors(temporary.resolve("m")), Fixture.pytorch(temporary.resolve("o"))
        }) {
      byte[] bytes = Files.readAllBytes(whole);
      Path file = temporary.resolve("cut");
      for (int length = 0; length < bytes.length; length += 1 + length / 16) {
        Files.write(file, Arrays.copyOf(bytes, length));
        Run run = ckpt("show", file);
        assertThat(run.status()).as(whole + " cut at " + length + ": " + run).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).doesNotContain("unexpected");
      }
    }
  }

  @Test
  void damaged_bytes_never_end_in_anything_but_an_answer_or_one_line() throws IOException {
    Random random = new Random(1);
    for (Path whole :
        new Path[] {
          Fixture.safetensors(temporary.resolve("m")), Fixture.pytorch(temporary.resolve("o"))
        }) {
      byte[] bytes = Files.readAllBytes(whole);
      Path file = temporary.resolve("damaged");
      for (int i = 0; i < 300; i++) {
        byte[] damaged = bytes.clone();
        for (int flips = random.nextInt(4); flips >= 0; flips--) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        Files.write(file, damaged);
        Run run = ckpt("tensors", "--stats", file);
        assertThat(run.status()).as(run.toString()).isIn(0, 1);
        assertThat(run.err()).doesNotContain("unexpected", "Exception");
        assertThat(run.err().lines().count()).isLessThanOrEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"show", "tensors", "ls"})
  void a_missing_path_is_3(String verb) {
    Path missing = temporary.resolve("missing");

    Run run = ckpt(verb, "--json", missing);

    assertThat(run.status()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("ckpt " + verb + ": " + missing + ": no such file or directory")
        .hasLineCount(1);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
