package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to any file of the newest checkpoint, a run resumes from the one before it. */
class DamagedResumeTest {
  @TempDir Path temporary;
  private Path run;
  private Path newest;
  private final List<String> loads = new ArrayList<>();
  private final Counter model = new Counter("model", loads);
  private final Counter optimizer = new Counter("optimizer", loads);

  /** Something that happens to a file. */
  @FunctionalInterface
  private interface Accident {
    void to(Path file) throws IOException;
  }

  private static final Map<String, Accident> ACCIDENTS =
      Map.of(
          "deleted", Files::delete,
          "empty", file -> Files.write(file, new byte[0]),
          "cut", file -> Files.write(file, Arrays.copyOf(bytes(file), bytes(file).length - 1)),
          "longer", file -> Files.write(file, Arrays.copyOf(bytes(file), bytes(file).length + 1)),
          "a bit flipped", file -> flip(file, bytes(file).length / 2),
          "zeros", file -> Files.write(file, new byte[bytes(file).length]),
          "an HTML page", file -> Files.writeString(file, "<!DOCTYPE html><html></html>"),
          "of the checkpoint before", DamagedResumeTest::copyFromBefore,
          "a directory", DamagedResumeTest::makeDirectory,
          "a link to nowhere", DamagedResumeTest::linkToNowhere);

  private static byte[] bytes(Path file) throws IOException {
    return Files.readAllBytes(file);
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = bytes(file);
    bytes[at] ^= 0x10;
    Files.write(file, bytes);
  }

  private static void copyFromBefore(Path file) throws IOException {
    Path other = file.resolveSibling("../checkpoint-1/" + file.getFileName()).normalize();
    Files.write(file, bytes(other));
  }

  private static void makeDirectory(Path file) throws IOException {
    Files.delete(file);
    Files.createDirectory(file);
  }

  private static void linkToNowhere(Path file) throws IOException {
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("nowhere"));
  }

  @BeforeEach
  void save() throws IOException {
    run = temporary.resolve("run");
    newest = run.resolve("checkpoint-2");
    try (Checkpointer checkpointer = builder().open()) {
      for (long step = 1; step <= 2; step++) {
        model.set((float) step);
        optimizer.set((float) -step);
        checkpointer.save(step, 0, Map.of("loss", 1.0 / step));
      }
    }
  }

  private CheckpointerBuilder builder() {
    return Checkpointer.in(run)
        .track("model", model)
        .track("optimizer", optimizer)
        .file("config.json", () -> FileContent.of("{\"hidden\": " + model.value() + "}"))
        .file("vocab.txt", () -> FileContent.of("w" + model.value()));
  }

  @Test
  void the_run_resumes_from_the_checkpoint_before_and_says_so() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(newest)) {
      files = list.sorted().toList();
    }
    assertThat(files).hasSize(5);
    for (Path file : files) {
      byte[] whole = bytes(file);
      for (Map.Entry<String, Accident> accident : ACCIDENTS.entrySet()) {
        accident.getValue().to(file);
        resume(file, accident.getKey());
        Files.deleteIfExists(file);
        Files.write(file, whole);
      }
    }
    model.set(0);
    try (Checkpointer checkpointer = builder().open()) {
      assertThat(checkpointer.resume().orElseThrow().step()).isEqualTo(2);
      assertThat(model.value()).isEqualTo(2);
    }
  }

  private void resume(Path file, String accident) throws IOException {
    boolean unverified = file.endsWith("manifest.json") && accident.equals("deleted");
    model.set(0);
    optimizer.set(0);
    try (Checkpointer checkpointer = builder().open()) {
      long step = checkpointer.resume().orElseThrow().step();
      assertThat(step).as("%s is %s", file, accident).isEqualTo(unverified ? 2 : 1);
      assertThat(model.value()).isEqualTo((float) step);
      assertThat(optimizer.value()).isEqualTo((float) -step);
      if (!unverified) {
        assertThat(checkpointer.skipped()).hasSize(1);
        Skipped skipped = checkpointer.skipped().getFirst();
        assertThat(skipped.checkpoint().step()).isEqualTo(2);
        assertThat(skipped.reason())
            .startsWith(newest.toString())
            .contains(
                file.endsWith("manifest.json") && accident.equals("of the checkpoint before")
                    ? "was committed as checkpoint-1"
                    : file.getFileName().toString());
      }
    }
  }
}
