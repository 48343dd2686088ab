package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.Resumption;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReduceLROnPlateauTest {
  @TempDir private Path folder;

  /** Notes the learning rates of the groups after each step, and what a resume changes. */
  private static final class Rates implements TrainerCallback {
    private final List<List<Double>> rates = new ArrayList<>();
    private final List<Resumption.Change> changes = new ArrayList<>();
    private Optional<TrainingParts> parts = Optional.empty();

    @Override
    public void onPrepare(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        TrainingParts trained) {
      parts = Optional.of(trained);
    }

    @Override
    public void onResume(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        Resumption resumption) {
      changes.addAll(resumption.changes());
    }

    @Override
    public void onStepBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      rates.add(
          parts.orElseThrow().optimizer().groups().stream()
              .filter(group -> !group.parameters().isEmpty())
              .map(group -> group.learningRate())
              .toList());
    }
  }

  /** Lowers after each epoch: nothing is better by so much. */
  private static ReduceLROnPlateau eager() {
    return ReduceLROnPlateau.builder().patience(1).minDelta(1000).factor(0.5).minLr(0.002).build();
  }

  private Rates train(SchedulerType schedule, LearningRates learningRates, int epochs)
      throws IOException {
    var rates = new Rates();
    Trainer.<Classifier.Example>builder()
        .model(Run.model(1))
        .arguments(
            TrainingArguments.builder()
                .outputDir(folder.resolve("run"))
                .perDeviceTrainBatchSize(4)
                .numTrainEpochs(epochs)
                .maxSteps(2L * epochs)
                .learningRate(0.01)
                .lrSchedulerType(schedule)
                .evalStrategy(IntervalStrategy.EPOCH)
                .saveStrategy(CheckpointStrategy.EPOCH)
                .build())
        .learningRates(learningRates)
        .trainDataset(Classifier.examples(8, 1))
        .evalDataset(Classifier.examples(4, 2))
        .collator(Classifier::collate)
        .callback(eager())
        .callback(rates)
        .build()
        .train();
    return rates;
  }

  @Test
  void it_lowers_what_the_schedule_gives_and_a_resume_changes_nothing() throws IOException {
    Rates straight = train(SchedulerType.CONSTANT, LearningRates.uniform(), 2);
    assertThat(straight.rates.stream().map(List::getFirst)).containsExactly(0.01, 0.01, 0.01, 0.01);
    Rates resumed = train(SchedulerType.CONSTANT, LearningRates.uniform(), 4);
    assertThat(resumed.changes.stream().map(Resumption.Change::name))
        .doesNotContain("learning_rate");
    assertThat(resumed.rates.stream().map(rates -> (float) (double) rates.getFirst()))
        .containsExactly(0.005f, 0.005f, 0.0025f, 0.0025f);
  }

  @Test
  void a_schedule_goes_on_below() throws IOException {
    Rates rates = train(SchedulerType.LINEAR, LearningRates.uniform(), 4);
    assertThat(rates.rates.stream().map(List::getFirst).map(rate -> Math.round(rate * 1e6)))
        .containsExactly(10000L, 8750L, 7500L, 6250L, 2500L, 1875L, 1250L, 625L);
  }

  @Test
  void each_group_is_lowered_and_none_below_the_least() throws IOException {
    Rates rates =
        train(
            SchedulerType.CONSTANT,
            LearningRates.uniform().rate(NamePattern.glob("output.*"), 0.003),
            4);
    assertThat(rates.rates.getLast().stream().map(rate -> Math.round(rate * 1e6)).distinct())
        .containsExactlyInAnyOrder(2500L, 2000L);
  }

  @Test
  void a_loss_that_is_not_finite_is_no_improvement() throws IOException {
    ReduceLROnPlateau callback = ReduceLROnPlateau.builder().patience(1).factor(0.5).build();
    var training = MadeUpTraining.of(folder, 0.5);
    List<MadeUpTraining.Epoch> epochs =
        Collections.nCopies(2, new MadeUpTraining.Epoch(List.of(), Map.of("val_loss", Double.NaN)));
    training.train(callback, epochs, () -> {});
    assertThat(training.learningRate()).isEqualTo(0.125);
  }

  @Test
  void arguments_out_of_range_are_refused() {
    ReduceLROnPlateau.Builder builder = ReduceLROnPlateau.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.factor(1))
        .withMessage("ReduceLROnPlateau takes a factor from 0 up and below 1, and got 1.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.minLr(-0.1))
        .withMessage("minLr must be 0 or more, and is -0.1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.cooldown(-1))
        .withMessage("cooldown must be 0 or more, and is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.patience(-1))
        .withMessage("patience must be 0 or more, and is -1");
  }
}
