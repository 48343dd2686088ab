package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training with frozen parameters and learning rates of parts of the model. */
class TransferTrainingTest {
  private static final Freezing HIDDEN = Freezing.of(NamePattern.glob("hidden.*"));
  private static final LearningRates RATES =
      LearningRates.uniform()
          .rate(NamePattern.glob("output.*"), 0.5)
          .factor(NamePattern.glob("bn.*"), 0.5);

  @TempDir private Path folder;
  private final List<Resumption.Change> changes = new ArrayList<>();
  private Classifier model = new Classifier(0.3, true);

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    torch.manual_seed(3);
  }

  private TrainingArgumentsBuilder arguments(long steps) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("run"))
        .perDeviceTrainBatchSize(8)
        .maxSteps(steps)
        .saveSteps(2)
        .lrSchedulerType(SchedulerType.CONSTANT_WITH_WARMUP)
        .learningRate(0.01);
  }

  private Trainer<Classifier.Example> trainer(
      TrainingArgumentsBuilder arguments, Freezing freezing, LearningRates rates) {
    model = new Classifier(0.3, true);
    return Trainer.<Classifier.Example>builder()
        .model(model)
        .arguments(arguments.build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(30, 1))
        .freeze(freezing)
        .learningRates(rates)
        .callback(
            new TrainerCallback() {
              @Override
              public void onResume(
                  TrainingArguments arguments,
                  TrainerState state,
                  TrainerControl control,
                  Resumption resumption) {
                changes.addAll(resumption.changes());
              }
            })
        .build();
  }

  private List<Double> rates(String option, long step) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("run/checkpoint-" + step))) {
      var groups = (Value.Items) checkpoint.state("optimizer").get("param_groups");
      return groups.values().stream().map(group -> ((StateDict) group).real(option)).toList();
    }
  }

  @Test
  void frozen_parameters_stay_as_they_were_and_the_rest_is_trained() throws IOException {
    Trainer<Classifier.Example> trainer = trainer(arguments(4), HIDDEN, LearningRates.uniform());
    StateDict before = ModuleState.of(model.module()).stateDict();
    byte[] frozen = before.tensor("hidden.weight").toByteArray();
    byte[] trained = before.tensor("output.weight").toByteArray();
    trainer.train();

    StateDict after = ModuleState.of(model.module()).stateDict();
    assertThat(after.tensor("hidden.weight").toByteArray()).isEqualTo(frozen);
    assertThat(after.tensor("output.weight").toByteArray()).isNotEqualTo(trained);
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("run/checkpoint-4"))) {
      assertThat(checkpoint.state("model").tensor("hidden.weight").toByteArray()).isEqualTo(frozen);
      assertThat(((Value.Dict) checkpoint.state("optimizer").get("state")).entries()).hasSize(4);
    }
  }

  @Test
  void the_checkpoint_tells_what_was_frozen_and_which_rates_there_were() throws IOException {
    trainer(arguments(2), HIDDEN, RATES).train();
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("run/checkpoint-2"))) {
      for (var record :
          List.of(
              checkpoint.manifest().orElseThrow().hyperparameters(),
              checkpoint.json("training_args.json"))) {
        assertThat(record.array("frozen_parameters").toText())
            .isEqualTo("[\"hidden.weight\",\"hidden.bias\"]");
        assertThat(record.object("learning_rates").toText())
            .isEqualTo(
                "{\"rates\":[{\"parameters\":\"output.*\",\"rate\":0.5},{\"parameters\":\"bn.*\","
                    + "\"factor\":0.5}]}");
      }
    }
  }

  @Test
  void a_usual_run_has_no_record_of_either() throws IOException {
    trainer(arguments(2), Freezing.none(), LearningRates.uniform()).train();
    assertThat(folder.resolve("run/checkpoint-2/training_args.json"))
        .content()
        .doesNotContain("frozen_parameters", "learning_rates");
  }

  @Test
  void each_group_has_its_rate_and_takes_it_on_when_the_run_goes_on() throws IOException {
    trainer(arguments(2), HIDDEN, RATES).train();
    assertThat(rates("lr", 2)).containsExactly(0.01, 0.01, 0.5, 0.5, 0.005, 0.005);
    trainer(arguments(4), HIDDEN, RATES).train();
    assertThat(rates("lr", 4)).containsExactly(0.01, 0.01, 0.5, 0.5, 0.005, 0.005);
    assertThat(changes).hasToString("[max_steps 2 -> 4 (applied)]");
  }

  @Test
  void another_learning_rate_moves_those_that_are_multiples_of_it() throws IOException {
    trainer(arguments(2), HIDDEN, RATES).train();
    trainer(arguments(4).learningRate(0.02), HIDDEN, RATES).train();

    assertThat(rates("lr", 4)).containsExactly(0.02, 0.02, 0.5, 0.5, 0.01, 0.01);
    assertThat(rates("initial_lr", 4)).containsExactly(0.02, 0.02, 0.5, 0.5, 0.01, 0.01);
    assertThat(changes)
        .hasToString("[learning_rate 0.01 -> 0.02 (applied), max_steps 2 -> 4 (applied)]");
  }

  @Test
  void a_run_does_not_go_on_with_other_frozen_parameters() throws IOException {
    trainer(arguments(2), HIDDEN, LearningRates.uniform()).train();
    Trainer<Classifier.Example> other =
        trainer(arguments(4), Freezing.of(NamePattern.glob("*.bias")), LearningRates.uniform());

    assertThatThrownBy(other::train)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "other parameters are trained than when checkpoint-2 was saved, and the optimizer has"
                + " no state for them: 2 frozen now, but not then: bn.bias, output.bias; 1 frozen"
                + " then, but not now: hidden.weight. Freeze the same again, or begin a new run"
                + " from its weights in another output directory");
    Trainer<Classifier.Example> back =
        trainer(
            arguments(4)
                .resumeFromCheckpoint(
                    new ResumeFrom.Checkpoint(folder.resolve("run/checkpoint-2"))),
            Freezing.none(),
            LearningRates.uniform());
    assertThatThrownBy(back::train)
        .hasMessageContaining("2 frozen then, but not now: hidden.weight, hidden.bias");
  }

  @Test
  void a_run_does_not_go_on_with_other_rates_of_parts() throws IOException {
    trainer(arguments(2), HIDDEN, RATES).train();
    Trainer<Classifier.Example> other = trainer(arguments(4), HIDDEN, LearningRates.uniform());

    assertThatThrownBy(other::train)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the learning rates of parts of the model are not set and were"
                + " {\"rates\":[{\"parameters\":\"output.*\",\"rate\":0.5},{\"parameters\":\"bn.*\",\"factor\":0.5}]}"
                + " when checkpoint-2 was saved: the groups of the optimizer would be others. Give"
                + " the same again, or begin a new run from its weights in another output"
                + " directory");
  }

  @Test
  void a_parameter_that_was_frozen_by_hand_counts_as_well() throws IOException {
    Trainer<Classifier.Example> trainer =
        trainer(arguments(2), Freezing.none(), LearningRates.uniform());
    ModuleState.of(model.module())
        .parameters()
        .forEach((name, parameter) -> parameter.set_requires_grad(!name.equals("hidden.bias")));
    trainer.train();

    Trainer<Classifier.Example> without =
        trainer(arguments(4), Freezing.none(), LearningRates.uniform());
    assertThatThrownBy(without::train)
        .hasMessageContaining("1 frozen then, but not now: hidden.bias");
    trainer(arguments(4), Freezing.of(NamePattern.glob("hidden.bias")), LearningRates.uniform())
        .train();
    assertThat(changes).hasToString("[max_steps 2 -> 4 (applied)]");
  }

  @Test
  void a_damaged_record_does_not_hide_the_reason_the_checkpoint_is_passed_over()
      throws IOException {
    trainer(arguments(4), HIDDEN, LearningRates.uniform()).train();
    Files.writeString(folder.resolve("run/checkpoint-4/manifest.json"), "{");
    TrainResult result = trainer(arguments(5), HIDDEN, LearningRates.uniform()).train();
    assertThat(result.globalStep()).isEqualTo(5);
    assertThat(changes).hasToString("[max_steps 4 -> 5 (applied)]");
  }

  @Test
  void what_cannot_be_frozen_is_told_when_the_trainer_is_built() {
    assertThatThrownBy(
            () ->
                trainer(
                    arguments(2), Freezing.of(NamePattern.glob("bert.*")), LearningRates.uniform()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("nothing is frozen by 'bert.*'");
  }
}
