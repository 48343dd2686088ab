package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.store.Verification.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damage to every file of a checkpoint without a manifest: whatever the bytes are, reading and
 * verifying them gives a value or an exception that is documented; and what the structure of a file
 * tells is found.
 */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class UnverifiedDamageTest {
  private static final Path DIRECTORY = Exploration.RUN.resolve("checkpoint-20");

  private static final List<String> COMPONENTS =
      List.of("model", "optimizer", "scheduler", "rng", "data", "loop");

  private static final AtomicLong TRIED = new AtomicLong();
  private static final AtomicLong FOUND = new AtomicLong();

  private final CrashStorage disk = new CrashStorage();
  private final Map<String, byte[]> whole;

  UnverifiedDamageTest(boolean sharded) throws IOException {
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      store.commit(FullCheckpoint.content(20, sharded));
    }
    disk.deleteFile(DIRECTORY.resolve(Manifest.FILE));
    whole = FullCheckpoint.bytes(disk, DIRECTORY);
    assertThat(Verification.of(disk, DIRECTORY).problems()).isEmpty();
  }

  @AfterAll
  static void report() {
    System.out.printf(
        "damage: %d damaged checkpoints without a manifest, %d found by their structure%n",
        TRIED.get(), FOUND.get());
  }

  private byte[] whole(String file) {
    return Objects.requireNonNull(whole.get(file));
  }

  private static boolean hasStructure(String file) {
    return TrainerLayout.holdsTensors(file) || file.endsWith(".json");
  }

  @Test
  void a_file_cut_anywhere_or_longer_is_found() throws IOException {
    for (Map.Entry<String, byte[]> file : whole.entrySet()) {
      List<Damage> damages = new ArrayList<>(Damage.cut(file.getValue()));
      damages.removeIf(cut -> cut.bytes().length > 300 && cut.bytes().length % 5 != 0);
      damages.addAll(Damage.extended(file.getValue()));
      for (Damage damage : damages) {
        boolean alike = text(damage.bytes()).equals(text(file.getValue()));
        assertThat(tried(file.getKey(), damage))
            .as("%s, %s", file.getKey(), damage)
            .isEqualTo(hasStructure(file.getKey()) && !alike);
      }
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).strip();
  }

  @Test
  void a_file_of_another_kind_is_found_and_told() throws IOException {
    for (String file : whole.keySet()) {
      for (Damage foreign : Damage.foreign()) {
        boolean isOne = foreign.what().equals("a JSON text") && file.matches("(?!.*index).*json");
        assertThat(tried(file, foreign))
            .as("%s, %s", file, foreign)
            .isEqualTo(hasStructure(file) && !isOne);
        if (hasStructure(file) && !foreign.what().matches("plain text|a JSON text")) {
          assertThat(messages(file, foreign))
              .as("%s, %s", file, foreign)
              .anyMatch(
                  message ->
                      message.matches(".* is (%s|empty)[:;,]? .*".formatted(foreign.what())));
        }
      }
    }
  }

  private List<String> messages(String file, Damage damage) throws IOException {
    disk.overwrite(DIRECTORY.resolve(file), damage.bytes());
    List<Problem> problems = Verification.of(disk, DIRECTORY).problems();
    disk.overwrite(DIRECTORY.resolve(file), whole(file));
    return problems.stream().map(Problem::message).toList();
  }

  @Test
  void other_bytes_are_found_or_are_another_value() throws IOException {
    for (Map.Entry<String, byte[]> file : whole.entrySet()) {
      for (Damage damage : Damage.overwritten(file.getValue())) {
        tried(file.getKey(), damage);
      }
      byte[] bytes = file.getValue().clone();
      for (int at = 0; at < bytes.length; at++) {
        bytes[at] ^= (byte) (1 << at % 8);
        tried(file.getKey(), new Damage("bit %d of byte %d".formatted(at % 8, at), bytes));
        bytes[at] ^= (byte) (1 << at % 8);
      }
    }
  }

  /** Reads and verifies all; whether the file was found to be damaged. Puts the bytes back. */
  private boolean tried(String file, Damage damage) throws IOException {
    disk.overwrite(DIRECTORY.resolve(file), damage.bytes());
    TRIED.incrementAndGet();
    try {
      List<Problem> problems = Verification.of(disk, DIRECTORY).problems();
      boolean found = problems.stream().anyMatch(problem -> problem.message().contains(file));
      FOUND.addAndGet(found ? 1 : 0);
      read();
      return found;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(file + ", " + damage, e);
    } finally {
      disk.overwrite(DIRECTORY.resolve(file), whole(file));
    }
  }

  private void read() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.of(CheckpointFiles.open(disk, DIRECTORY))) {
      for (String component : COMPONENTS) {
        try {
          assertThat(checkpoint.state(component).size()).isNotNegative();
        } catch (CorruptFileException | UnsupportedFeatureException | NoSuchFileException e) {
          assertThat(e).hasMessageContaining(DIRECTORY.toString());
        }
      }
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      assertThat(e).hasMessageContaining(DIRECTORY.toString());
    }
  }
}
