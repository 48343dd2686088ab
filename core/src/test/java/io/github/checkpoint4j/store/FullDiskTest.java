package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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

  /** A step that needs a few bytes or none, and what a full disk must not keep it from. */
  @Test
  void retention_unpinning_and_recovery_need_no_space_and_a_pin_none_to_speak_of()
      throws IOException {
    CrashStorage disk = new CrashStorage();
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      for (long step = 1; step <= 4; step++) {
        store.commit(content(step, 40, false));
      }
      disk.inject(new Fault.Full(0));
      CheckpointInfo pinned = store.pin(store.list().getLast());
      assertThat(pinned.pinned()).isTrue();
      assertThat(store.unpin(pinned).pinned()).isFalse();
      store.delete(store.list().getFirst());
      store.delete(store.list().getFirst());
      assertThat(store.list()).extracting(CheckpointInfo::step).containsExactly(3L, 4L);
    }
    CrashStorage killed = killedInReplacement(disk);
    killed.inject(new Fault.Full(0));
    try (CheckpointStore store = CheckpointStore.open(killed, Exploration.RUN)) {
      assertThat(store.recovery().restored()).containsExactly("checkpoint-4");
      assertThat(store.recovery().left()).isEmpty();
      assertThat(store.list()).extracting(CheckpointInfo::step).containsExactly(3L, 4L);
      assertThat(killed.list(Exploration.RUN)).hasSize(3);
    }
  }

  private static CrashStorage killedInReplacement(CrashStorage disk) throws IOException {
    disk.heal();
    List<CrashStorage> killed = new ArrayList<>();
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      disk.observe(
          () -> {
            if (disk.operations().getLast().matches("rename .*old-.*")) {
              killed.add(disk.kill());
            }
          });
      store.commit(content(4, 60, true));
      disk.observe(() -> {});
    }
    return killed.getFirst();
  }

  @Test
  void a_small_file_system_of_this_machine_fills_up(@TempDir Path directory) throws IOException {
    Optional<MountedDisk> mounted = MountedDisk.tmpfs(directory, 1 << 20);
    assumeTrue(
        mounted.isPresent(),
        "a tmpfs cannot be mounted here: that takes Linux and the right to mount");
    try (MountedDisk disk = mounted.get()) {
      for (CheckpointContent content : List.of(content(2, 300_000, false), replacement())) {
        Set<String> cutOff = new TreeSet<>();
        for (int free = 0; free <= 512 << 10; free += 4 << 10) {
          fill(disk.directory(), content, free).ifPresent(cutOff::add);
        }
        // The file that there was no room for: the data's, and where only a page was left, the
        // manifest's.
        assertThat(cutOff).containsExactly("a.data", Manifest.FILE);
      }
    }
  }

  /**
   * Replaces the checkpoint of step 1 by one of whole pages, so that the manifest needs another.
   */
  private static CheckpointContent replacement() {
    return content(1, 75 * 4096, true);
  }

  /**
   * Saves where so many bytes are free.
   *
   * @return the file that the space ended in, if it did; then all is as after no save, and the same
   *     save works once there is room
   */
  private static Optional<String> fill(Path disk, CheckpointContent content, int free)
      throws IOException {
    Path runDirectory = disk.resolve("run");
    Path filler = disk.resolve("filler");
    LastWritten storage = new LastWritten();
    Optional<String> cutOff = Optional.empty();
    try (CheckpointStore store = CheckpointStore.open(storage, runDirectory)) {
      CheckpointInfo first = store.commit(content(1, 100_000, false));
      long usable = LocalStorage.instance().usableSpace(disk);
      Files.write(filler, new byte[(int) Math.max(0, usable - free)]);
      try {
        store.commit(content);
      } catch (IOException e) {
        cutOff = Optional.of(storage.last);
        assertThat(e).hasMessageFindingMatch(NEEDED_AND_FREE.pattern());
        assertThat(names(runDirectory)).containsExactly(RunDirectory.LOCK, "checkpoint-1");
        assertThat(store.list()).containsExactly(first);
        assertThat(Verification.of(runDirectory.resolve("checkpoint-1")).problems()).isEmpty();
        Files.delete(filler);
        store.commit(content);
      }
      Path saved = runDirectory.resolve("checkpoint-" + content.step());
      assertThat(Verification.of(saved).problems()).isEmpty();
    }
    Removal.tree(LocalStorage.instance(), runDirectory);
    Files.deleteIfExists(filler);
    return cutOff;
  }

  /** Knows the file that was begun last. */
  private static final class LastWritten extends ForwardingStorage {
    private String last = "";

    LastWritten() {
      super(LocalStorage.instance());
    }

    @Override
    void mutation(String operation, Path path) {
      if (operation.equals("write")) {
        last = path.getFileName().toString();
      }
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
