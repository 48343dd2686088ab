package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static io.github.checkpoint4j.cli.Run.ckptReading;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.MappedFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictTest {
  private static final Path TINY =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers", "tiny");

  @TempDir static Path temporary;
  private static Path run;

  @BeforeAll
  static void a_run() throws Exception {
    Path data = Files.writeString(temporary.resolve("d.tsv"), "good\tfine film\nbad\tdull film\n");
    run = temporary.resolve("run");
    Run train =
        ckpt(
            "train",
            "classify",
            "--model",
            TINY,
            "--train",
            data,
            "--eval",
            data,
            "--output",
            run,
            "--max-steps",
            "2",
            "--save-steps",
            "1",
            "--batch-size",
            "2",
            "--threads",
            "1");
    assertThat(train.status()).as(train.err()).isZero();
  }

  @Test
  void a_line_a_text_with_label_and_score() {
    Run predict = ckpt("predict", run, "fine", "dull", "--threads", "1");

    assertThat(predict.status()).as(predict.err()).isZero();
    assertThat(predict.out().lines())
        .hasSize(2)
        .allMatch(line -> line.matches("(good|bad)\t0\\.\\d{4}\t(fine|dull)"));
    assertThat(predict.err()).startsWith("using " + run + "/checkpoint-").hasLineCount(1);
  }

  @Test
  void the_checkpoint_used_is_the_one_that_ls_calls_best() throws Exception {
    Json.Obj best =
        ckpt("ls", "--json", run).object().array("checkpoints").items().stream()
            .map(Json.Obj.class::cast)
            .filter(row -> row.bool("best"))
            .findFirst()
            .orElseThrow();

    Run predict = ckpt("predict", run, "x", "--threads", "1");

    assertThat(predict.err()).isEqualTo("using " + best.text("directory") + "\n");
  }

  @Test
  void json_is_an_array_with_all_scores() throws Exception {
    Run predict = ckpt("predict", "--json", run.resolve("checkpoint-1"), "fine", "--threads", "1");

    Json.Obj row = (Json.Obj) ((Json.Arr) predict.json()).items().getFirst();
    assertThat(predict.err()).isEmpty();
    assertThat(row.text("text")).isEqualTo("fine");
    assertThat(row.object("scores").members().keySet()).containsExactly("bad", "good");
    assertThat(row.real("score")).isEqualTo(row.object("scores").real(row.text("label")));
    assertThat(row.object("scores").real("good") + row.object("scores").real("bad"))
        .isBetween(0.9999, 1.0001);
  }

  @Test
  void without_a_text_each_line_of_standard_input_is_one() {
    Run predict = ckptReading("fine\ndull\nok\n", "predict", run, "--threads", "1");

    assertThat(predict.out().lines().map(line -> line.split("\t", -1)[2]).toList())
        .isEqualTo(List.of("fine", "dull", "ok"));
  }

  @Test
  void without_a_run_it_says_how_to_make_one() {
    Run predict = ckpt("predict", "some text");

    assertThat(predict.status()).isEqualTo(2);
    assertThat(predict.err())
        .isEqualTo(
            "ckpt predict: 'some text' is no directory, and there is no run in runs/classify; train"
                + " one with ckpt train classify, or give the directory of one\n");
  }

  @Test
  void a_model_without_a_trained_head_is_refused() throws Exception {
    Path headless = Files.createDirectory(temporary.resolve("headless"));
    for (String name : List.of("config.json", "tokenizer.json", "vocab.txt")) {
      if (Files.exists(TINY.resolve(name))) {
        Files.copy(TINY.resolve(name), headless.resolve(name));
      }
    }
    Path without = headless.resolve("model.safetensors");
    try (var file = MappedFile.open(TINY.resolve("model.safetensors"))) {
      var tensors = new LinkedHashMap<>(SafeTensors.parse(file.bytes(), "tiny").tensors());
      tensors.keySet().removeIf(name -> name.startsWith("classifier"));
      Fixture.write(without, SafeTensors.write(StateDict.of(tensors), Map.of()));
    }

    Run predict = ckpt("predict", headless, "x", "--threads", "1");

    assertThat(predict.status()).isEqualTo(1);
    assertThat(predict.err())
        .contains("has no trained classifier", "classifier.weight", "ckpt train classify --model")
        .hasLineCount(1);
  }

  @Test
  void an_empty_directory_is_refused() throws Exception {
    Path empty = Files.createDirectory(temporary.resolve("empty"));

    Run predict = ckpt("predict", empty, "x");

    assertThat(predict.status()).isIn(1, 3);
    assertThat(predict.out()).isEmpty();
    assertThat(predict.err()).startsWith("ckpt predict: ").hasLineCount(1);
  }
}
