package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.checkpoint4j.format.Json;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Long work in a process of its own, which is told on a terminal and ended by signals. */
class InterruptTest {
  private static final long TENSORS = 64;
  private static final long BYTES = 1L << 24;

  @TempDir Path temporary;
  private Path source;

  /** A model of 1 GiB of zeros, which takes no space on the disk. */
  @BeforeEach
  void a_large_file() throws Exception {
    Json.Builder header = Json.object();
    for (long i = 0; i < TENSORS; i++) {
      header.put(
          "layer.%03d.weight".formatted(i),
          Json.object()
              .put("dtype", "F32")
              .put("shape", Json.array(List.of(Json.of(BYTES / 4))))
              .put(
                  "data_offsets", Json.array(List.of(Json.of(i * BYTES), Json.of((i + 1) * BYTES))))
              .build());
    }
    byte[] text = header.build().toText().getBytes(StandardCharsets.UTF_8);
    source = temporary.resolve("m.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
      file.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      file.write(text);
      file.setLength(8 + text.length + TENSORS * BYTES);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INT, 130, m.pt",
    "TERM, 143, copy.safetensors",
    "INT, 130, directory",
    "TERM, 143, directory",
  })
  void a_conversion_that_gets_a_signal_leaves_nothing(String signal, int status, String target)
      throws Exception {
    String path = temporary.resolve(target).toString();
    try (TrainingProcess conversion =
        TrainingProcess.start(List.of("convert", source.toString(), path))) {
      conversion.awaitEntry(temporary, name -> name.startsWith("." + target + ".tmp-"));
      conversion.signal(signal);

      assertThat(conversion.await()).as(conversion.output()).isEqualTo(status);
      assertThat(conversion.lines()).containsExactly("interrupted: nothing was written");
      assertThat(TrainingProcess.entries(temporary)).containsExactly("m.safetensors");
    }
  }

  @Test
  void a_file_that_was_to_be_replaced_is_still_there() throws Exception {
    Path target = Files.writeString(temporary.resolve("m.pt"), "before");
    try (TrainingProcess conversion =
        TrainingProcess.start(
            List.of("convert", "--overwrite", source.toString(), target.toString()))) {
      conversion.awaitEntry(temporary, name -> name.startsWith(".m.pt.tmp-"));
      conversion.signal("INT");

      assertThat(conversion.await()).isEqualTo(130);
      assertThat(target).hasContent("before");
      assertThat(TrainingProcess.entries(temporary)).containsExactly("m.pt", "m.safetensors");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tensors --checksum", "tensors --json", "tensors --stats"})
  void control_c_ends_a_reading_and_takes_its_line_away(String verb) throws Exception {
    assumeTrue(Terminal.isAvailable(), "script of util-linux");
    try (Terminal terminal = ckpt(Map.of(), verb + " m.safetensors >/dev/null")) {
      terminal.await(
          "reading +\\d+%\\|[█ ]{10}\\| [0-9.]+ [MG]B of 1\\.1 GB, [^\r]*/s, \\d+:\\d+ left");
      terminal.type("\u0003");

      assertThat(terminal.status()).isEqualTo(130);
      assertThat(terminal.output().replace("^C", "")).endsWith("\r\u001b[K");
    }
  }

  @Test
  void control_c_ends_a_conversion_and_takes_its_line_away() throws Exception {
    assumeTrue(Terminal.isAvailable(), "script of util-linux");
    try (Terminal terminal = ckpt(Map.of(), "convert --dtype F16 m.safetensors t.safetensors")) {
      terminal.await("casting +\\d+%\\|[█ ]{10}\\|");
      terminal.type("\u0003");

      assertThat(terminal.status()).isEqualTo(130);
      assertThat(terminal.output()).endsWith("\r\u001b[Kinterrupted: nothing was written\r\n");
      assertThat(TrainingProcess.entries(temporary)).containsExactly("m.safetensors");
    }
  }

  @ParameterizedTest
  @CsvSource({"NO_COLOR, 1", "TERM, dumb"})
  void a_user_who_wants_no_line_has_none(String variable, String value) throws Exception {
    assumeTrue(Terminal.isAvailable(), "script of util-linux");
    try (Terminal terminal =
        ckpt(Map.of(variable, value), "tensors --filter '*.00*' --checksum m.safetensors")) {
      assertThat(terminal.status()).isZero();
      assertThat(terminal.output()).contains("layer.009.weight").doesNotContain("\u001b", "%");
    }
  }

  /** As the launcher starts it where standard error is a terminal. */
  private Terminal ckpt(Map<String, String> environment, String line) throws Exception {
    return Terminal.start(
        temporary,
        environment,
        "exec '%s/bin/java' -XX:TieredStopAtLevel=1 -Dcheckpoint4j.terminal=true -cp '%s' %s %s"
            .formatted(
                System.getProperty("java.home"), ClassPath.OF_TESTS, Ckpt.class.getName(), line));
  }
}
