package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.store.CheckpointLockedException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.junit.jupiter.api.Test;

class FailureTest {
  @Test
  void a_bad_file_is_1() {
    assertThat(Failure.of(new CorruptFileException("m"))).isEqualTo(new Failure(1, "m"));
    assertThat(Failure.of(new UnsupportedFeatureException("m"))).isEqualTo(new Failure(1, "m"));
    assertThat(Failure.of(new StateMismatchException("m"))).isEqualTo(new Failure(1, "m"));
    assertThat(Failure.of(new CheckpointLockedException("m"))).isEqualTo(new Failure(1, "m"));
    assertThat(Failure.of(new RefusedException("m"))).isEqualTo(new Failure(1, "m"));
  }

  @Test
  void misuse_is_2() {
    assertThat(Failure.of(new IllegalArgumentException("m"))).isEqualTo(new Failure(2, "m"));
    assertThat(Failure.of(new InvalidPathException("a\0b", "Nul character not allowed")))
        .isEqualTo(
            new Failure(2, "'a\\x00b' is not a path: Nul character not allowed; give another one"));
  }

  @Test
  void input_and_output_is_3() {
    assertThat(Failure.of(new IOException("m"))).isEqualTo(new Failure(3, "m"));
    assertThat(Failure.of(new UncheckedIOException(new IOException("m"))))
        .isEqualTo(new Failure(3, "m"));
    assertThat(Failure.of(new EOFException()))
        .isEqualTo(new Failure(3, "the file ended too early: EOFException"));
    assertThat(Failure.of(new NoSuchFileException("x")))
        .isEqualTo(new Failure(3, "x: no such file or directory; check the path"));
    assertThat(Failure.of(new AccessDeniedException("x")))
        .isEqualTo(
            new Failure(
                3, "x: permission denied; give yourself access to it, or use another place"));
    assertThat(Failure.of(new NotDirectoryException("x")))
        .isEqualTo(new Failure(3, "x: not a directory; give the directory of a run"));
  }

  @Test
  void a_missing_file_whose_reason_is_told_is_told_once() {
    assertThat(
            Failure.of(new NoSuchFileException("x", null, "there is no such run. Check the path")))
        .isEqualTo(new Failure(3, "x: there is no such run. Check the path"));
  }

  @Test
  void a_full_disk_and_a_read_only_one_say_what_to_do() {
    assertThat(Failure.of(new FileSystemException("x", null, "No space left on device")))
        .isEqualTo(
            new Failure(
                3,
                "x: No space left on device; free some space and give the same command again: what"
                    + " was saved before is untouched"));
    assertThat(Failure.of(new IOException("No space left on device")).message())
        .isEqualTo(
            "No space left on device; free some space and give the same command again: what was"
                + " saved before is untouched");
    assertThat(Failure.of(new FileSystemException("x", null, "Read-only file system")))
        .isEqualTo(new Failure(3, "x: Read-only file system; use another place"));
  }

  @Test
  void anything_else_is_told_as_unexpected() {
    assertThat(Failure.of(new IllegalStateException("m")))
        .isEqualTo(
            new Failure(
                1,
                "unexpected IllegalStateException: m; run again with CKPT_DEBUG=1 for the details"
                    + " and report it"));
  }

  @Test
  void too_little_memory_says_what_to_do() {
    assertThat(Failure.of(new OutOfMemoryError("Java heap space")).message())
        .startsWith("not enough memory (Java heap space); ");
  }

  @Test
  void bytes_of_a_mapped_file_that_are_lost_are_told_as_that() {
    Failure failure = Failure.of(new InternalError("a fault occurred"));
    assertThat(failure.status()).isEqualTo(ExitStatus.IO);
    assertThat(failure.message())
        .isEqualTo(
            "a file was cut short while it was being read, or its device failed (a fault occurred);"
                + " verify it");
  }

  @Test
  void a_message_is_one_safe_line() {
    assertThat(Failure.of(new CorruptFileException("name \u001b[31m\nckpt: fine")).message())
        .isEqualTo("name \\x1b[31m\\nckpt: fine");
  }
}
