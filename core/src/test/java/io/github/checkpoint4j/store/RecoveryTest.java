package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Directories as a killed writer leaves them. */
class RecoveryTest {
  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  private Path run;

  @BeforeEach
  void commit() throws IOException {
    run = temporary.resolve("run");
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      store.commit(Contents.of(10, false, 1));
    }
  }

  @Test
  void an_unfinished_save_is_swept() throws IOException {
    Path dead = Files.createDirectory(run.resolve(".checkpoint-20.tmp-2"));
    Files.writeString(dead.resolve("model.safetensors"), "half");
    Files.createDirectory(dead.resolve("nested"));
    Files.writeString(dead.resolve("nested/file"), "x");
    assertThat(recover().removed()).containsExactly(".checkpoint-20.tmp-2");
    assertThat(dead).doesNotExist();
  }

  @Test
  void an_unfinished_save_with_a_whole_manifest_is_swept_too() throws IOException {
    Files.move(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.tmp-1"));
    assertThat(recover().removed()).containsExactly(".checkpoint-10.tmp-1");
  }

  @Test
  void an_unfinished_deletion_is_finished() throws IOException {
    Files.move(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.trash-1"));
    Files.delete(run.resolve(".checkpoint-10.trash-1/manifest.json"));
    assertThat(recover().removed()).containsExactly(".checkpoint-10.trash-1");
  }

  @Test
  void the_deletion_of_a_link_leaves_what_it_leads_to() throws IOException {
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("a"), "x");
    Files.createSymbolicLink(run.resolve(".checkpoint-9.trash-1"), elsewhere);
    Files.createDirectory(run.resolve(".checkpoint-9.tmp-1"));
    Files.createSymbolicLink(run.resolve(".checkpoint-9.tmp-1/link"), elsewhere);
    assertThat(recover().removed()).containsExactly(".checkpoint-9.tmp-1", ".checkpoint-9.trash-1");
    assertThat(elsewhere.resolve("a")).hasContent("x");
  }

  @Test
  void a_checkpoint_whose_replacement_did_not_come_gets_its_name_back() throws IOException {
    Files.move(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.old-2"));
    copy(run.resolve(".checkpoint-10.old-2"), run.resolve(".checkpoint-10.tmp-2"));
    Recovery recovery = recover();
    assertThat(recovery.restored()).containsExactly("checkpoint-10");
    assertThat(recovery.removed()).containsExactly(".checkpoint-10.tmp-2");
  }

  @Test
  void a_replaced_checkpoint_is_removed_once_the_new_one_is_there() throws IOException {
    copy(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.old-2"));
    Recovery recovery = recover();
    assertThat(recovery.restored()).isEmpty();
    assertThat(recovery.removed()).containsExactly(".checkpoint-10.trash-2");
  }

  @Test
  void a_replacement_that_is_damaged_gives_way_to_the_old_one() throws IOException {
    copy(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.old-2"));
    Files.delete(run.resolve("checkpoint-10/model.safetensors"));
    Recovery recovery = recover();
    assertThat(recovery.restored()).containsExactly("checkpoint-10");
    assertThat(recovery.removed()).containsExactly(".checkpoint-10.trash-2");
    assertThat(Verification.of(run.resolve("checkpoint-10")).isClean()).isTrue();
  }

  @Test
  void two_damaged_ones_are_both_left() throws IOException {
    copy(run.resolve("checkpoint-10"), run.resolve(".checkpoint-10.old-2"));
    Files.delete(run.resolve("checkpoint-10/model.safetensors"));
    Files.delete(run.resolve(".checkpoint-10.old-2/optimizer.pt"));
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      assertThat(store.recovery().left())
          .containsExactly(
              "%s: it is damaged, and so is %s"
                  .formatted(run.resolve(".checkpoint-10.old-2"), run.resolve("checkpoint-10")));
      assertThat(run.resolve(".checkpoint-10.old-2")).exists();
      assertThat(store.list().getFirst().standing()).isEqualTo(Standing.DAMAGED);
    }
  }

  @Test
  void recovery_interrupted_anywhere_and_done_again_comes_to_the_same() throws IOException {
    for (int operations = 0; operations < 20; operations++) {
      Path copy = temporary.resolve("copy-" + operations);
      copy(run, copy);
      copy(run.resolve("checkpoint-10"), copy.resolve(".checkpoint-20.tmp-2"));
      copy(run.resolve("checkpoint-10"), copy.resolve(".checkpoint-30.trash-1"));
      Files.move(copy.resolve("checkpoint-10"), copy.resolve(".checkpoint-10.old-2"));
      int limit = operations;
      Storage dying =
          new ForwardingStorage(LocalStorage.instance()) {
            private int left = limit;

            @Override
            void mutation(String operation, Path path) {
              if (left-- <= 0) {
                throw new AssertionError("killed");
              }
            }
          };
      try {
        CheckpointStore.open(dying, copy).close();
      } catch (AssertionError e) {
        assertThat(e).hasMessage("killed");
      }
      // The lock of a process that was killed is given up by the operating system.
      assertThat(copy).exists();
      try (CheckpointStore store = CheckpointStore.open(disk, copy)) {
        assertThat(store.list()).hasSize(1);
        assertThat(store.list().getFirst().directory()).isEqualTo(copy.resolve("checkpoint-10"));
      }
    }
  }

  /** Opens, looks that nothing hidden is left and that checkpoint-10 is whole if it is there. */
  private Recovery recover() throws IOException {
    Recovery recovery;
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      recovery = store.recovery();
      for (CheckpointInfo info : store.list()) {
        assertThat(Contents.weight(store, info)).isEqualTo(1);
      }
    }
    assertThat(recovery.isEmpty()).isFalse();
    assertThat(recovery.left()).isEmpty();
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".checkpoint-"));
    }
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      assertThat(store.recovery().isEmpty()).isTrue();
    }
    return recovery;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }
}
