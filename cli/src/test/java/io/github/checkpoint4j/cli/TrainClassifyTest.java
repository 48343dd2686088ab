package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on a BERT of two small layers. */
class TrainClassifyTest {
  private static final Path TINY =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers", "tiny");

  @TempDir Path temporary;
  private Path data;
  private Path run;

  @BeforeEach
  void texts() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 24; i++) {
      lines.append(i % 2).append('\t').append(i % 2 == 0 ? "bad " : "good ").append(i).append('\n');
    }
    data = Files.writeString(temporary.resolve("data.tsv"), lines);
    run = temporary.resolve("a run");
  }

  @Test
  void trains_evaluates_saves_and_loads_the_best() throws Exception {
    Run train = train("--max-steps", "4", "--save-steps", "2", "--eval", data);

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.out()).isEmpty();
    assertThat(train.err())
        .contains("41 loaded", "step 4: eval_accuracy", "saved checkpoint-2", "saved checkpoint-4")
        .contains("loaded the best model, of checkpoint-")
        .contains(run + " is complete, 4 steps; best: checkpoint-")
        .doesNotContain("\r", "\u001b");
    assertThat(run.resolve("checkpoint-4"))
        .isDirectoryContaining("glob:**/model.safetensors")
        .isDirectoryContaining("glob:**/optimizer.pt")
        .isDirectoryContaining("glob:**/tokenizer.json")
        .isDirectoryContaining("glob:**/ckpt_task.json");
    assertThat(ckpt("verify", run).status()).isZero();
    assertThat(ckpt("ls", run).out()).contains("eval_accuracy", "best", "latest");
  }

  @Test
  void the_same_command_again_says_that_it_is_complete_and_changes_nothing() throws Exception {
    train("--max-steps", "2", "--save-steps", "2");
    String manifest = Files.readString(run.resolve("checkpoint-2/manifest.json"));

    Run again = train("--max-steps", "2", "--save-steps", "2");

    assertThat(again.status()).isZero();
    assertThat(again.err()).startsWith(run + " is complete, 2 steps").hasLineCount(1);
    assertThat(run.resolve("checkpoint-2/manifest.json")).hasContent(manifest);
  }

  @Test
  void a_greater_number_of_steps_goes_on_and_options_not_given_are_those_of_the_run()
      throws Exception {
    train("--max-steps", "2", "--save-steps", "2", "--learning-rate", "1e-3", "--max-length", "16");

    Run on = ckpt("train", "classify", "--output", run, "--max-steps", "4", "--threads", "1");

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err())
        .contains("resumed from checkpoint-2")
        .contains("max_steps 2 -> 4 (applied)")
        .doesNotContain("learning_rate 0.001 ->", "max_length", "model");
    assertThat(run.resolve("checkpoint-4")).isDirectory();
    assertThat(Files.readString(run.resolve("checkpoint-4/ckpt_task.json")))
        .contains("\"max_length\": 16");
  }

  @Test
  void an_option_given_with_another_value_is_applied_and_reported() throws Exception {
    train("--max-steps", "2", "--save-steps", "2");

    Run on =
        train("--max-steps", "3", "--learning-rate", "0.002", "--max-length", "8", "--eval", data);

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err())
        .contains("learning_rate 5e-05 -> 0.002 (applied)")
        .contains("max_length 64 -> 8 (applied)")
        .contains("eval \"\" -> \"" + data + "\" (applied)");
  }

  @Test
  void saving_while_training_goes_on_is_an_option_of_the_run() throws Exception {
    Run train = train("--max-steps", "4", "--save-steps", "2", "--eval", data, "--async-save");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err())
        .containsSubsequence(
            "saved checkpoint-2", "saved checkpoint-4", "loaded the best model, of checkpoint-");
    assertThat(ckpt("verify", run).status()).isZero();
    assertThat(saved("checkpoint-4", "async_save")).isEqualTo("true");

    assertThat(train("--max-steps", "6").err()).doesNotContain("async_save");
    assertThat(saved("checkpoint-6", "async_save")).isEqualTo("true");
    assertThat(train("--max-steps", "8", "--no-async-save").err())
        .contains("async_save true -> false (applied)");
    assertThat(saved("checkpoint-8", "async_save")).isEqualTo("false");
  }

  @Test
  void layers_that_run_twice_are_an_option_of_the_run_and_change_no_bit() throws Exception {
    assertThat(train("--max-steps", "4", "--save-steps", "2").status()).isZero();
    byte[] weights = Files.readAllBytes(run.resolve("checkpoint-4/model.safetensors"));
    run = temporary.resolve("another run");

    Run train = train("--max-steps", "4", "--save-steps", "2", "--gradient-checkpointing");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(run.resolve("checkpoint-4/model.safetensors")).hasBinaryContent(weights);
    assertThat(saved("checkpoint-4", "gradient_checkpointing")).isEqualTo("true");
    assertThat(train("--max-steps", "6").err()).doesNotContain("gradient_checkpointing");
    assertThat(saved("checkpoint-6", "gradient_checkpointing")).isEqualTo("true");
    assertThat(train("--max-steps", "8", "--no-gradient-checkpointing").err())
        .contains("gradient_checkpointing true -> false (applied)");
  }

  @Test
  void a_device_that_is_not_there_is_a_usage_error_and_the_cpu_is_the_default() {
    Run unknown = train("--max-steps", "2", "--device", "gpu");
    assertThat(unknown.status()).isEqualTo(2);
    assertThat(unknown.err())
        .isEqualTo(
            "ckpt train classify: device 'gpu'; expected cpu, cuda, or cuda:N with the index of a"
                + " GPU from 0\n");

    Run absent = train("--max-steps", "2", "--device", "cuda:1");
    assertThat(absent.status()).isEqualTo(2);
    assertThat(absent.err())
        .startsWith("ckpt train classify: device cuda:1: the libtorch on the class path is built")
        .hasLineCount(1);
    assertThat(run).doesNotExist();

    assertThat(train("--max-steps", "2", "--device", "cpu").status()).isZero();
  }

  private String saved(String checkpoint, String argument) throws IOException {
    return Files.readString(run.resolve(checkpoint).resolve("training_args.json"))
        .replaceFirst("(?s).*\"" + argument + "\": ([a-z0-9.]+).*", "$1");
  }

  @Test
  void json_is_one_document_at_the_end() throws Exception {
    Run train = train("--max-steps", "2", "--save-steps", "2", "--eval", data, "--json");

    Json.Obj document = train.object();
    assertThat(document.text("run")).isEqualTo(run.toString());
    assertThat(document.object("best").integer("step")).isEqualTo(2);
    assertThat(document.object("latest").integer("step")).isEqualTo(2);
  }

  @Test
  void resume_never_refuses_a_run_that_is_there() throws Exception {
    train("--max-steps", "2", "--save-steps", "2");

    Run never = train("--max-steps", "2", "--resume", "never");

    assertThat(never.status()).isEqualTo(2);
    assertThat(lastLine(never.err()))
        .startsWith("ckpt train classify: " + run + " has checkpoints already")
        .contains("--resume auto")
        .doesNotContain("resumeFromCheckpoint");
  }

  @Test
  void resume_of_a_checkpoint_goes_back_to_it() throws Exception {
    train("--max-steps", "4", "--save-steps", "2");

    Run back = train("--max-steps", "4", "--resume", run.resolve("checkpoint-2"));

    assertThat(back.status()).as(back.err()).isZero();
    assertThat(back.err()).contains("resumed from checkpoint-2", "saved checkpoint-4");
  }

  @Test
  void a_checkpoint_that_is_not_there_is_3() {
    Run train = train("--resume", temporary.resolve("nothing"));

    assertThat(train.status()).isEqualTo(3);
    assertThat(train.err()).contains("nothing: no such file or directory").hasLineCount(1);
  }

  @Test
  void another_batch_size_cannot_go_on_in_the_middle_of_an_epoch() throws Exception {
    train("--max-steps", "2", "--save-steps", "2");

    Run on = train("--max-steps", "4", "--batch-size", "4");

    assertThat(on.status()).isEqualTo(2);
    assertThat(lastLine(on.err()))
        .startsWith("ckpt train classify: --batch-size is 4 and was 8 when checkpoint-2 was saved")
        .contains("another output directory");
  }

  @Test
  void a_malformed_line_is_named_with_file_and_number() throws Exception {
    Files.writeString(data, "1\tfine\nno tab here\n");

    Run train = train("--max-steps", "2");

    assertThat(train.status()).isEqualTo(1);
    assertThat(train.err())
        .isEqualTo(
            "ckpt train classify: %s:2: no tab in 'no tab here'; each line has to be LABEL, a tab, TEXT\n"
                .formatted(data));
    assertThat(run).doesNotExist();
  }

  @Test
  void a_missing_file_is_3() {
    Run train = ckpt("train", "classify", "--train", temporary.resolve("no.tsv"), "--output", run);

    assertThat(train.status()).isEqualTo(3);
    assertThat(train.err())
        .isEqualTo(
            "ckpt train classify: %s/no.tsv: no such file or directory; check the path\n"
                .formatted(temporary));
  }

  @Test
  void a_second_trainer_in_the_same_directory_is_refused() throws Exception {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.list()).isEmpty();

      Run train = train("--max-steps", "2");

      assertThat(train.status()).isEqualTo(1);
      assertThat(lastLine(train.err()))
          .startsWith("ckpt train classify: ")
          .contains(run.toString());
    }
  }

  @Test
  void an_output_that_is_a_file_is_3() throws Exception {
    Files.writeString(run, "x");

    Run train = train("--max-steps", "2");

    assertThat(train.status()).isEqualTo(3);
    assertThat(lastLine(train.err())).startsWith("ckpt train classify: ").contains(run.toString());
  }

  @Test
  void numbers_out_of_range_are_usage_errors_in_words_of_options() {
    assertThat(train("--max-steps", "0").err()).contains("--max-steps is 0");
    assertThat(train("--batch-size", "0").err()).contains("--batch-size");
    assertThat(train("--learning-rate", "-1").err()).contains("--learning-rate is -1.0");
    assertThat(train("--save-total-limit", "0").err()).contains("--save-total-limit");
    assertThat(train("--threads", "0").err()).contains("--threads is 0; 1 is the least");
    assertThat(train("--max-steps", "x").status()).isEqualTo(2);
    assertThat(train("--max-steps", "0").status()).isEqualTo(2);
    assertThat(run).doesNotExist();
  }

  @Test
  void a_metric_that_there_is_not_is_told_before_the_training() {
    Run train = train("--eval", data, "--metric", "rouge");

    assertThat(train.status()).isEqualTo(2);
    assertThat(train.err())
        .isEqualTo(
            "ckpt train classify: --metric is 'rouge'; there are accuracy, f1,"
                + " matthews_correlation, loss\n");
    assertThat(run).doesNotExist();
  }

  @Test
  void a_metric_without_evaluation_data_is_a_usage_error() {
    Run train = train("--metric", "f1");

    assertThat(train.status()).isEqualTo(2);
    assertThat(train.err()).contains("give it with --eval");
  }

  @Test
  void the_best_of_a_run_can_be_trained_further_as_a_model() throws Exception {
    train("--max-steps", "2", "--save-steps", "2", "--eval", data);
    Path second = temporary.resolve("second");

    Run train =
        ckpt(
            "train",
            "classify",
            "--model",
            run,
            "--train",
            data,
            "--output",
            second,
            "--max-steps",
            "1",
            "--save-steps",
            "1",
            "--batch-size",
            "8",
            "--threads",
            "1");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err()).contains("41 loaded\n");
  }

  @Test
  void no_task_is_a_usage_error() {
    assertThat(ckpt("train"))
        .isEqualTo(new Run(2, "", "ckpt train: Missing task; see ckpt train --help\n"));
  }

  @Test
  void the_built_in_reviews_are_all_there() throws Exception {
    assertThat(Reviews.training()).hasSize(9600);
    assertThat(Reviews.evaluation()).hasSize(1005);
    assertThat(Reviews.evaluation().getFirst().label()).isEqualTo(1);
  }

  private Run train(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "train",
                "classify",
                "--model",
                TINY,
                "--train",
                data,
                "--output",
                run,
                "--batch-size",
                "8",
                "--threads",
                "1"));
    if (Arrays.asList(more).contains("--batch-size")) {
      words.subList(8, 10).clear();
    }
    if (Arrays.asList(more).contains("--threads")) {
      words.subList(words.size() - 2, words.size()).clear();
    }
    words.addAll(List.of(more));
    return ckpt(words.toArray());
  }

  private static String lastLine(String text) {
    return text.lines().toList().getLast();
  }
}
