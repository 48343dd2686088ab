package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  @TempDir Path temporary;
  private Path run;

  @BeforeEach
  void commit() throws IOException {
    run = Fixture.run(temporary.resolve("run"));
  }

  private Map<Path, Long> tree() throws IOException {
    Map<Path, Long> tree = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(run)) {
      for (Path path : paths.toList()) {
        tree.put(path, Files.isDirectory(path) ? -1 : Files.size(path));
      }
    }
    return tree;
  }

  private static List<String> lines(Run doctor) {
    return doctor.out().lines().map(line -> line.replaceAll(" +", " ")).toList();
  }

  @Test
  void a_run_in_order_is_0() {
    Run doctor = ckpt("doctor", run);

    assertThat(doctor.status()).isZero();
    assertThat(doctor.err()).isEmpty();
    assertThat(lines(doctor))
        .hasSize(3)
        .startsWith(
            "ok lock: no writer is at work",
            "ok checkpoints: 3, newest checkpoint-150, best checkpoint-100")
        .allMatch(line -> line.startsWith("ok "));
  }

  @Test
  void everything_out_of_order_is_told_and_nothing_changed() throws IOException {
    Files.createDirectory(run.resolve(".checkpoint-200.tmp-4"));
    Files.move(run.resolve("checkpoint-100"), run.resolve(".checkpoint-100.old-5"));
    Files.delete(run.resolve("checkpoint-150/optimizer.pt"));
    Files.delete(run.resolve("checkpoint-50/manifest.json"));
    Files.writeString(run.resolve("notes\u001b[31m.txt"), "mine");
    Files.writeString(run.resolve(".checkpoint4j.lock"), "{\"host\":\"far\\u001b[1m\",\"pid\":7}");
    Map<Path, Long> before = tree();

    Run doctor = ckpt("doctor", run);

    assertThat(doctor.status()).isEqualTo(1);
    assertThat(tree()).isEqualTo(before);
    assertThat(doctor.out()).doesNotContain("\u001b");
    assertThat(lines(doctor))
        .contains(
            "note lock: process 7 on far\\x1b[1m is or was at work; look on that host",
            "note .checkpoint-200.tmp-4: of the writer, or left by another",
            "note checkpoint-50: it has no manifest, so nothing vouches for it",
            "note notes\\x1b[31m.txt: foreign, left alone")
        .anyMatch(line -> line.startsWith("PROBLEM ") && line.contains("optimizer.pt is missing"));
  }

  @Test
  void repair_does_what_was_said_and_no_more() throws IOException {
    Files.createDirectory(run.resolve(".checkpoint-200.tmp-4"));
    Files.move(run.resolve("checkpoint-100"), run.resolve(".checkpoint-100.old-5"));
    Files.writeString(run.resolve("notes.txt"), "mine");
    String lock = "{\"host\":\"" + host() + "\",\"pid\":-1}";
    Files.writeString(run.resolve(".checkpoint4j.lock"), lock);

    Run doctor = ckpt("doctor", run);
    assertThat(doctor.status()).isEqualTo(1);
    assertThat(lines(doctor))
        .contains(
            "note lock: process -1 on " + host() + " was killed; the next writer takes it over",
            "PROBLEM .checkpoint-100.old-5: a checkpoint whose replacement did not come; gets its"
                + " name back",
            "PROBLEM .checkpoint-200.tmp-4: an unfinished save; is removed",
            "to remove and restore these: ckpt doctor --repair " + run);
    assertThat(ckpt("doctor", run, "--repair", "--dry-run").status()).isEqualTo(1);
    assertThat(run.resolve(".checkpoint-200.tmp-4")).exists();

    Run repaired = ckpt("doctor", run, "--repair");

    assertThat(repaired.status()).as(repaired.out()).isZero();
    assertThat(lines(repaired))
        .startsWith(
            "took the lock that was left by process -1 on " + host() + ", which has ended",
            "restored checkpoint-100",
            "removed .checkpoint-200.tmp-4",
            "ok lock: no writer is at work",
            "ok checkpoints: 3, newest checkpoint-150, best checkpoint-100")
        .endsWith("note notes.txt: foreign, left alone");
    assertThat(run.resolve("notes.txt")).hasContent("mine");
    assertThat(ckpt("doctor", run).status()).isZero();
  }

  /** The host as the lock's file has it. */
  private String host() throws IOException {
    Path elsewhere = temporary.resolve("elsewhere");
    try (CheckpointStore _ = CheckpointStore.open(elsewhere)) {
      String owner = Files.readString(elsewhere.resolve(".checkpoint4j.lock"));
      return owner.replaceAll("(?s).*\"host\": ?\"([^\"]*)\".*", "$1");
    }
  }

  @Test
  void a_writer_at_work_is_no_problem_and_repair_is_refused() throws IOException {
    try (CheckpointStore _ = CheckpointStore.open(run)) {
      Files.createDirectory(run.resolve(".checkpoint-200.tmp-4"));
      Run doctor = ckpt("doctor", run);
      assertThat(doctor.status()).as(doctor.out()).isZero();
      assertThat(lines(doctor).getFirst())
          .startsWith("ok lock: process " + ProcessHandle.current().pid() + " on ")
          .endsWith(" is at work");
      Run repair = ckpt("doctor", run, "--repair");
      assertThat(repair.status()).isEqualTo(1);
      assertThat(repair.out()).isEmpty();
      assertThat(repair.err()).contains(" is being written by this process").hasLineCount(1);
      assertThat(run.resolve(".checkpoint-200.tmp-4")).exists();
    }
  }

  @Test
  void a_newest_that_python_would_not_take_and_another_machine_are_noted() throws IOException {
    Fixture.commit(run, 120, 0.1, Instant.now());
    Fixture.commitOn(run, 130, Json.object().put("threads", 8).build());

    assertThat(lines(ckpt("doctor", run)))
        .contains(
            "note checkpoint-130 is the newest, but Hugging Face's Trainer would go on from"
                + " checkpoint-150, which has the highest step",
            "note checkpoint-130: not the same machine or settings as checkpoint-120: threads:"
                + " null -> 8");
  }

  @Test
  void json_is_one_document() throws IOException {
    Files.createDirectory(run.resolve(".checkpoint-200.tmp-4"));
    Files.writeString(run.resolve("notes.txt"), "mine");

    Run doctor = ckpt("doctor", "--json", run);

    assertThat(doctor.status()).isEqualTo(1);
    Json.Obj document = doctor.object();
    assertThat(document.bool("ok")).isFalse();
    assertThat(document.array("problems").items()).hasSize(1);
    assertThat(document.get("lock")).isEqualTo(Json.Null.NULL);
    Json.Obj leftover = (Json.Obj) document.array("leftovers").items().getFirst();
    assertThat(leftover.text("name")).isEqualTo(".checkpoint-200.tmp-4");
    assertThat(leftover.text("remedy")).isEqualTo("remove_unfinished_save");
    assertThat(document.array("checkpoints").items()).hasSize(3);
    assertThat(document.array("foreign").items()).containsExactly(Json.of("notes.txt"));
    assertThat(document.object("space").integer("free")).isPositive();
    assertThat(document.get("repaired")).isEqualTo(Json.Null.NULL);

    Json.Obj repaired = ckpt("doctor", "--json", "--repair", run).object();
    assertThat(repaired.bool("ok")).isTrue();
    assertThat(repaired.object("repaired").array("removed").items())
        .containsExactly(Json.of(".checkpoint-200.tmp-4"));
  }

  @Test
  void what_is_no_run_is_refused_and_not_made_one() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));

    assertThat(ckpt("doctor", temporary.resolve("missing")).status()).isEqualTo(3);
    assertThat(ckpt("doctor", "--repair", temporary.resolve("missing")).status()).isEqualTo(3);
    assertThat(temporary.resolve("missing")).doesNotExist();
    assertThat(ckpt("doctor", run.resolve("checkpoint-50")).status()).isEqualTo(1);
    assertThat(ckpt("doctor", empty).out()).contains("checkpoints: none");
    try (var files = Files.list(empty)) {
      assertThat(files).isEmpty();
    }
  }
}
