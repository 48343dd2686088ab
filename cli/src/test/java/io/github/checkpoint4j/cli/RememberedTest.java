package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberedTest {
  @TempDir Path temporary;
  private Path run;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private int made;
  private final Remembered<Integer> remembered = new Remembered<>(() -> now, 2);

  @BeforeEach
  void commit() throws IOException {
    run = Fixture.run(temporary.resolve("run"));
  }

  private int get(Path path) throws IOException {
    return remembered.get(path, _ -> ++made);
  }

  @Test
  void what_did_not_change_is_made_once() throws IOException {
    assertThat(get(run)).isEqualTo(1);
    assertThat(get(run)).isEqualTo(1);
  }

  @Test
  void whatever_changes_is_noticed() throws IOException {
    get(run);
    Fixture.commit(run, 200, 0.5, now);
    assertThat(get(run)).isEqualTo(2);

    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.pin(store.list().getFirst());
    }
    assertThat(get(run)).isEqualTo(3);

    Files.write(run.resolve("checkpoint-50/optimizer.pt"), new byte[1]);
    assertThat(get(run)).isEqualTo(4);

    Path other = Fixture.run(temporary.resolve("other"));
    Files.move(run, temporary.resolve("gone"));
    Files.move(other, run);
    assertThat(get(run)).isEqualTo(5);
    assertThat(get(run)).isEqualTo(5);
  }

  @Test
  void what_leaves_no_trace_is_noticed_after_a_while() throws IOException {
    get(run);
    now = now.plus(Duration.ofSeconds(9));
    assertThat(get(run)).isEqualTo(1);
    now = now.plus(Duration.ofSeconds(1));
    assertThat(get(run)).isEqualTo(2);
  }

  @Test
  void only_the_last_few_are_remembered() throws IOException {
    get(run);
    get(Files.createDirectory(temporary.resolve("a")));
    get(run);
    get(Files.createDirectory(temporary.resolve("b")));
    assertThat(get(run)).isEqualTo(1);
    assertThat(get(temporary.resolve("a"))).isEqualTo(4);
  }

  @Test
  void a_run_that_is_missing_is_an_error() {
    assertThatThrownBy(() -> get(temporary.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(made).isZero();
  }
}
