package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandardOutputTest {
  @TempDir Path temporary;

  @Test
  void what_is_written_goes_through() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StandardOutput output = new StandardOutput(bytes);

    new PrintStream(output, true, StandardCharsets.UTF_8).print("é\n");

    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("é\n");
    assertThat(output.failure()).isEmpty();
  }

  @Test
  void a_full_disk_is_a_failure_and_a_reader_that_went_away_is_none() {
    assertThat(failing("No space left on device").failure()).hasValue("No space left on device");
    assertThat(failing("Broken pipe").failure()).isEmpty();
  }

  @Test
  void a_process_whose_output_does_not_fit_says_so_and_exits_with_3() throws Exception {
    Path err = temporary.resolve("err");
    int status =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    ClassPath.OF_TESTS,
                    "io.github.checkpoint4j.cli.Ckpt",
                    "show",
                    Fixture.safetensors(temporary.resolve("m")).toString()))
            .redirectOutput(Path.of("/dev/full").toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();

    assertThat(status).isEqualTo(3);
    assertThat(Files.readString(err))
        .isEqualTo("ckpt: cannot write to standard output: No space left on device\n");
  }

  private static StandardOutput failing(String reason) {
    StandardOutput output =
        new StandardOutput(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException(reason);
              }
            });
    PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
    print.println("text");
    return output;
  }
}
