package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the Trainer takes over from a checkpoint of Python's, and what it says of it. */
class ForeignCheckpointTest {
  private static final Path GOLDEN = Path.of(System.getProperty("checkpoint4j.root"), "golden");

  @TempDir private Path folder;
  private Path checkpoint;
  private final List<Resumption> resumptions = new ArrayList<>();

  @BeforeEach
  void copy_a_checkpoint_of_python() throws IOException {
    checkpoint = folder.resolve("theirs/checkpoint-6");
    Files.createDirectories(checkpoint);
    try (Stream<Path> files = Files.list(GOLDEN.resolve("trainer/steps/checkpoint-6"))) {
      for (Path file : files.toList()) {
        Files.copy(file, checkpoint.resolve(file.getFileName()));
      }
    }
  }

  /** The arguments of the run that saved the checkpoint. */
  private TrainingArgumentsBuilder arguments() throws IOException {
    return new GoldenRun("steps")
        .arguments(folder.resolve("ours"))
        .resumeFromCheckpoint(ResumeFrom.checkpoint(checkpoint));
  }

  private void arguments(String... namesAndValues) throws IOException {
    Map<String, Json> saved =
        new LinkedHashMap<>(Hyperparameters.of(arguments().build()).members());
    saved.put("logging_nan_inf_filter", Json.of(false));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      saved.put(namesAndValues[i], GoldenRun.json(namesAndValues[i + 1]));
    }
    Files.writeString(
        checkpoint.resolve("training_args.json"), Json.object(saved).toIndentedText());
  }

  private Trainer<Classifier.Example> train(
      TrainingArgumentsBuilder arguments, TrainerCallback... callbacks) throws IOException {
    Trainer.Builder<Classifier.Example> builder =
        new GoldenRun("steps")
            .builder(arguments.build())
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onResume(
                      TrainingArguments arguments,
                      TrainerState state,
                      TrainerControl control,
                      Resumption resumption) {
                    resumptions.add(resumption);
                  }
                });
    Stream.of(callbacks).forEach(builder::callback);
    Trainer<Classifier.Example> trainer = builder.build();
    trainer.train();
    return trainer;
  }

  private List<String> changes() {
    return resumptions.getLast().changes().stream().map(Resumption.Change::toString).toList();
  }

  @Test
  void with_the_same_arguments_nothing_is_reported() throws IOException {
    arguments();

    train(arguments());

    assertThat(changes()).isEmpty();
  }

  @Test
  void changed_arguments_are_reported_as_those_of_a_run_from_here() throws IOException {
    arguments(
        "num_train_epochs",
        "7",
        "max_grad_norm",
        "5.0",
        "logging_steps",
        "2.0",
        "seed",
        "9",
        "eval_strategy",
        "\"epoch\"");

    train(arguments());

    assertThat(changes())
        .containsExactly(
            "num_train_epochs 7 -> 2.0 (applied)",
            "max_grad_norm 5.0 -> 1.0 (applied)",
            "eval_strategy \"epoch\" -> \"steps\" (applied)",
            "seed 9 -> 42 (kept as in the checkpoint)");
  }

  @Test
  void the_batch_size_of_all_devices_is_the_one_that_counts() throws IOException {
    arguments("per_device_train_batch_size", "4");

    train(arguments());

    assertThat(changes()).isEmpty();
    Path state = checkpoint.resolve("trainer_state.json");
    Files.writeString(
        state,
        Files.readString(state).replace("\"train_batch_size\": 8", "\"train_batch_size\": 4"));
    assertThatThrownBy(() -> train(arguments().outputDir(folder.resolve("others"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("per_device_train_batch_size is 8 and was 4 when checkpoint-6");
  }

  @Test
  void names_of_older_versions_are_compared_under_those_of_today() throws IOException {
    arguments("evaluation_strategy", "\"steps\"", "warmup_ratio", "0.2", "warmup_steps", "0");

    train(arguments());

    assertThat(changes()).containsExactly("warmup_steps 0.2 -> 2 (applied)");
  }

  @Test
  void the_order_of_the_data_stays_that_of_the_seed_in_the_checkpoint() throws IOException {
    arguments("seed", "9", "data_seed", "42");

    Trainer<Classifier.Example> trainer = train(arguments().seed(3).dataSeed(1));

    GoldenRun.assertSameHistory(
        trainer.state().logHistory(), new GoldenRun("steps").logHistory(), "train_loss");
    assertThat(changes())
        .containsExactly(
            "seed 9 -> 3 (kept as in the checkpoint)",
            "data_seed 42 -> 1 (kept as in the checkpoint)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gradient_accumulation_steps | 2 | gradient_accumulation_steps is 1 and was 2 when",
        "dataloader_drop_last | true | dataloader_drop_last is false and was true when",
        "optim | \"sgd\" | optim is \"adamw_torch\" and was \"sgd\" when",
        "group_by_length | true | train_sampling_strategy is \"random\" and was"
            + " \"group_by_length\" when",
      })
  void what_the_place_in_the_data_depends_on_cannot_change(
      String name, String saved, String message) throws IOException {
    arguments(name, saved);

    assertThatThrownBy(() -> train(arguments()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message + " checkpoint-6 was saved: the run could not go on");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "optim | \"adafactor\" | optim | \"adafactor\"",
        "adafactor | true | optim | \"adafactor\"",
        "train_sampling_strategy | \"batch_rebalance\" | train_sampling_strategy"
            + " | \"batch_rebalance\"",
        "deepspeed | {\"stage\": 3} | deepspeed | {\"stage\":3}",
        "fsdp | [\"full_shard\"] | fsdp | [\"full_shard\"]",
        "optim_args | \"a=1\" | optim_args | \"a=1\"",
      })
  void a_run_whose_state_is_of_another_kind_is_refused(
      String name, String saved, String today, String value) throws IOException {
    arguments(name, saved);

    assertThatThrownBy(() -> train(arguments()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            ("%s was %s when checkpoint-6 was saved, which is not supported, and the run could not"
                    + " go on as it was: begin a new run from its weights in another output"
                    + " directory")
                .formatted(today, value));
  }

  @Test
  void what_the_run_goes_on_without_is_reported() throws IOException {
    arguments(
        "fp16",
        "true",
        "bf16_full_eval",
        "true",
        "report_to",
        "[]",
        "lr_scheduler_kwargs",
        "{}",
        "neftune_noise_alpha",
        "null",
        "group_by_length",
        "false");

    train(arguments());

    assertThat(changes())
        .containsExactly(
            "bf16_full_eval true is not supported (the run goes on without)",
            "fp16 true is not supported (the run goes on without)");
  }

  @Test
  void how_the_loss_was_computed_is_taken_over_or_reported() throws IOException {
    arguments("label_smoothing_factor", "0.1", "bf16", "true");
    try (Checkpoint opened = Checkpoint.open(checkpoint)) {
      TrainingArguments taken = arguments().set(SavedArguments.in(opened).supported()).build();
      assertThat(taken.labelSmoothingFactor()).isEqualTo(0.1);
      assertThat(taken.bf16()).isTrue();
    }

    train(arguments());

    assertThat(changes())
        .containsExactly(
            "label_smoothing_factor 0.1 -> 0.0 (applied)", "bf16 true -> false (applied)");
  }

  @Test
  void gradient_checkpointing_is_compared_and_its_details_reported_if_they_change_numbers()
      throws IOException {
    arguments(
        "activation_checkpointing",
        "true",
        "activation_checkpointing_kwargs",
        "{\"preserve_rng_state\":false,\"use_reentrant\":true}");

    train(arguments().gradientCheckpointing(true));
    assertThat(changes())
        .containsExactly(
            "gradient_checkpointing_kwargs {\"preserve_rng_state\":false,\"use_reentrant\":true}"
                + " is not supported (the run goes on without)");

    train(arguments().outputDir(folder.resolve("other")));
    assertThat(changes()).contains("gradient_checkpointing true -> false (applied)");
  }

  @Test
  void arguments_that_python_pickled_are_compared() throws IOException {
    Files.copy(
        GOLDEN.resolve("pytorch/training_args.bin"), checkpoint.resolve("training_args.bin"));

    train(arguments());

    assertThat(changes())
        .contains(
            "lr_scheduler_type \"cosine_with_min_lr\" -> \"linear\" (applied)",
            "eval_steps 10 -> 3 (applied)",
            "seed 7 -> 42 (kept as in the checkpoint)",
            "report_to [\"tensorboard\",\"wandb\"] is not supported (the run goes on without)",
            "lr_scheduler_kwargs {\"min_lr\":1e-05,\"cycles\":[1,2.5,null]} is not supported (the"
                + " run goes on without)");
  }

  @Test
  void arguments_that_cannot_be_read_are_reported_and_not_in_the_way() throws IOException {
    Files.copy(checkpoint.resolve("scheduler.pt"), checkpoint.resolve("training_args.bin"));

    train(arguments());

    assertThat(changes())
        .containsExactly(
            "training_args.bin \"%s/training_args.bin: data.pkl: expected the training arguments of"
                    .formatted(checkpoint)
                + " transformers and found a dict; read state with PyTorch.read\" is not supported"
                + " (the run goes on without)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"optimizer.pt", "scheduler.pt", "rng_state.pth"})
  void a_missing_part_is_an_error_that_names_it_and_a_way_out(String file) throws IOException {
    Files.delete(checkpoint.resolve(file));

    assertThatThrownBy(() -> train(arguments()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            ("%s has no %s, without which the run cannot go on as it was: go on from another"
                    + " checkpoint, or begin a new run from its weights in another output directory")
                .formatted(checkpoint, file));
  }

  @Test
  void several_missing_parts_are_named() throws IOException {
    Files.delete(checkpoint.resolve("optimizer.pt"));
    Files.delete(checkpoint.resolve("scheduler.pt"));

    assertThatThrownBy(() -> train(arguments()))
        .hasMessageStartingWith(checkpoint + " has no optimizer.pt and no scheduler.pt, without");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_run_in_several_processes_is_refused(boolean asked) throws IOException {
    Files.move(checkpoint.resolve("rng_state.pth"), checkpoint.resolve("rng_state_0.pth"));
    Files.copy(checkpoint.resolve("rng_state_0.pth"), checkpoint.resolve("rng_state_1.pth"));
    TrainingArgumentsBuilder arguments =
        asked
            ? arguments()
            : arguments()
                .outputDir(folder.resolve("theirs"))
                .resumeFromCheckpoint(ResumeFrom.auto());

    assertThatThrownBy(() -> train(arguments))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            ("%s has rng_state_0.pth, so it is of a run in several processes, which one process"
                    + " cannot go on with: begin a new run from its weights in another output"
                    + " directory")
                .formatted(checkpoint));
  }

  @Test
  void a_run_none_of_whose_checkpoints_has_all_parts_names_them() throws IOException {
    Path older = folder.resolve("theirs/checkpoint-5");
    Files.createDirectories(older);
    Files.writeString(older.resolve("model.safetensors"), "x");
    Files.delete(checkpoint.resolve("optimizer.pt"));

    assertThatThrownBy(
            () ->
                train(
                    arguments()
                        .outputDir(folder.resolve("theirs"))
                        .resumeFromCheckpoint(ResumeFrom.auto())))
        .hasMessageContaining("has no optimizer (optimizer.pt); its files are");
  }

  @Test
  void other_files_are_passed_on_as_they_are_from_checkpoint_to_checkpoint() throws IOException {
    List<String> names =
        List.of(
            "vocab.txt",
            "vocab.json",
            "merges.txt",
            "special_tokens_map.json",
            "added_tokens.json",
            "generation_config.json",
            "chat_template.jinja",
            "config.json",
            "spiece.model",
            "LICENSE");
    for (String name : names) {
      Files.writeString(checkpoint.resolve(name), "{ \"of\":\t\"" + name + "\" }\r\n");
    }
    Files.write(
        checkpoint.resolve("scaler.pt"), Files.readAllBytes(checkpoint.resolve("scheduler.pt")));
    Files.copy(
        GOLDEN.resolve("pytorch/training_args.bin"), checkpoint.resolve("training_args.bin"));

    train(arguments());
    assertThat(changes())
        .contains(
            "scaler.pt \"%d bytes\" is not supported (the run goes on without)"
                .formatted(Files.size(checkpoint.resolve("scaler.pt"))));
    train(arguments().numTrainEpochs(3).resumeFromCheckpoint(ResumeFrom.newest()));

    for (String step : List.of("9", "10", "12", "15")) {
      Path later = folder.resolve("ours/checkpoint-" + step);
      for (String name : names) {
        assertThat(later.resolve(name)).hasSameBinaryContentAs(checkpoint.resolve(name));
      }
      assertThat(later.resolve("scaler.pt")).doesNotExist();
      assertThat(later.resolve("training_args.bin")).doesNotExist();
    }
  }

  @Test
  void the_state_of_a_callback_that_is_not_here_is_passed_on_and_reported() throws IOException {
    Path state = checkpoint.resolve("trainer_state.json");
    Files.writeString(
        state,
        Files.readString(state)
            .replace(
                "\"stateful_callbacks\": {",
                "\"stateful_callbacks\": {\"Mine\": {\"args\": {}, \"attributes\": {\"n\": 3}},"));

    train(arguments());

    assertThat(changes())
        .containsExactly(
            "Mine {\"args\":{},\"attributes\":{\"n\":3}} -> null (kept as in the checkpoint)");
    assertThat(
            GoldenRun.json(folder.resolve("ours/checkpoint-10/trainer_state.json"))
                .object("stateful_callbacks")
                .object("Mine")
                .object("attributes")
                .integer("n"))
        .isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void the_states_of_callbacks_are_restored_unless_said_otherwise(boolean restored)
      throws IOException {
    Path state = checkpoint.resolve("trainer_state.json");
    Files.writeString(
        state,
        Files.readString(state)
            .replace(
                "\"stateful_callbacks\": {",
                "\"stateful_callbacks\": {\"EarlyStoppingCallback\": {\"args\":"
                    + " {\"early_stopping_patience\": 50, \"early_stopping_threshold\": 0.0},"
                    + " \"attributes\": {\"early_stopping_patience_counter\": 40}},"));
    var callback = new EarlyStoppingCallback(50);

    train(arguments().restoreCallbackStatesFromCheckpoint(restored), callback);

    if (restored) {
      assertThat(callback.earlyStoppingPatienceCounter()).isGreaterThanOrEqualTo(40);
      assertThat(changes()).isEmpty();
    } else {
      assertThat(callback.earlyStoppingPatienceCounter()).isLessThan(10);
      assertThat(changes())
          .singleElement()
          .asString()
          .startsWith("EarlyStoppingCallback {")
          .endsWith("(applied)");
    }
  }

  @Test
  void an_epoch_is_begun_again_if_the_data_is_not_skipped_and_that_is_said() throws IOException {
    Trainer<Classifier.Example> trainer = train(arguments().ignoreDataSkip(true));

    assertThat(changes()).containsExactly("batches_to_skip 1 -> 0 (applied)");
    assertThat(resumptions.getLast().batch()).isZero();
    assertThat(trainer.state().globalStep()).isEqualTo(10);
    assertThat(trainer.state().epoch()).isEqualTo(1.8);
  }

  @Test
  void going_on_from_the_newest_needs_one() {
    assertThatThrownBy(() -> train(arguments().resumeFromCheckpoint(ResumeFrom.newest())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there is no checkpoint in %s to go on from; with resumeFromCheckpoint auto the run"
                    .formatted(folder.resolve("ours"))
                + " begins from the start");
  }
}
