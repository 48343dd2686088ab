package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.store.Storage.Kind;
import io.github.checkpoint4j.store.Storage.LockAttempt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a real disk, and what only a real disk has: links and other processes. */
class LocalStorageTest extends StorageContract {
  @TempDir Path temporary;

  @Override
  Storage storage() {
    return LocalStorage.instance();
  }

  @Override
  Path root() {
    return temporary;
  }

  @Test
  void a_link_is_deleted_and_not_what_it_leads_to() throws IOException {
    Files.createDirectory(temporary.resolve("real"));
    Files.writeString(temporary.resolve("real/a"), "x");
    Files.createSymbolicLink(temporary.resolve("link"), temporary.resolve("real"));
    assertThat(storage().find(temporary.resolve("link"))).contains(Kind.LINK);
    assertThatThrownBy(() -> storage().removeDirectory(temporary.resolve("link")))
        .isInstanceOf(NotDirectoryException.class);
    storage().deleteFile(temporary.resolve("link"));
    assertThat(temporary.resolve("link")).doesNotExist();
    assertThat(temporary.resolve("real/a")).hasContent("x");
  }

  @Test
  void a_link_to_a_directory_is_listed_as_the_directory() throws IOException {
    Files.createDirectory(temporary.resolve("real"));
    Files.writeString(temporary.resolve("real/a"), "x");
    Files.createSymbolicLink(temporary.resolve("link"), temporary.resolve("real"));
    assertThat(storage().list(temporary.resolve("link")))
        .containsExactly(new Storage.Entry("a", Kind.FILE));
  }

  @Test
  void an_open_directory_follows_links_to_files_and_leaves_out_what_is_no_file()
      throws IOException {
    Path directory = Files.createDirectory(temporary.resolve("snapshot"));
    Files.writeString(temporary.resolve("blob"), "weights");
    Files.createSymbolicLink(directory.resolve("a"), Path.of("../blob"));
    Files.createSymbolicLink(directory.resolve("broken"), Path.of("../nowhere"));
    Files.createSymbolicLink(directory.resolve("inner"), Path.of(".."));
    try (Storage.OpenDirectory open = storage().openDirectory(directory)) {
      assertThat(open.files()).containsExactly(Map.entry("a", 7L));
      try (MappedFile file = open.map("a")) {
        assertThat(file.size()).isEqualTo(7);
      }
    }
  }

  @Test
  void a_file_that_cannot_have_a_second_name_is_told_apart_from_a_failure() throws IOException {
    Path directory = Files.createDirectory(temporary.resolve("directory"));
    assertThat(storage().link(directory, temporary.resolve("second"))).isFalse();
    assertThat(temporary.resolve("second")).doesNotExist();
  }

  @Test
  void another_path_to_the_same_directory_is_the_same_lock() throws IOException {
    Files.createDirectory(temporary.resolve("real"));
    Files.createSymbolicLink(temporary.resolve("link"), temporary.resolve("real"));
    LockAttempt first = storage().tryLock(temporary.resolve("real/lock"), "first");
    assertThat(first).isInstanceOf(LockAttempt.Taken.class);
    assertThat(storage().tryLock(temporary.resolve("link/lock"), "second"))
        .isInstanceOf(LockAttempt.Held.class);
    ((LockAttempt.Taken) first).lock().close();
  }

  @Test
  void an_attempt_that_fails_in_this_process_does_not_lose_the_lock_to_others() throws Exception {
    Path file = temporary.resolve("lock");
    LockAttempt first = storage().tryLock(file, "first");
    assertThat(storage().tryLock(file, "second")).isInstanceOf(LockAttempt.Held.class);
    assertThat(attemptInAnotherProcess(file)).isEqualTo("held by first");
    ((LockAttempt.Taken) first).lock().close();
    assertThat(attemptInAnotherProcess(file)).isEqualTo("taken after ");
  }

  @Test
  void the_lock_of_a_process_that_ended_is_free_and_its_owner_is_told() throws Exception {
    Path file = temporary.resolve("lock");
    assertThat(attemptInAnotherProcess(file)).isEqualTo("taken after ");
    LockAttempt attempt = storage().tryLock(file, "here");
    assertThat(attempt).isInstanceOf(LockAttempt.Taken.class);
    assertThat(((LockAttempt.Taken) attempt).previousOwner()).isEqualTo("elsewhere");
    ((LockAttempt.Taken) attempt).lock().close();
  }

  @Test
  void an_owner_too_long_to_be_read_back_is_refused() {
    assertThatThrownBy(() -> storage().tryLock(temporary.resolve("lock"), "x".repeat(4097)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an owner of 4097 bytes is too long, 4096 is the most");
  }

  static String attemptInAnotherProcess(Path file) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  /** Takes the lock, says so, and ends without giving it up. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) throws IOException {
      System.out.print(
          switch (LocalStorage.instance().tryLock(Path.of(arguments[0]), "elsewhere")) {
            case LockAttempt.Taken taken -> "taken after " + taken.previousOwner();
            case LockAttempt.Held held -> "held by " + held.owner();
          });
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
  }
}
