package io.github.checkpoint4j.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CrashStorageTest {
  private static final Path A = CrashStorage.MOUNT.resolve("a");
  private static final Path B = CrashStorage.MOUNT.resolve("b");
  private static final Path DIRECTORY = CrashStorage.MOUNT.resolve("d");
  private static final Path INSIDE = DIRECTORY.resolve("f");

  private final CrashStorage storage = new CrashStorage();

  @Test
  void a_file_that_was_not_synced_is_lost_whole_or_damaged() throws IOException {
    storage.write(A, FileContent.of("12345678"));

    assertThat(contentsOf("/a"))
        .contains("(none)", "12345678", "", "1234", "1234567", "\0\0\0\0\0\0\0\0")
        .contains("12345678" + "\0".repeat(Remains.BLOCK - 8))
        .hasSize(10);
  }

  @Test
  void a_synced_file_without_a_durable_entry_is_whole_or_lost() throws IOException {
    storage.write(A, FileContent.of("12345678"));
    storage.sync(A);

    assertThat(contentsOf("/a")).containsExactlyInAnyOrder("(none)", "12345678");
  }

  @Test
  void a_durable_entry_says_nothing_of_the_content() throws IOException {
    storage.write(A, FileContent.of("12345678"));
    storage.syncDirectory(CrashStorage.MOUNT);

    assertThat(contentsOf("/a")).doesNotContain("(none)").contains("12345678", "").hasSize(9);
  }

  @Test
  void a_synced_file_with_a_durable_entry_is_certain() throws IOException {
    storage.write(A, FileContent.of("12345678"));
    storage.sync(A);
    storage.syncDirectory(CrashStorage.MOUNT);

    assertThat(contentsOf("/a")).containsExactly("12345678");
    assertThat(states()).hasSize(1);
  }

  @Test
  void blocks_that_were_not_synced_are_missing_in_every_combination() throws IOException {
    byte[] content = new byte[2 * Remains.BLOCK + 10];
    Arrays.fill(content, (byte) 'x');
    storage.write(A, FileContent.of(content));
    storage.syncDirectory(CrashStorage.MOUNT);

    Set<String> blocks =
        states().stream()
            .flatMap(state -> state.files().values().stream().map(Remains::bytes))
            .filter(bytes -> bytes.length == content.length)
            .map(
                bytes ->
                    ""
                        + (char) bytes[0]
                        + (char) bytes[Remains.BLOCK]
                        + (char) bytes[2 * Remains.BLOCK])
            .map(text -> text.replace('\0', '0'))
            .collect(Collectors.toSet());

    assertThat(blocks).contains("xxx", "0xx", "x0x", "xx0", "00x", "0x0", "x00", "000");
  }

  @Test
  void a_rename_is_kept_or_lost_as_a_whole() throws IOException {
    durableFile(A);
    storage.rename(A, B);

    assertThat(trees()).containsExactlyInAnyOrder("/a", "/b");
  }

  @Test
  void a_rename_over_directories_is_durable_when_either_is_synced() throws IOException {
    durableFile(A);
    storage.createDirectory(DIRECTORY);
    storage.syncDirectory(CrashStorage.MOUNT);
    storage.rename(A, INSIDE);

    assertThat(trees()).containsExactlyInAnyOrder("/a /d/", "/d/ /d/f");
    storage.syncDirectory(DIRECTORY);
    assertThat(trees()).containsExactly("/d/ /d/f");
  }

  @Test
  void operations_on_different_names_are_lost_in_any_combination() throws IOException {
    durableFile(A);
    storage.createDirectory(DIRECTORY);
    storage.deleteFile(A);

    assertThat(trees()).containsExactlyInAnyOrder("/a", "/a /d/", "/d/", "");
  }

  @Test
  void an_operation_is_not_kept_without_the_one_it_builds_on() throws IOException {
    durableFile(A);
    storage.rename(A, B);
    storage.createDirectory(A);

    assertThat(trees()).containsExactlyInAnyOrder("/a", "/b", "/a/ /b");
  }

  @Test
  void syncing_a_directory_does_not_keep_its_own_entry() throws IOException {
    storage.createDirectory(DIRECTORY);
    storage.write(INSIDE, FileContent.of("x"));
    storage.sync(INSIDE);
    storage.syncDirectory(DIRECTORY);

    assertThat(trees()).containsExactlyInAnyOrder("", "/d/ /d/f");
  }

  @Test
  void a_renamed_directory_may_be_there_without_its_files() throws IOException {
    storage.createDirectory(DIRECTORY);
    storage.write(INSIDE, FileContent.of("x"));
    storage.sync(INSIDE);
    storage.rename(DIRECTORY, A);
    storage.syncDirectory(CrashStorage.MOUNT);

    assertThat(trees()).containsExactlyInAnyOrder("/a/", "/a/ /a/f");
  }

  @Test
  void a_failed_sync_vouches_for_nothing_and_nor_does_a_later_one() throws IOException {
    storage.write(A, FileContent.of("12345678"));
    storage.syncDirectory(CrashStorage.MOUNT);
    storage.inject(new Fault.Broken(1));

    assertThatThrownBy(() -> storage.sync(A))
        .isInstanceOf(FileSystemException.class)
        .hasMessageEndingWith("a: sync: Input/output error");
    storage.sync(A);
    assertThat(contentsOf("/a")).contains("", "12345678");
  }

  @Test
  void a_lock_ends_with_the_machine_and_its_text_may_be_there_or_not() throws IOException {
    storage.tryLock(A, "me");

    assertThat(storage.tryLock(A, "you")).isInstanceOf(Storage.LockAttempt.Held.class);
    assertThat(contentsOf("/a")).contains("(none)", "me", "");
    for (CrashState state : states()) {
      assertThat(state.storage().tryLock(A, "you")).isInstanceOf(Storage.LockAttempt.Taken.class);
    }
  }

  @Test
  void after_a_crash_all_that_is_there_is_durable() throws IOException {
    storage.createDirectory(DIRECTORY);
    storage.write(INSIDE, FileContent.of("x"));

    for (CrashState state : states()) {
      List<CrashState> again = state.storage().crashStates(100, new Random(1));
      assertThat(again).extracting(CrashState::key).containsExactly(state.key());
    }
  }

  @Test
  void a_killed_process_loses_its_locks_and_makes_nothing_durable() throws IOException {
    storage.tryLock(A, "me");
    storage.write(B, FileContent.of("x"));
    CrashStorage killed = storage.kill();
    killed.deleteFile(B);

    assertThat(storage.list(CrashStorage.MOUNT)).hasSize(2);
    assertThat(keys(killed.crashStates(1000, new Random(1)))).containsAll(keys(states()));
    assertThat(killed.tryLock(A, "you")).isInstanceOf(Storage.LockAttempt.Taken.class);
  }

  @Test
  void the_worst_crash_leaves_what_was_durable() throws IOException {
    durableFile(A);
    storage.write(B, FileContent.of("x"));
    storage.createDirectory(DIRECTORY);
    storage.deleteFile(A);

    CrashState worst = storage.worstCrash();
    assertThat(worst.directories()).isEmpty();
    assertThat(worst.files().keySet()).containsExactly("/a");
  }

  @Test
  void beyond_the_limit_the_sample_is_that_of_the_seed_and_has_the_ordered_ones()
      throws IOException {
    for (int i = 0; i < 12; i++) {
      storage.write(CrashStorage.MOUNT.resolve("f" + i), FileContent.of("content " + i));
    }

    List<Long> one = keys(storage.crashStates(300, new Random(7)));
    assertThat(one).hasSize(300).doesNotHaveDuplicates();
    assertThat(keys(storage.crashStates(300, new Random(7)))).isEqualTo(one);
    assertThat(keys(storage.crashStates(300, new Random(8)))).isNotEqualTo(one);
    Set<Integer> lost =
        storage.crashStates(300, new Random(7)).stream()
            .map(state -> state.lost().size())
            .collect(Collectors.toSet());
    assertThat(lost).contains(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  }

  @Test
  void a_state_says_when_it_was_and_what_is_lost_and_left() throws IOException {
    storage.createDirectory(DIRECTORY);
    storage.write(INSIDE, FileContent.of("1234"));

    assertThat(states())
        .extracting(CrashState::toString)
        .contains(
            """
        crash after: 2 write d/f (4 bytes)
          lost: write d/f (4 bytes)
          left: /d/""",
            """
        crash after: 2 write d/f (4 bytes)
          left: /d/
          left: /d/f, cut in half (2 bytes)""");
  }

  @Test
  void a_full_disk_takes_the_bytes_that_fit_and_gives_back_those_of_deleted_files()
      throws IOException {
    storage.inject(new Fault.Full(6));
    storage.write(A, FileContent.of("1234"));

    assertThat(storage.usableSpace(CrashStorage.MOUNT)).isEqualTo(2);
    assertThatThrownBy(() -> storage.write(B, FileContent.of("1234")))
        .isInstanceOf(FileSystemException.class)
        .hasMessageEndingWith("b: No space left on device");
    assertThat(storage.read(B)).isEqualTo("12".getBytes(UTF_8));
    storage.deleteFile(A);
    assertThat(storage.usableSpace(CrashStorage.MOUNT)).isEqualTo(4);
  }

  @Test
  void a_short_write_leaves_half_of_the_file() {
    storage.inject(new Fault.ShortWrite(1));

    assertThatThrownBy(() -> storage.write(A, FileContent.of("1234")))
        .isInstanceOf(FileSystemException.class)
        .hasMessageEndingWith("a: Input/output error");
    assertThat(contentsOf("/a")).contains("12");
  }

  @Test
  void a_dead_device_fails_from_a_call_on() throws IOException {
    storage.inject(new Fault.Dead(2));
    storage.createDirectory(A);

    assertThatThrownBy(() -> storage.createDirectory(B)).isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> storage.list(CrashStorage.MOUNT))
        .isInstanceOf(FileSystemException.class);
    storage.heal();
    assertThat(storage.list(CrashStorage.MOUNT)).hasSize(1);
  }

  @Test
  void a_read_only_disk_can_be_read() throws IOException {
    durableFile(A);
    storage.inject(new Fault.ReadOnly());

    assertThat(storage.size(A)).isEqualTo(1);
    assertThatThrownBy(() -> storage.deleteFile(A))
        .hasMessageEndingWith("a: deleteFile: Read-only file system");
  }

  @Test
  void a_vanished_directory_is_gone_from_memory_and_device() throws IOException {
    storage.createDirectory(DIRECTORY);
    storage.write(INSIDE, FileContent.of("x"));
    storage.syncDirectory(CrashStorage.MOUNT);
    storage.inject(new Fault.Vanished(2, DIRECTORY));

    assertThat(storage.find(DIRECTORY)).isPresent();
    assertThat(storage.find(DIRECTORY)).isEmpty();
    assertThat(trees()).containsExactly("");
  }

  @Test
  void a_map_that_is_not_closed_is_told() throws IOException {
    durableFile(A);
    MappedFile map = storage.map(A);

    assertThat(storage.openMaps()).containsExactly(A);
    map.close();
    assertThat(storage.openMaps()).isEmpty();
  }

  @Test
  void another_disk_is_not_touched() {
    assertThatThrownBy(() -> storage.find(Path.of("/elsewhere")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("elsewhere is not on the disk");
  }

  private void durableFile(Path file) throws IOException {
    storage.write(file, FileContent.of("x"));
    storage.sync(file);
    storage.syncDirectory(CrashStorage.MOUNT);
  }

  private List<CrashState> states() {
    return storage.crashStates(1000, new Random(1));
  }

  private static List<Long> keys(List<CrashState> states) {
    return states.stream().map(CrashState::key).toList();
  }

  /** What may be left of a file, as text. */
  private List<String> contentsOf(String path) {
    return states().stream()
        .map(
            state ->
                state.files().containsKey(path)
                    ? new String(state.files().get(path).bytes(), UTF_8)
                    : "(none)")
        .toList();
  }

  /** What may be there, whatever the contents. */
  private Set<String> trees() {
    return states().stream()
        .map(
            state -> {
              TreeSet<String> paths = new TreeSet<>(state.files().keySet());
              state.directories().forEach(directory -> paths.add(directory + "/"));
              return String.join(" ", paths);
            })
        .collect(Collectors.toSet());
  }
}
