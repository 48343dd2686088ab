package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.ComputeMetrics;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingArgumentsBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the events of Keras come in a training by the trainer, and with which logs. */
class KerasCallbackTest {
  @TempDir private Path folder;

  /** An event, the step it comes after, and its logs. */
  private record Event(String name, long step, Map<String, Double> logs) {}

  private static final class Recording extends KerasCallback {
    private final List<Event> events = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();

    @Override
    void batchEnd(Training now, long batch, double loss, Map<String, Double> values) {
      losses.add(loss);
      add("batch " + now.epoch() + "." + batch, now, values);
    }

    @Override
    void testEnd(Training now, Map<String, Double> metrics) {
      add("test", now, metrics);
    }

    @Override
    void epochEnd(Training now, long epoch, Map<String, Double> values) {
      add("epoch " + epoch, now, values);
    }

    private void add(String name, Training now, Map<String, Double> values) {
      events.add(new Event(name, now.state().globalStep(), new LinkedHashMap<>(values)));
    }

    List<String> names() {
      return events.stream().map(event -> event.step() + " " + event.name()).toList();
    }

    Event named(String name) {
      return events.stream().filter(event -> event.name().equals(name)).findFirst().orElseThrow();
    }

    @Override
    public Json.Obj args() {
      return Json.object().build();
    }

    @Override
    Map<String, Json> ownAttributes() {
      return Map.of();
    }

    @Override
    void restoreOwn(Json.Obj attributes) {}
  }

  private TrainingArgumentsBuilder arguments() {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("run"))
        .perDeviceTrainBatchSize(4)
        .numTrainEpochs(2)
        .saveStrategy(CheckpointStrategy.NO);
  }

  private TrainerState train(KerasCallback callback, TrainingArgumentsBuilder arguments)
      throws IOException {
    Trainer<Classifier.Example> trainer =
        Trainer.<Classifier.Example>builder()
            .model(Run.model(1))
            .arguments(arguments.build())
            .trainDataset(Classifier.examples(10, 1))
            .evalDataset(Classifier.examples(4, 2))
            .collator(Classifier::collate)
            .computeMetrics(ComputeMetrics.accuracy())
            .callback(callback)
            .build();
    trainer.train();
    return trainer.state();
  }

  @Test
  void an_epoch_ends_after_its_evaluation() throws IOException {
    var recording = new Recording();
    train(recording, arguments().evalStrategy(IntervalStrategy.EPOCH));
    assertThat(recording.names())
        .containsExactly(
            "1 batch 0.0",
            "2 batch 0.1",
            "3 batch 0.2",
            "3 test",
            "3 epoch 0",
            "4 batch 1.0",
            "5 batch 1.1",
            "6 batch 1.2",
            "6 test",
            "6 epoch 1");
    assertThat(recording.named("epoch 0").logs().keySet())
        .containsExactly("loss", "val_accuracy", "val_loss");
    assertThat(recording.named("test").logs().get("loss"))
        .isEqualTo(recording.named("epoch 0").logs().get("val_loss"));
  }

  @Test
  void a_batch_ends_after_the_evaluation_at_its_step() throws IOException {
    var recording = new Recording();
    train(recording, arguments().evalStrategy(IntervalStrategy.STEPS).evalSteps(2));
    assertThat(recording.names())
        .containsExactly(
            "1 batch 0.0",
            "2 test",
            "2 batch 0.1",
            "3 batch 0.2",
            "3 epoch 0",
            "4 test",
            "4 batch 1.0",
            "5 batch 1.1",
            "6 test",
            "6 batch 1.2",
            "6 epoch 1");
    assertThat(recording.named("batch 0.0").logs().keySet()).containsExactly("loss");
    assertThat(recording.named("batch 0.1").logs()).containsKey("val_loss");
    assertThat(recording.named("epoch 0").logs()).containsKey("val_loss");
  }

  @Test
  void the_loss_is_the_mean_of_the_examples_of_the_epoch_so_far() throws IOException {
    var recording = new Recording();
    train(recording, arguments());
    // Batches of 4, 4 and 2 examples.
    double second = (4 * recording.losses.get(0) + 4 * recording.losses.get(1)) / 8;
    double epoch = (8 * second + 2 * recording.losses.get(2)) / 10;
    assertThat(recording.named("batch 0.1").logs().get("loss")).isCloseTo(second, within(1e-12));
    assertThat(recording.named("epoch 0").logs().get("loss")).isCloseTo(epoch, within(1e-12));
    assertThat(recording.named("batch 1.0").logs().get("loss"))
        .isCloseTo(recording.losses.get(3), within(1e-12));
  }

  @Test
  void with_accumulation_a_batch_is_what_makes_a_step() throws IOException {
    var recording = new Recording();
    train(recording, arguments().gradientAccumulationSteps(2));
    assertThat(recording.names())
        .containsExactly(
            "1 batch 0.0", "2 batch 0.1", "2 epoch 0", "3 batch 1.0", "4 batch 1.1", "4 epoch 1");
  }

  @Test
  void a_training_of_part_of_an_epoch_ends_an_epoch() throws IOException {
    var recording = new Recording();
    train(recording, arguments().maxSteps(4));
    assertThat(recording.names())
        .containsExactly(
            "1 batch 0.0", "2 batch 0.1", "3 batch 0.2", "3 epoch 0", "4 batch 1.0", "4 epoch 1");
  }

  @Test
  void what_evaluations_measure_needs_evaluations() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(EarlyStopping.builder().build(), arguments()))
        .withMessage(
            "EarlyStopping monitors 'val_loss', which an evaluation measures, and evalStrategy is NO;"
                + " set it to EPOCH or STEPS, or monitor 'loss'");
  }

  @Test
  void the_loss_of_the_training_can_be_monitored_without() throws IOException {
    EarlyStopping callback = EarlyStopping.builder().monitor("loss").patience(9).build();
    train(callback, arguments());
    assertThat(callback.best()).isPresent();
  }

  @Test
  void a_name_that_does_not_tell_the_direction_needs_a_mode() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ReduceLROnPlateau.builder().monitor("val_zeal").build())
        .withMessage(
            "ReduceLROnPlateau monitors 'val_zeal', whose name does not tell whether less or more of"
                + " it is better; give mode MIN or MAX");
    assertThat(Monitor.of("X", "val_accuracy", Mode.AUTO, 0).direction())
        .isEqualTo(Direction.MAXIMIZE);
  }
}
