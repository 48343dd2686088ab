package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.store.Diagnosis.Leftover;
import io.github.checkpoint4j.store.Diagnosis.Liveness;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiagnosisTest {
  @TempDir Path temporary;
  private Path run;

  @BeforeEach
  void commit() throws IOException {
    run = temporary.resolve("run");
    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.commit(Contents.of(10, false, 1));
      store.commit(Contents.of(20, false, 1));
    }
  }

  @Test
  void a_run_in_order_has_nothing_to_tell() throws IOException {
    Diagnosis diagnosis = Diagnosis.of(run);
    assertThat(diagnosis.holder()).isEmpty();
    assertThat(diagnosis.leftovers()).isEmpty();
    assertThat(diagnosis.foreign()).isEmpty();
    assertThat(diagnosis.damaged()).isEmpty();
    assertThat(diagnosis.expected().isEmpty()).isTrue();
    assertThat(diagnosis.writing()).isFalse();
    assertThat(diagnosis.lacksSpace()).isFalse();
    assertThat(diagnosis.checkpoints()).extracting(CheckpointInfo::step).containsExactly(10L, 20L);
    assertThat(diagnosis.nextSave()).hasValue(diagnosis.checkpoints().getLast().size());
    assertThat(diagnosis.free()).isPositive();
  }

  @Test
  void every_kind_of_leftover_is_told_with_what_is_done_about_it() throws IOException {
    copy("checkpoint-10", ".checkpoint-10.old-3");
    copy("checkpoint-20", ".checkpoint-20.old-4");
    Files.delete(run.resolve("checkpoint-20/model.safetensors"));
    copy("checkpoint-10", ".checkpoint-30.old-1");
    copy("checkpoint-10", ".checkpoint-40.tmp-1");
    copy("checkpoint-10", ".checkpoint-50.trash-1");
    Files.createDirectory(run.resolve("checkpoint-60"));
    Files.createDirectory(run.resolve(".checkpoint-60.old-2"));
    Map<Path, String> before = tree();

    Diagnosis diagnosis = Diagnosis.of(run);

    assertThat(diagnosis.leftovers())
        .containsExactly(
            new Leftover(".checkpoint-20.old-4", Remedy.RESTORE_OVER_DAMAGED),
            new Leftover(".checkpoint-10.old-3", Remedy.REMOVE_REPLACED),
            new Leftover(".checkpoint-60.old-2", Remedy.LEAVE),
            new Leftover(".checkpoint-30.old-1", Remedy.RESTORE),
            new Leftover(".checkpoint-40.tmp-1", Remedy.REMOVE_UNFINISHED_SAVE),
            new Leftover(".checkpoint-50.trash-1", Remedy.FINISH_DELETION));
    assertThat(diagnosis.damaged())
        .extracting(CheckpointInfo::name)
        .contains("checkpoint-20", "checkpoint-60");
    assertThat(tree()).isEqualTo(before);
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.recovery()).isEqualTo(diagnosis.expected());
    }
    assertThat(Diagnosis.of(run).leftovers())
        .containsExactly(new Leftover(".checkpoint-60.old-2", Remedy.LEAVE));
  }

  @Test
  void several_old_ones_of_a_step_are_settled_one_after_the_other() throws IOException {
    Files.move(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.old-5"));
    copy(".checkpoint-10.old-5", ".checkpoint-10.old-7");
    Files.delete(run.resolve(".checkpoint-10.old-7/optimizer.pt"));
    copy(".checkpoint-10.old-5", ".checkpoint-10.trash-5");

    Diagnosis diagnosis = Diagnosis.of(run);

    assertThat(diagnosis.leftovers())
        .startsWith(
            new Leftover(".checkpoint-10.old-7", Remedy.RESTORE),
            new Leftover(".checkpoint-10.old-5", Remedy.RESTORE_OVER_DAMAGED));
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.recovery()).isEqualTo(diagnosis.expected());
      assertThat(store.recovery().removed())
          .containsExactly(".checkpoint-10.trash-5", ".checkpoint-10.trash-6");
      assertThat(store.list()).allMatch(CheckpointInfo::usable).hasSize(2);
    }
  }

  @Test
  void what_is_not_of_a_run_is_foreign_and_left() throws IOException {
    Files.writeString(run.resolve("README.md"), "x");
    Files.createDirectory(run.resolve("checkpoint-010"));
    Files.writeString(run.resolve(".checkpoint-7.tmp-1"), "a file");
    Files.createDirectory(run.resolve("checkpoint-best"));

    Diagnosis diagnosis = Diagnosis.of(run);

    assertThat(diagnosis.foreign())
        .containsExactly(".checkpoint-7.tmp-1", "README.md", "checkpoint-010", "checkpoint-best");
    assertThat(diagnosis.leftovers()).isEmpty();
    CheckpointStore.open(run).close();
    assertThat(Diagnosis.of(run).foreign()).isEqualTo(diagnosis.foreign());
  }

  @Test
  void a_writer_at_work_in_this_process_is_told_and_keeps_its_lock() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      Diagnosis diagnosis = Diagnosis.of(run);
      Diagnosis.Holder holder = diagnosis.holder().orElseThrow();
      assertThat(holder.liveness()).isEqualTo(Liveness.ALIVE);
      assertThat(holder.process()).startsWith("process " + ProcessHandle.current().pid());
      assertThat(diagnosis.writing()).isTrue();
      assertThatThrownBy(() -> CheckpointStore.open(run))
          .isInstanceOf(CheckpointLockedException.class);
      store.commit(Contents.of(30));
    }
    assertThat(Diagnosis.of(run).holder()).isEmpty();
  }

  @Test
  void a_writer_of_another_class_loader_in_this_process_keeps_its_lock() throws Exception {
    String own =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<URL> urls = new ArrayList<>();
    for (String entry : own.split(File.pathSeparator, -1)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    try (var loader =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> copy = loader.loadClass(CheckpointStore.class.getName());
      assertThat(copy).isNotEqualTo(CheckpointStore.class);
      try (var _ = (AutoCloseable) copy.getMethod("open", Path.class).invoke(null, run)) {
        assertThat(Diagnosis.of(run).holder().orElseThrow().liveness()).isEqualTo(Liveness.ALIVE);
        assertThat(Diagnosis.of(run).writing()).isTrue();
        assertThat(isLockedForOthers()).isTrue();
      }
      assertThat(Diagnosis.of(run).holder()).isEmpty();
      CheckpointStore.open(run).close();
    }
  }

  /** Asks another process: in this one the lock is known to be held whatever the system says. */
  private boolean isLockedForOthers() throws Exception {
    Path program =
        Files.writeString(
            temporary.resolve("Ask.java"),
            """
            import java.nio.channels.FileChannel;
            import java.nio.file.Path;
            import java.nio.file.StandardOpenOption;

            public class Ask {
              public static void main(String[] file) throws Exception {
                try (var channel = FileChannel.open(Path.of(file[0]), StandardOpenOption.WRITE)) {
                  System.exit(channel.tryLock() == null ? 0 : 1);
                }
              }
            }
            """);
    return new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                program.toString(),
                run.resolve(RunDirectory.LOCK).toString())
            .inheritIO()
            .start()
            .waitFor()
        == 0;
  }

  @Test
  void a_writer_that_was_killed_is_told_by_its_process() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    Instant started = process.info().startInstant().orElseThrow();
    LockOwner self = LockOwner.current();
    LockOwner alive = new LockOwner(self.host(), process.pid(), Optional.of(started));
    LockOwner earlier =
        new LockOwner(
            self.host(), process.pid(), Optional.of(started.minus(Duration.ofMinutes(1))));
    try {
      assertThat(liveness(alive.toText())).isEqualTo(Liveness.ALIVE);
      assertThat(liveness(earlier.toText())).isEqualTo(Liveness.PID_REUSED);
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertThat(liveness(alive.toText())).isEqualTo(Liveness.ENDED);
    assertThat(Diagnosis.of(run).writing()).isFalse();
    assertThat(liveness(new LockOwner("elsewhere", 1, Optional.empty()).toText()))
        .isEqualTo(Liveness.ON_ANOTHER_HOST);
    assertThat(Diagnosis.of(run).writing()).isTrue();
    assertThat(liveness("\0\0\0")).isEqualTo(Liveness.UNKNOWN);
    assertThat(liveness(new LockOwner(self.host(), -1, Optional.empty()).toText()))
        .isEqualTo(Liveness.ENDED);
  }

  private Liveness liveness(String lock) throws IOException {
    Files.writeString(run.resolve(RunDirectory.LOCK), lock);
    Diagnosis diagnosis = Diagnosis.of(run);
    assertThat(run.resolve(RunDirectory.LOCK)).hasContent(lock);
    assertThat(diagnosis.expected().staleOwner().orElseThrow())
        .startsWith(diagnosis.holder().orElseThrow().process());
    return diagnosis.holder().orElseThrow().liveness();
  }

  @Test
  void too_little_space_for_another_save_is_told() throws IOException {
    Storage full =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public long usableSpace(Path directory) {
            return 10;
          }
        };
    assertThat(Diagnosis.of(full, run).lacksSpace()).isTrue();
  }

  @Test
  void what_vanishes_meanwhile_is_looked_for_again() throws IOException {
    copy("checkpoint-10", ".checkpoint-10.old-3");
    Storage moving =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public OpenDirectory openDirectory(Path directory) throws IOException {
            // The writer that is at work renames the checkpoint that was replaced.
            if (directory.endsWith(".checkpoint-10.old-3")) {
              if (Files.exists(run.resolve(".checkpoint-10.old-3"))) {
                Files.move(
                    run.resolve(".checkpoint-10.old-3"), run.resolve(".checkpoint-10.trash-1"));
              }
            }
            return super.openDirectory(directory);
          }
        };
    Files.delete(run.resolve("checkpoint-10/optimizer.pt"));
    assertThat(Diagnosis.of(moving, run).leftovers())
        .containsExactly(new Leftover(".checkpoint-10.trash-1", Remedy.FINISH_DELETION));
  }

  @Test
  void a_directory_that_is_none_is_an_error() throws IOException {
    assertThatThrownBy(() -> Diagnosis.of(temporary.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
    Path file = Files.writeString(temporary.resolve("file"), "x");
    assertThatThrownBy(() -> Diagnosis.of(file)).isInstanceOf(NotDirectoryException.class);
  }

  private void copy(String from, String to) throws IOException {
    try (Stream<Path> paths = Files.walk(run.resolve(from))) {
      for (Path path : paths.toList()) {
        Files.copy(path, run.resolve(to).resolve(run.resolve(from).relativize(path)));
      }
    }
  }

  private Map<Path, String> tree() throws IOException {
    Map<Path, String> tree = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(run)) {
      for (Path path : paths.toList()) {
        tree.put(path, Files.isDirectory(path) ? "" : Long.toString(Files.size(path)));
      }
    }
    return tree;
  }
}
