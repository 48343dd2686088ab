package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starting from the weights of others, with three labels over a model of two. */
class TransferLearningTest {
  private static final Path TINY =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers", "tiny");

  @TempDir Path temporary;
  private Path data;
  private Path run;

  @BeforeEach
  void texts() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 24; i++) {
      lines.append(i % 3).append('\t').append(i % 3 == 0 ? "bad " : "good ").append(i).append('\n');
    }
    data = Files.writeString(temporary.resolve("data.tsv"), lines);
    run = temporary.resolve("run");
  }

  private Run train(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("train", "classify", "--train", data, "--output", run, "--batch-size", "8"));
    words.addAll(List.of("--threads", "1", "--save-steps", "2"));
    words.addAll(List.of(more));
    return ckpt(words.toArray());
  }

  /** The tiny model in a file, with these names for its weights. */
  private Path lone(String prefix) throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("lone"));
    for (String file : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(TINY.resolve(file), folder.resolve(file));
    }
    try (Checkpoint checkpoint = Checkpoint.open(TINY)) {
      Map<String, Value> renamed = new LinkedHashMap<>();
      checkpoint
          .state("model")
          .entries()
          .forEach((name, tensor) -> renamed.put(prefix + name, tensor));
      return Fixture.write(
          folder.resolve("weights.pt"), PyTorch.write(StateDict.of(renamed), "weights"));
    }
  }

  @Test
  void a_head_of_other_labels_is_an_error_that_names_the_option() {
    Run train = train("--model", TINY, "--max-steps", "2");

    assertThat(train.status()).isEqualTo(1);
    assertThat(train.err())
        .isEqualTo(
            "ckpt train classify: "
                + TINY.resolve("model.safetensors")
                + " does not fit the model, which was not changed; 2 different: classifier.bias"
                + " (expected F32[3], found F32[2]), classifier.weight (expected F32[3, 32], found"
                + " F32[2, 32]); load it into a model of these shapes, or pass them over with"
                + " --ignore-mismatched\n");
  }

  @Test
  void a_head_of_other_labels_is_drawn_anew_and_that_is_said() {
    Run train = train("--model", TINY, "--max-steps", "1", "--ignore-mismatched");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err())
        .startsWith(
            TINY
                + ": 39 of 41 loaded\n"
                + "  2 mismatched: classifier.bias (expected F32[3], found F32[2]),"
                + " classifier.weight (expected F32[3, 32], found F32[2, 32])\n"
                + "  what is not loaded is drawn at random, from seed 42\n");
  }

  @Test
  void a_prefix_is_told_with_the_option_that_takes_it_off_and_that_option_does() throws Exception {
    Path file = lone("module._orig_mod.");
    Run without = train("--model", file, "--max-steps", "1");

    assertThat(without.status()).isEqualTo(1);
    assertThat(without.err())
        .isEqualTo(
            "ckpt train classify: "
                + file
                + ": none of its 41 entries is one of the model's 41 parameters and buffers; 41 are"
                + " with --rename 'module._orig_mod.='\n");

    Run with =
        train(
            "--model",
            file,
            "--max-steps",
            "1",
            "--ignore-mismatched",
            "--rename",
            "module._orig_mod.=",
            "--rename",
            "regex:^nothing(.*)=$1");
    assertThat(with.status()).as(with.err()).isZero();
    assertThat(with.err())
        .contains(file + ": 39 of 41 loaded\n")
        .contains("  1 of the rules without use: --rename 'regex:^nothing(.*)=$1'\n");
  }

  @Test
  void a_file_that_holds_no_weights_is_refused() {
    Run train = train("--model", data, "--max-steps", "1");

    assertThat(train.status()).isEqualTo(3);
    assertThat(train.err())
        .isEqualTo(
            "ckpt train classify: %s/config.json: there is none beside the weights; put that of the model there\n"
                .formatted(temporary));
  }

  @Test
  void frozen_layers_and_rates_are_those_of_the_run_when_it_goes_on() throws Exception {
    Run first =
        train(
            "--model",
            TINY,
            "--max-steps",
            "2",
            "--ignore-mismatched",
            "--freeze",
            "bert.embeddings.*",
            "--freeze",
            "regex:.*\\.layer\\.0\\..*",
            "--layer-decay",
            "0.9",
            "--learning-rate-of",
            "classifier.*=1e-3");
    assertThat(first.status()).as(first.err()).isZero();
    assertThat(first.err())
        .contains("21 of 41 parameters are frozen; 9,699 of 26,819 weights are trained\n");

    Run on = train("--max-steps", "4");

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err())
        .startsWith("resumed from checkpoint-2")
        .contains("max_steps 2 -> 4 (applied)")
        .doesNotContain("learning_rate");
    try (Checkpoint two = Checkpoint.open(run.resolve("checkpoint-2"));
        Checkpoint four = Checkpoint.open(run.resolve("checkpoint-4"));
        Checkpoint tiny = Checkpoint.open(TINY)) {
      for (String name : two.state("model").names()) {
        boolean frozen = name.startsWith("bert.embeddings.") || name.contains(".layer.0.");
        assertThat(four.state("model").tensor(name).hasSameBytes(two.state("model").tensor(name)))
            .as(name)
            .isEqualTo(frozen);
        if (frozen) {
          assertThat(
                  four.state("model").tensor(name).hasSameBytes(tiny.state("model").tensor(name)))
              .as(name)
              .isTrue();
        }
      }
      var groups = (Value.Items) four.state("optimizer").get("param_groups");
      assertThat(groups.values().stream().map(group -> ((StateDict) group).real("initial_lr")))
          .containsExactly(5e-5, 5e-5, 1e-3, 1e-3, 4.5e-5, 4.5e-5);
      assertThat(four.json(TrainingTask.FILE).toText())
          .contains(
              "\"rename\":[],\"ignore_mismatched\":true,\"freeze\":[\"bert.embeddings.*\","
                  + "\"regex:.*\\\\.layer\\\\.0\\\\..*\"],\"layer_decay\":0.9,"
                  + "\"learning_rate_of\":[\"classifier.*=1e-3\"]");
    }
  }

  @Test
  void other_frozen_layers_are_refused_with_the_reason() {
    train("--model", TINY, "--max-steps", "2", "--ignore-mismatched");

    Run on = train("--max-steps", "4", "--freeze", "bert.pooler.*");

    assertThat(on.status()).isEqualTo(2);
    assertThat(on.err())
        .isEqualTo(
            "ckpt train classify: other parameters are trained than when checkpoint-2 was saved,"
                + " and the optimizer has no state for them: 2 frozen now, but not then:"
                + " bert.pooler.dense.weight, bert.pooler.dense.bias. Freeze the same again, or"
                + " begin a new run from its weights in another output directory, with"
                + " --model CHECKPOINT --output DIRECTORY\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--freeze | nothing.* | nothing is frozen by 'nothing.*': none of the 41 parameters has",
        "--freeze | * | all 41 parameters would be frozen, by [*], and nothing trained",
        "--freeze | regex:( | '(' is not a regular expression: Unclosed group at character 1",
        "--layer-decay | 0 | layer decay 0.0: expected a number above 0 and at most 1",
        "--learning-rate-of | x=1 | the learning rate of 'x' is for nothing: none of the 41",
        "--learning-rate-of | x | --learning-rate-of is 'x'; give PATTERN=X, for instance",
        "--learning-rate-of | x=y | --learning-rate-of is 'x=y'; give PATTERN=X, for instance",
        "--learning-rate-of | x=-1 | learning rate -1.0: expected a number from 0 up",
        "--rename | module. | --rename is 'module.'; give FROM=TO, for instance module.= to take",
        "--rename | regex:a=$1 | '$1' cannot replace 'a', which has 0 groups: No group 1; write a"
            + " dollar as \\$",
      })
  void what_cannot_be_is_a_usage_error(String option, String value, String message) {
    Run train = train("--model", TINY, "--max-steps", "2", "--ignore-mismatched", option, value);

    assertThat(train.status()).as(train.err()).isEqualTo(2);
    assertThat(train.err().lines().toList().getLast())
        .startsWith("ckpt train classify: " + message);
    assertThat(run).doesNotExist();
  }

  @Test
  void it_is_read_from_a_checkpoint_as_it_was_written() {
    var transfer =
        new TransferLearning(
            List.of("a=b", "regex:c=d"),
            true,
            List.of("x*"),
            OptionalDouble.of(0.75),
            List.of("y=1"));
    for (TransferLearning one : List.of(transfer, TransferLearning.NONE)) {
      Json.Builder json = Json.object();
      one.addTo(json);
      assertThat(TransferLearning.in(json.build())).isEqualTo(one);
    }
    assertThat(TransferLearning.in(Json.object().build())).isEqualTo(TransferLearning.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "rename, 1, member 'rename' should be an array",
    "freeze, [1], member 'freeze' should hold strings and holds 1",
    "learning_rate_of, true, member 'learning_rate_of' should be an array",
    "ignore_mismatched, 1, member 'ignore_mismatched' should be true or false",
    "layer_decay, true, member 'layer_decay' should be a number",
  })
  void a_record_of_another_kind_is_damaged(String name, String value, String message)
      throws Exception {
    train("--model", TINY, "--max-steps", "2", "--ignore-mismatched");
    Path task = run.resolve("checkpoint-2").resolve(TrainingTask.FILE);
    String text = Files.readString(task);
    Files.writeString(
        task, text.replaceFirst("\"" + name + "\": [^,]*?(?=,?\n)", "\"" + name + "\": " + value));

    // With its manifest the checkpoint would be damaged for another reason.
    Files.delete(run.resolve("checkpoint-2/manifest.json"));
    Run on = train("--max-steps", "4");

    assertThat(on.status()).isEqualTo(1);
    assertThat(on.err()).startsWith("ckpt train classify: " + task + ": ").contains(message);
  }
}
