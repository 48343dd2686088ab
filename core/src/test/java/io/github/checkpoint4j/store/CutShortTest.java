package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Verification.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that someone cuts short while it is mapped is an error that names it, and no crash. */
class CutShortTest {
  private static final String LOST =
      "%s cannot be read any more: it was cut short while it was open, or its device failed. Use"
          + " another checkpoint, or restore the file from a copy.";

  @TempDir Path temporary;
  private Path checkpoint;

  @BeforeEach
  void commit() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(temporary.resolve("run"))) {
      checkpoint = store.commit(content()).directory();
    }
  }

  private static CheckpointContent content() {
    StateDict model = StateDict.of(Map.of("weight", Tensor.ofFloats(new float[100_000], 100_000)));
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put("model.safetensors", TrainerLayout.content("model", model));
    files.put("optimizer.pt", TrainerLayout.content("optimizer", model));
    files.put("trainer_state.json", FileContent.of("{\"a\": \"" + "x".repeat(50_000) + "\"}"));
    return new CheckpointContent(
        1, 0, Map.of(), files, Json.object(Map.of()), Json.object(Map.of()), Contents.TIME, false);
  }

  private static void cut(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  @Test
  void verification_names_each_file_that_was_cut_short_under_it() throws IOException {
    for (String name : new String[] {"model.safetensors", "optimizer.pt", "trainer_state.json"}) {
      Path file = checkpoint.resolve(name);
      try (Checkpoint open = Checkpoint.open(checkpoint)) {
        assertThat(open.verify().isClean()).isTrue();
        byte[] whole = Files.readAllBytes(file);
        cut(file, 5000);
        assertThat(open.verify().problems())
            .containsExactly(new Problem(name, Optional.empty(), LOST.formatted(file)));
        // In the same file, which is mapped.
        Files.write(file, whole, StandardOpenOption.WRITE);
        assertThat(open.verify().isClean()).isTrue();
      }
    }
  }

  @Test
  void what_reads_a_file_names_it() throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      for (String name : open.files()) {
        cut(checkpoint.resolve(name), 0);
      }
      assertThatThrownBy(() -> open.state("model"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(LOST.formatted(checkpoint.resolve("model.safetensors")))
          .hasCauseInstanceOf(InternalError.class);
      assertThatThrownBy(() -> open.state("optimizer"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(LOST.formatted(checkpoint.resolve("optimizer.pt")));
      assertThatThrownBy(() -> open.json("trainer_state.json"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(LOST.formatted(checkpoint.resolve("trainer_state.json")));
    }
  }

  @Test
  void a_tensor_whose_bytes_are_lost_is_an_internal_error_whose_file_can_be_asked()
      throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      Tensor weight = open.state("model").tensor("weight");
      open.requireReadable();
      cut(checkpoint.resolve("model.safetensors"), 5000);
      assertThatThrownBy(weight::toFloats).isInstanceOf(InternalError.class);
      assertThatThrownBy(open::requireReadable)
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(LOST.formatted(checkpoint.resolve("model.safetensors")));
    }
  }

  /** Compiled code reads otherwise than interpreted code, and a process that dies is no test. */
  @Test
  void a_process_that_verifies_while_files_are_cut_short_lives() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + temporary.resolve("crash.log"),
                "-cp",
                System.getProperty("java.class.path"),
                Verifying.class.getName(),
                checkpoint.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output).isEqualTo("verified, then found 3 problems");
  }

  /** Verifies until the code is compiled, and once more with files cut short. */
  static final class Verifying {
    private Verifying() {}

    public static void main(String[] arguments) throws IOException {
      Path directory = Path.of(arguments[0]);
      try (Checkpoint open = Checkpoint.open(directory)) {
        for (int i = 0; i < 500; i++) {
          open.verify().requireClean();
        }
        System.out.print("verified, ");
        for (String name : open.files()) {
          cut(directory.resolve(name), 4096);
        }
        int problems = open.verify().problems().size();
        for (int i = 0; i < 500; i++) {
          if (open.verify().problems().size() != problems) {
            throw new IllegalStateException("another number of problems");
          }
        }
        System.out.print("then found " + problems + " problems");
      }
    }
  }
}
