package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.Storage.Entry;
import io.github.checkpoint4j.store.Storage.Kind;
import io.github.checkpoint4j.store.Storage.Lock;
import io.github.checkpoint4j.store.Storage.LockAttempt;
import io.github.checkpoint4j.store.Storage.OpenDirectory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Storage} does; inherited by the test of each. */
abstract class StorageContract {
  private Storage storage;
  private Path root;

  /** A storage with an empty directory at {@link #root()}. */
  abstract Storage storage() throws IOException;

  abstract Path root();

  @BeforeEach
  void open() throws IOException {
    storage = storage();
    root = root();
  }

  @Test
  void a_written_file_holds_the_parts_in_order() throws IOException {
    storage.write(root.resolve("a"), content("head", "body", "tail"));
    assertThat(read("a")).isEqualTo("headbodytail");
    assertThat(storage.size(root.resolve("a"))).isEqualTo(12);
  }

  @Test
  void writing_returns_the_checksum_of_the_file_and_of_each_named_part() throws IOException {
    FileContent content =
        FileContent.of(
            List.of(
                part(Optional.empty(), "head"),
                part(Optional.of("x"), "weights"),
                part(Optional.empty(), "pad"),
                part(Optional.of("y"), ""),
                part(Optional.of("z"), "bias")));
    FileChecksums checksums = storage.write(root.resolve("a"), content);
    assertThat(checksums.size()).isEqualTo(18);
    assertThat(checksums.crc32c()).isEqualTo(crc("headweightspadbias"));
    assertThat(checksums.tensors())
        .containsExactly(
            Map.entry("x", new TensorChecksum(4, 7, crc("weights"))),
            Map.entry("y", new TensorChecksum(14, 0, 0)),
            Map.entry("z", new TensorChecksum(14, 4, crc("bias"))));
    assertThat(checksums).isEqualTo(FileChecksums.of(content));
  }

  @Test
  void parts_of_one_tensor_that_follow_each_other_have_one_checksum() throws IOException {
    FileContent content =
        FileContent.of(List.of(part(Optional.of("x"), "wei"), part(Optional.of("x"), "ghts")));
    assertThat(storage.write(root.resolve("a"), content).tensors())
        .containsExactly(Map.entry("x", new TensorChecksum(0, 7, crc("weights"))));
  }

  @Test
  void a_tensor_in_two_places_of_a_file_is_refused() {
    FileContent content =
        FileContent.of(
            List.of(
                part(Optional.of("x"), "1"),
                part(Optional.of("y"), "2"),
                part(Optional.of("x"), "3")));
    assertThatThrownBy(() -> storage.write(root.resolve("a"), content))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'x' is in two places of one file");
  }

