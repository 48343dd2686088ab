package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space that ends at any byte of a save. */
class FullDiskTest {
  private static final Pattern NEEDED_AND_FREE =
      Pattern.compile("no space left\\. It takes (\\d+) bytes, (\\d+) are free\\.");

  private static CheckpointContent content(long step, int size, boolean overwrite) {
    return new CheckpointContent(
        step,
        0,
        Map.of(),
        Map.of("a.data", FileContent.of(new byte[size])),
        Json.object(Map.of()),
        Json.object(Map.of()),
        Instant.EPOCH,
        overwrite);
  }

  @Test
  void a_save_fails_at_every_budget_of_bytes_until_they_suffice() throws IOException {
    int rungs = ladder(content(2, 50, false));
    assertThat(rungs).isBetween(300, 1000);
  }

  @Test
  void a_replacement_fails_at_every_budget_of_bytes_until_they_suffice() throws IOException {
    int rungs = ladder(content(1, 60, true));
    assertThat(rungs).isBetween(300, 1000);
  }

  /** Saves with one byte more each time; returns how many bytes were not enough. */
  private static int ladder(CheckpointContent content) throws IOException {
    for (int budget = 0; ; budget++) {
      CrashStorage disk = new CrashStorage();
      try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
        CheckpointInfo first = store.commit(content(1, 40, false));
        disk.inject(new Fault.Full(budget));
        try {
          CheckpointInfo saved = store.commit(content);
          assertThat(saved.size()).as("what it took").isEqualTo(budget);
          return budget;
        } catch (IOException e) {
          MatchResult message =
              NEEDED_AND_FREE.matcher(String.valueOf(e.getMessage())).results().toList().getFirst();
          assertThat(Long.parseLong(message.group(2))).as("free").isEqualTo(budget);
          assertThat(Long.parseLong(message.group(1))).as("needed").isGreaterThan(budget);
        }
        assertThat(disk.list(Exploration.RUN))
            .extracting(Storage.Entry::name)
            .containsExactly(RunDirectory.LOCK, "checkpoint-1");
        assertThat(store.list()).containsExactly(first);
        disk.heal();
        CheckpointInfo saved = store.commit(content);
        CrashStorage left = disk.worstCrash().storage();
        try (CheckpointStore after = CheckpointStore.readOnly(left, Exploration.RUN)) {
          assertThat(after.list()).contains(saved).hasSize(content.overwrite() ? 1 : 2);
        }
      }
    }
  }

  @Test
  void a_small_file_system_of_this_machine_fills_up(@TempDir Path directory) throws IOException {
    Optional<MountedDisk> mounted = MountedDisk.tmpfs(directory, 1 << 20);
    assumeTrue(mounted.isPresent(), "a tmpfs cannot be mounted here");
    try (MountedDisk disk = mounted.get()) {
      int failures = 0;
      for (int filled = 1 << 20; filled >= 0; filled -= 16 << 10) {
        failures += fills(disk.directory(), filled) ? 1 : 0;
      }
      assertThat(failures).isBetween(10, 60);
    }
  }

  /**
   * Whether a save fails on a disk filled so far; if so, it is as after no save, and works then.
   */
  private static boolean fills(Path disk, int filled) throws IOException {
    Path runDirectory = disk.resolve("run");
    boolean failed = false;
    try (CheckpointStore store = CheckpointStore.open(runDirectory)) {
      CheckpointInfo first = store.commit(content(1, 100_000, false));
      long free = LocalStorage.instance().usableSpace(disk);
      Path filler = disk.resolve("filler");
      Files.write(filler, new byte[(int) Math.min(free, filled)]);
      CheckpointContent second = content(2, 300_000, false);
      try {
        store.commit(second);
      } catch (IOException e) {
        failed = true;
        assertThat(e).hasMessageFindingMatch(NEEDED_AND_FREE.pattern());
        assertThat(names(runDirectory)).containsExactly(RunDirectory.LOCK, "checkpoint-1");
        assertThat(store.list()).containsExactly(first);
        Files.delete(filler);
        store.commit(second);
      }
      assertThat(Verification.of(runDirectory.resolve("checkpoint-2")).problems()).isEmpty();
    }
    for (Path path : List.of(runDirectory, disk.resolve("filler"))) {
      if (Files.exists(path)) {
        if (Files.isDirectory(path)) {
          Removal.tree(LocalStorage.instance(), path);
        } else {
          Files.delete(path);
        }
      }
    }
    return failed;
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
