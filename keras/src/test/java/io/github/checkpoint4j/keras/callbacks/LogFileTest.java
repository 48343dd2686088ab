package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void records_are_in_the_file_before_it_is_closed() throws IOException {
    Path file = folder.resolve("a/b/log");
    try (LogFile log = LogFile.open(file, false)) {
      log.write(bytes("one "));
      log.write(bytes("two"));
      assertThat(file).hasContent("one two");
      assertThat(log.size()).isEqualTo(7);
    }
  }

  @Test
  void a_file_that_is_there_is_emptied_or_added_to() throws IOException {
    Path file = Files.writeString(folder.resolve("log"), "before ");
    try (LogFile log = LogFile.open(file, true)) {
      assertThat(log.size()).isEqualTo(7);
      log.write(bytes("after"));
    }
    assertThat(file).hasContent("before after");
    try (LogFile log = LogFile.open(file, false)) {
      assertThat(log.size()).isZero();
    }
    assertThat(file).isEmptyFile();
  }

  @Test
  void what_came_after_a_size_is_cut_off() throws IOException {
    Path file = Files.writeString(folder.resolve("log"), "kept|gone");
    try (LogFile log = LogFile.reopen(file, 5)) {
      log.write(bytes("new"));
      log.sync();
    }
    assertThat(file).hasContent("kept|new");
  }

  @Test
  void a_file_that_is_shorter_or_missing_is_left_as_it_is() throws IOException {
    Path file = Files.writeString(folder.resolve("log"), "1234");
    assertThatThrownBy(() -> LogFile.reopen(file, 5))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + " had 5 bytes when the checkpoint was saved and has 4; put");
    assertThat(file).hasContent("1234");
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> LogFile.reopen(missing, 0))
        .hasMessageStartingWith(
            missing + " had 0 bytes when the checkpoint was saved and is not there; put it back");
    assertThat(missing).doesNotExist();
  }
}
