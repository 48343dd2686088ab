package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests of the test: a store whose protocol lacks a sync, or does things in another order, loses
 * checkpoints on a {@link CrashStorage}, and an {@link Exploration} finds it.
 */
class BrokenProtocolTest {
  private static final long SEED = 1;
  private static final int LIMIT = 300;

  private static final AtomicInteger FOUND = new AtomicInteger();
  private static final AtomicInteger UNNEEDED = new AtomicInteger();

  private static Exploration exploration(Function<CrashStorage, Storage> protocol) {
    return new Exploration(protocol, SEED, LIMIT);
  }

  private static Script script() {
    return new Script().save(1).save(2).delete(1).pin(2).overwrite(2).unpin(2).reopen();
  }

  private static void requireFound(Function<CrashStorage, Storage> protocol, String reason) {
    requireFound(protocol, script(), reason);
  }

  private static void requireFound(
      Function<CrashStorage, Storage> protocol, Script script, String reason) {
    assertThatThrownBy(() -> exploration(protocol).explore(script))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("allowed: ")
        .hasMessageFindingMatch(reason);
    FOUND.incrementAndGet();
  }

  @AfterAll
  static void report() {
    System.out.printf(
        "protocol: %d mutations found, %d syncs shown not to be missed%n",
        FOUND.get(), UNNEEDED.get());
  }

  @Test
  void the_protocol_as_it_is_stands() throws IOException {
    Exploration exploration = exploration(disk -> disk);
    exploration.explore(script());
    assertThat(exploration.states()).hasSizeGreaterThan(1000);
  }

  static Stream<Omission> missed() {
    return Stream.of(Omission.values())
        .filter(omission -> omission.reason().isPresent())
        .filter(omission -> omission != Omission.RUN_AFTER_A_SAVE_IS_TAKEN_BACK);
  }

  @ParameterizedTest
  @MethodSource("missed")
  void a_sync_left_out_is_found(Omission omission) {
    requireFound(omission::from, omission.reason().orElseThrow());
  }

  static Stream<Omission> notMissed() {
    return Stream.of(Omission.values()).filter(omission -> omission.reason().isEmpty());
  }

  /**
   * What these syncs make durable is of no account when it is lost, or was durable before: a file
   * that is shared was synced by the commit that wrote it. A pin is an empty file: its entry is all
   * there is. A replaced checkpoint that is back under its hidden name is looked at only if there
   * is none under the checkpoint's, or one that is damaged; and the renames around it take each
   * other's names, so that none can be kept without the one before. They stay in the protocol for
   * disks that keep less than {@link CrashStorage} says: where a rename may be kept without one
   * before it that freed its name, two checkpoints or none would be left. And a pin is written as
   * any file is.
   */
  @ParameterizedTest
  @MethodSource("notMissed")
  void a_sync_left_out_that_nothing_depends_on_is_not_missed(Omission omission) throws IOException {
    Exploration exploration = exploration(omission::from);
    exploration.explore(new Script().save(1).pin(1).overwrite(1).overwrite(1).save(100).save(101));
    assertThat(exploration.states()).hasSizeGreaterThan(1000);
    UNNEEDED.incrementAndGet();
  }

  @ParameterizedTest
  @EnumSource
  void a_protocol_in_disorder_is_found(Disorder disorder) {
    requireFound(disorder::from, disorder.reason());
  }

  @Test
  void retention_before_the_save_is_durable_is_found() throws IOException {
    Script script = new Script().save(1).save(2);
    requireFound(disk -> disk, script.keepLatestAndSave(3, 1), "the checkpoints are \\[2 v1]");
  }

  @Test
  void a_save_taken_back_without_a_sync_is_found() throws IOException {
    Omission omission = Omission.RUN_AFTER_A_SAVE_IS_TAKEN_BACK;
    Script save = new Script().save(1).save(2);
    int found = 0;
    for (long call = 1; call < 60; call++) {
      try {
        exploration(omission::from).explore(save, new Fault.Broken(call));
      } catch (AssertionError e) {
        assertThat(e).hasMessageFindingMatch(omission.reason().orElseThrow());
        found++;
      }
    }
    assertThat(found).as("calls after the rename that fail").isEqualTo(1);
    FOUND.incrementAndGet();
  }

  /**
   * A manifest written before the files it lists does no harm under a hidden name: nobody looks at
   * it before the rename. It comes last because the checksums are those of the bytes as they were
   * written.
   */
  @Test
  void a_manifest_written_first_is_not_missed() throws IOException {
    Exploration exploration = exploration(ManifestFirst::new);
    exploration.explore(new Script().save(1).overwrite(1));
    assertThat(exploration.states()).hasSizeGreaterThan(1000);
  }

  /** Holds the files back until the manifest is durable. */
  private static final class ManifestFirst extends ForwardingStorage {
    private final Map<Path, FileContent> held = new LinkedHashMap<>();

    ManifestFirst(Storage disk) {
      super(disk);
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      if (!Omission.what(file).matches("tmp/(?!manifest).*")) {
        return super.write(file, content);
      }
      held.put(file, content);
      return FileChecksums.of(content);
    }

    @Override
    public void sync(Path file) throws IOException {
      if (held.containsKey(file)) {
        return;
      }
      super.sync(file);
      for (Map.Entry<Path, FileContent> late : held.entrySet()) {
        super.write(late.getKey(), late.getValue());
        super.sync(late.getKey());
      }
      held.clear();
    }
  }

  @Test
  void a_failed_sync_that_is_tried_again_and_believed_is_found() throws IOException {
    Exploration exploration = exploration(Persistent::new);
    Script save = new Script().save(1);
    int found = 0;
    for (long call = 1; call < 40; call++) {
      try {
        exploration.explore(save, new Fault.Broken(call));
      } catch (AssertionError e) {
        assertThat(e).hasMessageContaining("is DAMAGED");
        exploration = exploration(Persistent::new);
        found++;
      }
    }
    assertThat(found).as("files of which a sync failed").isEqualTo(3);
    FOUND.incrementAndGet();
  }

  private static final class Persistent extends ForwardingStorage {
    Persistent(Storage disk) {
      super(disk);
    }

    @Override
    public void sync(Path file) throws IOException {
      try {
        super.sync(file);
      } catch (IOException e) {
        super.sync(file);
      }
    }
  }
}
