package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of tensors that did not change are shared with the checkpoint before. */
class IncrementalTest {
  private static final String FROZEN = "model-00002-of-00002.safetensors";
  private static final String TRAINED = "model-00001-of-00002.safetensors";

  @TempDir Path temporary;
  private Path run;

  @BeforeEach
  void name() {
    run = temporary.resolve("run");
  }

  private static FileContent tensor(String name, float value) {
    return SafeTensors.write(
        StateDict.of(Map.of(name, Tensor.ofFloats(new float[] {value, 1, 2, 3}, 4))), Map.of());
  }

  private static CheckpointContent content(long step, float frozen, boolean incremental) {
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put(TRAINED, tensor("trained", (float) step));
    files.put(FROZEN, tensor("frozen", frozen));
    files.put("config.json", FileContent.of("{}"));
    return new CheckpointContent(
        step,
        0,
        Map.of(),
        files,
        Contents.NOTHING,
        Contents.NOTHING,
        Contents.TIME,
        Optional.empty(),
        false,
        incremental);
  }

  private static CheckpointContent content(long step) {
    return content(step, 7, true);
  }

  private static boolean shared(CheckpointInfo one, CheckpointInfo other, String file)
      throws IOException {
    return Files.isSameFile(one.directory().resolve(file), other.directory().resolve(file));
  }

