package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LsTest {
  @TempDir Path temporary;

  @Test
  void a_run_is_a_table_with_best_and_latest() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    Run ls = ckpt("ls", run);

    assertThat(ls.status()).isZero();
    assertThat(ls.err()).isEmpty();
    List<String> lines = ls.out().lines().map(line -> line.replaceAll(" +", " ")).toList();
    assertThat(lines.get(0)).isEqualTo("checkpoint step epoch eval_accuracy size age");
    assertThat(lines.get(1)).startsWith("checkpoint-50 50 0.50 0.5000 ").endsWith(" 2 h");
    assertThat(lines.get(2)).startsWith("checkpoint-100 100 1.00 0.7500 ").endsWith(" best");
    assertThat(lines.get(3)).startsWith("checkpoint-150 150 1.50 0.7000 ").endsWith(" latest");
  }

  @Test
  void json_is_one_document_with_everything() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    Run ls = ckpt("ls", "--json", run);

    assertThat(ls.err()).isEmpty();
    Json.Obj document = ls.object();
    assertThat(document.text("run")).isEqualTo(run.toString());
    Json.Obj best = (Json.Obj) document.array("checkpoints").items().get(1);
    assertThat(best.text("name")).isEqualTo("checkpoint-100");
    assertThat(best.text("directory")).isEqualTo(run.resolve("checkpoint-100").toString());
    assertThat(best.integer("step")).isEqualTo(100);
    assertThat(best.real("epoch")).isEqualTo(1.0);
    assertThat(best.object("metrics").real("eval_accuracy")).isEqualTo(0.75);
    assertThat(best.integer("size")).isPositive();
    assertThat(Instant.parse(best.text("time"))).isBefore(Instant.now());
    assertThat(best.bool("best")).isTrue();
    assertThat(best.bool("latest")).isFalse();
    assertThat(best.bool("pinned")).isFalse();
    assertThat(best.text("standing")).isEqualTo("committed");
    assertThat(best.find("damage")).isEmpty();
  }

  @Test
  void a_metric_that_is_not_a_number_is_a_string_in_json_and_never_best() throws Exception {
    Path run = temporary.resolve("run");
    Fixture.commit(run, 1, Double.NaN, Instant.now());
    Fixture.commit(run, 2, 0.1, Instant.now());
    Fixture.commit(run, 3, Double.NaN, Instant.now());

    Json.Arr checkpoints = ckpt("ls", "--json", run).object().array("checkpoints");

    Json.Obj first = (Json.Obj) checkpoints.items().get(0);
    Json.Obj second = (Json.Obj) checkpoints.items().get(1);
    assertThat(first.object("metrics").text("eval_accuracy")).isEqualTo("NaN");
    assertThat(first.bool("best")).isFalse();
    assertThat(second.bool("best")).isTrue();
    assertThat(ckpt("ls", run).out()).contains("NaN");
  }

  @Test
  void pinned_unverified_and_damaged_are_said() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.pin(store.list().getFirst());
    }
    Files.delete(run.resolve("checkpoint-100/manifest.json"));
    Files.delete(run.resolve("checkpoint-150/optimizer.pt"));

    Run ls = ckpt("ls", run);

    assertThat(ls.status()).isZero();
    assertThat(ls.out().lines().filter(line -> line.startsWith("checkpoint-50")))
        .singleElement()
        .asString()
        .endsWith("pinned");
    assertThat(ls.out().lines().filter(line -> line.startsWith("checkpoint-100")))
        .singleElement()
        .asString()
        .endsWith("unverified");
    assertThat(ls.out().lines().filter(line -> line.startsWith("checkpoint-150")))
        .singleElement()
        .asString()
        .endsWith("damaged");
    assertThat(ls.out()).contains("optimizer.pt");
    Json.Obj damaged =
        ckpt("ls", "--json", run).object().array("checkpoints").items().stream()
            .map(Json.Obj.class::cast)
            .filter(row -> row.text("standing").equals("damaged"))
            .findFirst()
            .orElseThrow();
    assertThat(damaged.text("name")).isEqualTo("checkpoint-150");
    assertThat(damaged.text("damage")).contains("optimizer.pt");
  }

  @Test
  void an_empty_directory_has_no_checkpoints() throws Exception {
    Run text = ckpt("ls", temporary);
    Run json = ckpt("ls", "--json", temporary);

    assertThat(text).isEqualTo(new Run(0, "", "no checkpoints in " + temporary + "\n"));
    assertThat(json.object().array("checkpoints").items()).isEmpty();
    assertThat(json.err()).isEmpty();
  }

  @Test
  void one_checkpoint_is_not_a_run() throws Exception {
    Path checkpoint = Fixture.run(temporary.resolve("run")).resolve("checkpoint-50");

    assertThat(ckpt("ls", checkpoint))
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt ls: %1$s is one checkpoint, not a run; look into it with: ckpt show %1$s\n"
                    .formatted(checkpoint)));
  }

  @Test
  void a_missing_directory_is_3() {
    Run ls = ckpt("ls", temporary.resolve("nothing"));

    assertThat(ls.status()).isEqualTo(3);
    assertThat(ls.out()).isEmpty();
    assertThat(ls.err())
        .startsWith(
            "ckpt ls: "
                + temporary.resolve("nothing")
                + ": no such file or directory; check the path")
        .hasLineCount(1);
  }

  @Test
  void a_file_is_one_row() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("file"));

    Run ls = ckpt("ls", file);
    Json.Obj json = ckpt("ls", "--json", file).object();

    assertThat(ls.status()).isZero();
    assertThat(ls.out().lines()).hasSize(2);
    assertThat(ls.out())
        .containsPattern("file +format +tensors +parameters +size +age\n")
        .containsPattern(file + " +safetensors file +3 +10 +%d B +".formatted(Files.size(file)));
    assertThat(json.text("file")).isEqualTo(file.toString());
    assertThat(json.text("format")).isEqualTo("safetensors");
    assertThat(json.integer("tensors")).isEqualTo(3);
    assertThat(json.integer("parameters")).isEqualTo(10);
    assertThat(json.integer("size")).isEqualTo(Files.size(file));
  }

  @Test
  void a_file_of_no_known_format_is_refused() throws Exception {
    Path file = Files.writeString(temporary.resolve("file"), "x");

    Run ls = ckpt("ls", "--json", file);

    assertThat(ls.status()).isEqualTo(1);
    assertThat(ls.out()).isEmpty();
    assertThat(ls.err()).contains(file + ": no format of models is known").hasLineCount(1);
  }

  @Test
  void looking_changes_nothing() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Files.createDirectory(run.resolve(".checkpoint-200.tmp-1"));
    List<Path> before = tree(run);

    ckpt("ls", run);

    assertThat(tree(run)).isEqualTo(before);
  }

  private static List<Path> tree(Path directory) throws Exception {
    try (var paths = Files.walk(directory)) {
      return paths.sorted().toList();
    }
  }
}