  @Test
  void a_large_file_of_heap_and_native_parts_comes_back_byte_for_byte() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Random random = new Random(7);
      byte[] heap = new byte[5_000_001];
      random.nextBytes(heap);
      MemorySegment floats = MemorySegment.ofArray(new float[1_000_003]);
      MemorySegment nativeBytes = arena.allocate(9_000_000, 1);
      for (long i = 0; i < nativeBytes.byteSize(); i += 997) {
        nativeBytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
      }
      List<FileContent.Part> parts = new ArrayList<>();
      parts.add(new FileContent.Part(Optional.of("heap"), MemorySegment.ofArray(heap)));
      parts.add(new FileContent.Part(Optional.of("floats"), floats));
      parts.add(new FileContent.Part(Optional.of("native"), nativeBytes));
      FileContent content = FileContent.of(parts);
      FileChecksums checksums = storage.write(root.resolve("large"), content);
      assertThat(checksums).isEqualTo(FileChecksums.of(content));
      try (MappedFile file = storage.map(root.resolve("large"))) {
        long at = 0;
        for (FileContent.Part part : parts) {
          long size = part.bytes().byteSize();
          assertThat(file.bytes().asSlice(at, size).mismatch(part.bytes())).isEqualTo(-1);
          at += size;
        }
        assertThat(file.size()).isEqualTo(at);
      }
    }
  }

  @Test
  void an_empty_file_is_written_and_mapped() throws IOException {
    storage.write(root.resolve("empty"), FileContent.of(""));
    try (MappedFile file = storage.map(root.resolve("empty"))) {
      assertThat(file.size()).isZero();
    }
  }

  @Test
  void writing_never_replaces_a_file() throws IOException {
    storage.write(root.resolve("a"), content("first"));
    assertThatThrownBy(() -> storage.write(root.resolve("a"), content("second")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(read("a")).isEqualTo("first");
  }

  @Test
  void writing_into_a_missing_directory_fails() {
    assertThatThrownBy(() -> storage.write(root.resolve("no/a"), content("x")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void a_directory_is_created_once_and_not_without_its_parent() throws IOException {
    storage.createDirectory(root.resolve("d"));
    assertThat(storage.find(root.resolve("d"))).contains(Kind.DIRECTORY);
    assertThatThrownBy(() -> storage.createDirectory(root.resolve("d")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> storage.createDirectory(root.resolve("no/d")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void entries_are_listed_by_name() throws IOException {
    storage.write(root.resolve("b"), content("x"));
    storage.write(root.resolve(".a"), content("x"));
    storage.createDirectory(root.resolve("B"));
    assertThat(storage.list(root))
        .containsExactly(
            new Entry(".a", Kind.FILE), new Entry("B", Kind.DIRECTORY), new Entry("b", Kind.FILE));
    assertThat(storage.list(root.resolve("B"))).isEmpty();
  }

  @Test
  void listing_needs_a_directory() throws IOException {
    storage.write(root.resolve("a"), content("x"));
    assertThatThrownBy(() -> storage.list(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.list(root.resolve("a")))
        .isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void finding_tells_what_is_there() throws IOException {
    storage.write(root.resolve("a"), content("x"));
    assertThat(storage.find(root.resolve("a"))).contains(Kind.FILE);
    assertThat(storage.find(root.resolve("no"))).isEmpty();
    assertThat(storage.find(root.resolve("no/deeper"))).isEmpty();
  }

  @Test
  void renaming_moves_a_directory_with_its_files() throws IOException {
    storage.createDirectory(root.resolve("d"));
    storage.write(root.resolve("d/a"), content("x"));
    storage.rename(root.resolve("d"), root.resolve("e"));
    assertThat(storage.list(root)).containsExactly(new Entry("e", Kind.DIRECTORY));
    assertThat(read("e/a")).isEqualTo("x");
  }

  @Test
  void renaming_never_replaces_anything() throws IOException {
    storage.createDirectory(root.resolve("d"));
    storage.createDirectory(root.resolve("empty"));
    storage.write(root.resolve("a"), content("a"));
    storage.write(root.resolve("b"), content("b"));
    assertThatThrownBy(() -> storage.rename(root.resolve("d"), root.resolve("empty")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> storage.rename(root.resolve("a"), root.resolve("b")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(read("a") + read("b")).isEqualTo("ab");
    assertThat(storage.find(root.resolve("d"))).isPresent();
  }

  @Test
  void renaming_what_is_missing_fails() {
    assertThatThrownBy(() -> storage.rename(root.resolve("no"), root.resolve("b")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void a_linked_file_has_two_names_and_lasts_until_the_last_is_deleted() throws IOException {
    storage.createDirectory(root.resolve("d"));
    storage.createDirectory(root.resolve("e"));
    storage.write(root.resolve("d/a"), content("shared"));
    storage.sync(root.resolve("d/a"));
    assertThat(storage.link(root.resolve("d/a"), root.resolve("e/b"))).isTrue();
    assertThat(storage.find(root.resolve("e/b"))).contains(Kind.FILE);
    assertThat(read("d/a") + read("e/b")).isEqualTo("sharedshared");
    storage.sync(root.resolve("e/b"));
    storage.deleteFile(root.resolve("d/a"));
    storage.removeDirectory(root.resolve("d"));
    assertThat(read("e/b")).isEqualTo("shared");
    storage.deleteFile(root.resolve("e/b"));
    assertThat(storage.list(root.resolve("e"))).isEmpty();
  }

  @Test
  void a_link_never_replaces_anything() throws IOException {
    storage.write(root.resolve("a"), content("a"));
    storage.write(root.resolve("b"), content("b"));
    assertThatThrownBy(() -> storage.link(root.resolve("a"), root.resolve("b")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(read("a") + read("b")).isEqualTo("ab");
  }

  @Test
  void a_link_needs_its_file_and_its_directory() throws IOException {
    storage.write(root.resolve("a"), content("a"));
    assertThatThrownBy(() -> storage.link(root.resolve("no"), root.resolve("b")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.link(root.resolve("a"), root.resolve("no/b")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(storage.list(root)).containsExactly(new Entry("a", Kind.FILE));
  }

  @Test
  void an_open_directory_stays_the_one_that_was_opened() throws IOException {
    storage.createDirectory(root.resolve("d"));
    storage.write(root.resolve("d/b"), content("old"));
    storage.write(root.resolve("d/a"), content("x"));
    storage.createDirectory(root.resolve("d/inner"));
    try (OpenDirectory open = storage.openDirectory(root.resolve("d"))) {
      assertThat(open.files()).containsExactly(Map.entry("a", 1L), Map.entry("b", 3L));
      assertThat(open.lastModified()).isEqualTo(storage.lastModified(root.resolve("d")));
      assertThat(open.isNamed()).isTrue();
      storage.rename(root.resolve("d"), root.resolve("aside"));
      assertThat(open.isNamed()).isFalse();
      storage.createDirectory(root.resolve("d"));
      storage.write(root.resolve("d/b"), content("new"));
      assertThat(open.isNamed()).isFalse();
      try (MappedFile file = open.map("b")) {
        assertThat(text(file)).isEqualTo("old");
      }
      assertThatThrownBy(() -> open.map("c")).isInstanceOf(NoSuchFileException.class);
      storage.deleteFile(root.resolve("aside/a"));
      assertThatThrownBy(() -> open.map("a"))
          .isInstanceOf(NoSuchFileException.class)
          .hasMessageContaining(root.resolve("d/a").toString());
    }
  }

  @Test
  void what_was_mapped_through_an_open_directory_outlives_it() throws IOException {
    storage.createDirectory(root.resolve("d"));
    storage.write(root.resolve("d/a"), content("lasting"));
    MappedFile file;
    try (OpenDirectory open = storage.openDirectory(root.resolve("d"))) {
      file = open.map("a");
    }
    storage.deleteFile(root.resolve("d/a"));
    assertThat(text(file)).isEqualTo("lasting");
    file.close();
  }

  @Test
  void opening_needs_a_directory() throws IOException {
    storage.write(root.resolve("a"), content("x"));
    assertThatThrownBy(() -> storage.openDirectory(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.openDirectory(root.resolve("a")))
        .isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void a_lock_is_held_until_it_is_closed_or_its_file_deleted_or_replaced() throws IOException {
    Path file = root.resolve("lock");
    Lock lock = ((LockAttempt.Taken) storage.tryLock(file, "owner")).lock();
    assertThat(lock.isHeld()).isTrue();
    storage.rename(file, root.resolve("elsewhere"));
    assertThat(lock.isHeld()).isFalse();
    storage.write(file, content("another"));
    assertThat(lock.isHeld()).isFalse();
    storage.deleteFile(file);
    storage.rename(root.resolve("elsewhere"), file);
    assertThat(lock.isHeld()).isTrue();
    lock.close();
    assertThat(lock.isHeld()).isFalse();
  }

  @Test
  void deleting_takes_files_only() throws IOException {
    storage.write(root.resolve("a"), content("x"));
    storage.createDirectory(root.resolve("d"));
    storage.deleteFile(root.resolve("a"));
    assertThat(storage.find(root.resolve("a"))).isEmpty();
    assertThatThrownBy(() -> storage.deleteFile(root.resolve("a")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.deleteFile(root.resolve("d"))).isInstanceOf(IOException.class);
    assertThat(storage.find(root.resolve("d"))).isPresent();
  }

  @Test
  void removing_takes_empty_directories_only() throws IOException {
    storage.createDirectory(root.resolve("d"));
    storage.write(root.resolve("d/a"), content("x"));
    assertThatThrownBy(() -> storage.removeDirectory(root.resolve("d")))
        .isInstanceOf(DirectoryNotEmptyException.class);
    assertThatThrownBy(() -> storage.removeDirectory(root.resolve("d/a")))
        .isInstanceOf(IOException.class);
    assertThat(read("d/a")).isEqualTo("x");
    storage.deleteFile(root.resolve("d/a"));
    storage.removeDirectory(root.resolve("d"));
    assertThat(storage.find(root.resolve("d"))).isEmpty();
    assertThatThrownBy(() -> storage.removeDirectory(root.resolve("d")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void syncing_needs_what_is_synced() throws IOException {
    storage.write(root.resolve("a"), content("x"));
    storage.sync(root.resolve("a"));
    storage.syncDirectory(root);
    assertThatThrownBy(() -> storage.sync(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.syncDirectory(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.syncDirectory(root.resolve("a")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void a_missing_file_has_no_size_no_time_and_no_bytes() {
    assertThatThrownBy(() -> storage.size(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.lastModified(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.map(root.resolve("no")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void a_mapped_file_outlives_its_name() throws IOException {
    storage.write(root.resolve("a"), content("lasting"));
    try (MappedFile file = storage.map(root.resolve("a"))) {
      storage.rename(root.resolve("a"), root.resolve("b"));
      storage.deleteFile(root.resolve("b"));
      assertThat(text(file)).isEqualTo("lasting");
    }
  }

  @Test
  void mapped_bytes_are_read_only_and_gone_after_close() throws IOException {
    storage.write(root.resolve("a"), content("x"));
    MappedFile file = storage.map(root.resolve("a"));
    assertThat(file.bytes().isReadOnly()).isTrue();
    file.close();
    file.close();
    assertThatThrownBy(() -> file.bytes().get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void there_is_space_left() throws IOException {
    assertThat(storage.usableSpace(root)).isPositive();
  }

  @Test
  void a_lock_is_held_once_and_tells_its_owner() throws IOException {
    Path file = root.resolve("lock");
    LockAttempt first = storage.tryLock(file, "first");
    assertThat(first).isInstanceOf(LockAttempt.Taken.class);
    assertThat(((LockAttempt.Taken) first).previousOwner()).isEmpty();
    for (int i = 0; i < 3; i++) {
      LockAttempt second = storage.tryLock(file, "second");
      assertThat(second).isInstanceOf(LockAttempt.Held.class);
      assertThat(((LockAttempt.Held) second).owner()).isEqualTo("first");
    }
    assertThat(storage.find(file)).contains(Kind.FILE);
    ((LockAttempt.Taken) first).lock().close();
    LockAttempt third = storage.tryLock(file, "third");
    assertThat(third).isInstanceOf(LockAttempt.Taken.class);
    assertThat(((LockAttempt.Taken) third).previousOwner()).isEmpty();
    ((LockAttempt.Taken) third).lock().close();
    ((LockAttempt.Taken) third).lock().close();
  }

  @Test
  void the_owner_of_a_lock_is_told_without_taking_it() throws IOException {
    Path file = root.resolve("lock");
    assertThat(storage.lockOwner(file)).isEmpty();
    assertThat(storage.find(file)).isEmpty();
    LockAttempt first = storage.tryLock(file, "first");
    assertThat(first).isInstanceOf(LockAttempt.Taken.class);
    assertThat(storage.lockOwner(file)).isEqualTo("first");
    assertThat(storage.tryLock(file, "second")).isInstanceOf(LockAttempt.Held.class);
    ((LockAttempt.Taken) first).lock().close();
    assertThat(storage.lockOwner(file)).isEmpty();
  }

  @Test
  void what_an_owner_left_that_never_gave_up_its_lock_is_told() throws IOException {
    Path file = root.resolve("lock");
    storage.write(file, content("gone"));
    LockAttempt attempt = storage.tryLock(file, "next");
    assertThat(attempt).isInstanceOf(LockAttempt.Taken.class);
    assertThat(((LockAttempt.Taken) attempt).previousOwner()).isEqualTo("gone");
    ((LockAttempt.Taken) attempt).lock().close();
    assertThat(storage.size(file)).isZero();
  }

  private String read(String name) throws IOException {
    try (MappedFile file = storage.map(root.resolve(name))) {
      return text(file);
    }
  }

  private static String text(MappedFile file) {
    return new String(file.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private static FileContent content(String... parts) {
    List<FileContent.Part> list = new ArrayList<>();
    for (String part : parts) {
      list.add(part(Optional.empty(), part));
    }
    return FileContent.of(list);
  }

  private static FileContent.Part part(Optional<String> tensor, String text) {
    return new FileContent.Part(
        tensor, MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static int crc(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue();
  }
}