  @Test
  void a_file_of_tensors_that_did_not_change_is_shared_and_all_others_are_not() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      CheckpointInfo second = store.commit(content(2));
      assertThat(shared(first, second, FROZEN)).isTrue();
      for (String other : List.of(TRAINED, "config.json", "manifest.json")) {
        assertThat(shared(first, second, other)).as(other).isFalse();
      }
      assertThat(Verification.of(second.directory()).problems()).isEmpty();
    }
  }

  @Test
  void nothing_is_shared_unless_it_is_asked_for() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      assertThat(shared(first, store.commit(content(2, 7, false)), FROZEN)).isFalse();
    }
  }

  @Test
  void what_is_shared_outlives_the_checkpoint_that_wrote_it() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      CheckpointInfo second = store.commit(content(2));
      store.delete(first);
      CheckpointInfo third = store.commit(content(3));
      assertThat(shared(second, third, FROZEN)).isTrue();
      store.delete(second);
      assertThat(Verification.of(third.directory()).problems()).isEmpty();
    }
  }

  @Test
  void a_copy_of_a_checkpoint_stands_alone() throws IOException {
    Path copy = Files.createDirectory(temporary.resolve("copy"));
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      CheckpointInfo second = store.commit(content(2));
      try (Stream<Path> files = Files.list(second.directory())) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
      Files.write(first.directory().resolve(FROZEN), new byte[10]);
    }
    assertThat(Verification.of(copy).problems()).isEmpty();
  }

  @Test
  void a_tensor_that_changed_is_written() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1, 7, true));
      CheckpointInfo second = store.commit(content(2, 8, true));
      assertThat(shared(first, second, FROZEN)).isFalse();
      CheckpointInfo third = store.commit(content(3, 8, true));
      assertThat(shared(second, third, FROZEN)).isTrue();
      for (CheckpointInfo info : store.list()) {
        assertThat(Verification.of(info.directory()).problems()).isEmpty();
      }
    }
  }

  @Test
  void equal_checksums_are_not_taken_for_equal_bytes() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      CheckpointDirectory directory =
          RunListing.find(LocalStorage.instance(), run, 1).orElseThrow();
      FileContent other = tensor("frozen", 8);
      // A manifest that has the checksums of the other bytes, as a collision would.
      Predecessor colliding =
          new Predecessor(
              LocalStorage.instance(),
              directory.info().directory(),
              Map.of(FROZEN, FileChecksums.of(other)));
      assertThat(colliding.same(FROZEN, other)).isEmpty();
      Predecessor before =
          Predecessor.among(LocalStorage.instance(), List.of(directory)).orElseThrow();
      assertThat(before.same(FROZEN, tensor("frozen", 7)))
          .contains(FileChecksums.of(tensor("frozen", 7)));
      assertThat(before.same(FROZEN, other)).isEmpty();
      assertThat(before.same(FROZEN, tensor("frozen.weight", 7))).isEmpty();
      assertThat(before.same("config.json", FileContent.of("{}"))).isEmpty();
      assertThat(before.file(FROZEN)).isEqualTo(first.directory().resolve(FROZEN));
    }
  }

  @Test
  void bytes_that_are_equal_and_not_as_they_were_committed_are_not_shared() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1, 7, true));
      // Damage that makes the file what is saved next: its manifest knows better.
      Path file = first.directory().resolve(FROZEN);
      Files.delete(file);
      LocalStorage.instance().write(file, tensor("frozen", 8));
      CheckpointInfo second = store.commit(content(2, 8, true));
      assertThat(shared(first, second, FROZEN)).isFalse();
      assertThat(Verification.of(second.directory()).problems()).isEmpty();
    }
  }

  @Test
  void damage_of_any_kind_is_not_shared() throws IOException {
    List<Path> damaged = new ArrayList<>();
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo last = store.commit(content(1));
      for (Damage damage : Damage.values()) {
        damage.to(last.directory().resolve(FROZEN));
        damaged.add(last.directory());
        CheckpointInfo next = store.commit(content(last.step() + 1));
        assertThat(Verification.of(next.directory()).problems()).as(damage.name()).isEmpty();
        last = next;
      }
    }
    for (Path directory : damaged) {
      assertThat(Verification.of(directory).problems()).as(directory.toString()).isNotEmpty();
    }
  }

  private enum Damage {
    FLIPPED {
      @Override
      void to(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
      }
    },
    CUT_SHORT {
      @Override
      void to(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(channel.size() - 1);
        }
      }
    },
    MISSING {
      @Override
      void to(Path file) throws IOException {
        Files.delete(file);
      }
    };

    abstract void to(Path file) throws IOException;
  }

  @Test
  void a_file_that_cannot_be_read_is_written_anew() throws IOException {
    Storage unreadable =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public MappedFile map(Path file) throws IOException {
            throw new IOException("input/output error");
          }
        };
    try (CheckpointStore store = CheckpointStore.open(unreadable, run)) {
      CheckpointInfo first = store.commit(content(1));
      CheckpointInfo second = store.commit(content(2));
      assertThat(shared(first, second, FROZEN)).isFalse();
      assertThat(Verification.of(second.directory()).problems()).isEmpty();
    }
  }

  @Test
  void a_checkpoint_without_a_manifest_shares_nothing() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      Path python = Files.createDirectory(run.resolve("checkpoint-2"));
      for (String file : List.of(TRAINED, FROZEN)) {
        Files.copy(first.directory().resolve(file), python.resolve(file));
      }
      CheckpointInfo third = store.commit(content(3));
      assertThat(Files.isSameFile(python.resolve(FROZEN), third.directory().resolve(FROZEN)))
          .isFalse();
      assertThat(shared(first, third, FROZEN)).as("the newest that is committed").isTrue();
    }
  }

  @Test
  void where_there_are_no_links_the_file_is_written() throws IOException {
    CrashStorage disk = new CrashStorage();
    disk.refuseLinks();
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      store.commit(content(1));
      CheckpointInfo second = store.commit(content(2));
      try (Checkpoint checkpoint = store.open(second)) {
        assertThat(checkpoint.verify().problems()).isEmpty();
      }
    }
    assertThat(disk.operations()).noneMatch(operation -> operation.startsWith("link"));
  }

  @Test
  void a_replacement_shares_with_the_one_it_replaces() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      Object key = key(first);
      CheckpointContent again = content(1);
      CheckpointInfo replaced =
          store.commit(
              new CheckpointContent(
                  1,
                  0,
                  Map.of(),
                  again.files(),
                  Contents.NOTHING,
                  Contents.NOTHING,
                  Contents.TIME,
                  Optional.empty(),
                  true,
                  true));
      assertThat(key(replaced)).isEqualTo(key);
      assertThat(Verification.of(replaced.directory()).problems()).isEmpty();
    }
  }

  private static Object key(CheckpointInfo info) throws IOException {
    return Objects.requireNonNull(
        Files.readAttributes(info.directory().resolve(FROZEN), BasicFileAttributes.class)
            .fileKey());
  }

  @Test
  void a_shared_file_counts_in_the_size_and_not_in_the_bytes_needed() throws IOException {
    CrashStorage disk = new CrashStorage();
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      CheckpointInfo first = store.commit(content(1));
      long frozen = tensor("frozen", 7).size();
      long written = first.size() - frozen;
      disk.inject(new Fault.Full(written - 1));
      assertThatThrownBy(() -> store.commit(content(2)))
          .isInstanceOf(IOException.class)
          .hasMessageFindingMatch(
              Pattern.quote(
                  "no space left. It takes %d bytes, %d are free."
                      .formatted(written, written - 1)));
      disk.heal();
      disk.inject(new Fault.Full(written));
      CheckpointInfo second = store.commit(content(2));
      assertThat(second.size()).isEqualTo(first.size());
      assertThat(store.list()).containsExactly(first, second);
      disk.heal();
      disk.inject(new Fault.Full(0));
      store.delete(first);
      assertThat(disk.usableSpace(Exploration.RUN)).as("freed").isEqualTo(written);
    }
  }

  /** A checkpoint that was copied into a run was perhaps never synced. */
  @Test
  void a_file_of_a_copy_that_was_never_synced_is_durable_where_it_is_shared() throws IOException {
    assertThat(afterPowerLoss(disk -> disk)).isEmpty();
    assertThat(afterPowerLoss(disk -> Omission.LINKED_FILE.from(disk))).isNotEmpty();
  }

  private static List<Verification.Problem> afterPowerLoss(Function<CrashStorage, Storage> protocol)
      throws IOException {
    CrashStorage disk = new CrashStorage();
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      Path original = store.commit(new Saved(Saved.FROZEN, 0, false).content(false)).directory();
      Path aside = Exploration.RUN.resolve("original");
      disk.rename(original, aside);
      disk.createDirectory(original);
      for (Storage.Entry entry : disk.list(aside)) {
        disk.write(
            original.resolve(entry.name()), FileContent.of(disk.read(aside.resolve(entry.name()))));
      }
    }
    try (CheckpointStore store = CheckpointStore.open(protocol.apply(disk), Exploration.RUN)) {
      store.commit(new Saved(Saved.FROZEN + 1, 0, false).content(false));
      assertThat(disk.operations()).anyMatch(operation -> operation.startsWith("link"));
    }
    return Verification.of(
            disk.worstCrash().storage(),
            Exploration.RUN.resolve("checkpoint-" + (Saved.FROZEN + 1)))
        .problems();
  }

  @Test
  void a_program_that_replaces_a_shared_file_changes_one_checkpoint_alone() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      CheckpointInfo second = store.commit(content(2));
      Path written = Files.write(temporary.resolve("written"), new byte[10]);
      Files.move(written, first.directory().resolve(FROZEN), StandardCopyOption.REPLACE_EXISTING);
      assertThat(Verification.of(first.directory()).problems()).hasSize(1);
      assertThat(Verification.of(second.directory()).problems()).isEmpty();
    }
  }

  @Test
  void a_link_to_a_file_elsewhere_is_not_shared() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      Path elsewhere = temporary.resolve("elsewhere");
      Files.move(first.directory().resolve(FROZEN), elsewhere);
      Files.createSymbolicLink(first.directory().resolve(FROZEN), elsewhere);
      CheckpointInfo second = store.commit(content(2));
      assertThat(Files.isSymbolicLink(second.directory().resolve(FROZEN))).isFalse();
      Files.delete(elsewhere);
      assertThat(Verification.of(second.directory()).problems()).isEmpty();
    }
  }

  @Test
  void a_file_that_was_taken_away_or_may_not_be_linked_is_written() throws IOException {
    for (boolean gone : new boolean[] {true, false}) {
      Storage refusing =
          new ForwardingStorage(LocalStorage.instance()) {
            @Override
            public boolean link(Path existing, Path name) throws IOException {
              throw gone
                  ? new NoSuchFileException(existing.toString())
                  : new AccessDeniedException(name.toString());
            }
          };
      try (CheckpointStore store =
          CheckpointStore.open(refusing, temporary.resolve(gone ? "gone" : "denied"))) {
        store.commit(content(1));
        CheckpointInfo second = store.commit(content(2));
        assertThat(Verification.of(second.directory()).problems()).isEmpty();
      }
    }
  }

  @Test
  void space_is_not_said_to_lack_for_files_that_may_be_shared() throws IOException {
    long size = content(1).size();
    Storage failing =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          void mutation(String operation, Path path) throws IOException {
            if (operation.equals("sync") && path.toString().contains("-2.tmp")) {
              throw new IOException("input/output error");
            }
          }

          @Override
          public long usableSpace(Path directory) {
            return size - 1;
          }
        };
    try (CheckpointStore store = CheckpointStore.open(failing, run)) {
      store.commit(content(1));
      assertThatThrownBy(() -> store.commit(content(2)))
          .hasMessage(
              "could not save checkpoint-2 in %s: input/output error. Earlier checkpoints are untouched."
                  .formatted(run));
    }
  }

  @Test
  void a_file_that_is_kept_from_being_written_is_shared_all_the_same() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(content(1));
      Path file = first.directory().resolve(FROZEN);
      assertThat(file.toFile().setReadOnly()).isTrue();
      assumeFalse(Files.isWritable(file), "this user may write what is read-only");
      CheckpointInfo second = store.commit(content(2));
      assertThat(shared(first, second, FROZEN)).isTrue();
    }
  }
}
