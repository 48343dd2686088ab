package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlyStoppingTest {
  @TempDir private Path folder;

  private int train(EarlyStopping callback, Double... losses) throws IOException {
    return MadeUpTraining.of(folder, 0.1).train(callback, epochs(losses), () -> {});
  }

  private static List<MadeUpTraining.Epoch> epochs(Double... losses) {
    return Arrays.stream(losses)
        .map(loss -> new MadeUpTraining.Epoch(List.of(), Map.of("loss", 1.0, "val_loss", loss)))
        .toList();
  }

  @Test
  void a_loss_that_is_not_finite_is_no_improvement_not_even_the_first() throws IOException {
    EarlyStopping callback = EarlyStopping.builder().patience(3).build();
    double nan = Double.NaN;
    double less = Double.NEGATIVE_INFINITY;
    assertThat(train(callback, nan, 0.5, nan, less, nan, 0.1)).isEqualTo(5);
    assertThat(callback.best()).hasValue(0.5);
    assertThat(callback.stoppedEpoch()).isEqualTo(4);
  }

  @Test
  void it_can_be_used_for_another_training_and_begins_anew() throws IOException {
    EarlyStopping callback = EarlyStopping.builder().patience(1).build();
    assertThat(train(callback, 0.5, 0.6, 0.4)).isEqualTo(2);
    assertThat(train(callback, 0.7, 0.6, 0.65, 0.5)).isEqualTo(3);
    assertThat(callback.best()).hasValue(0.6);
  }

  @Test
  void a_metric_that_was_not_measured_is_an_error_that_names_those_that_were() {
    EarlyStopping callback = EarlyStopping.builder().monitor("val_accuracy").build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(callback, 0.5))
        .withMessageStartingWith("EarlyStopping monitors 'val_accuracy', which was not measured;")
        .withMessageContaining("val_loss");
  }

  @Test
  void arguments_out_of_range_are_refused() {
    EarlyStopping.Builder builder = EarlyStopping.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.patience(-1))
        .withMessage("patience must be 0 or more, and is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.startFromEpoch(-2))
        .withMessage("startFromEpoch must be 0 or more, and is -2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.baseline(Double.POSITIVE_INFINITY))
        .withMessage("baseline must be a number, and is Infinity");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EarlyStopping.builder().minDelta(Double.NaN).build())
        .withMessage("EarlyStopping: minDelta must be a number, and is NaN");
  }

  @Test
  void the_weights_of_the_best_epoch_are_part_of_the_state() throws IOException {
    EarlyStopping.Builder builder = EarlyStopping.builder().patience(9).restoreBestWeights(true);
    EarlyStopping callback = builder.build();
    train(callback, 0.5, 0.4, 0.6);
    EarlyStopping resumed = builder.build();
    resumed.restore(callback.attributes());
    resumed.restoreTensors(callback.tensors());
    var training = MadeUpTraining.of(folder, 0.1);
    training.weights(7);
    resumed.trainBegin(training.at(3, 3), true);
    training.control().shouldTrainingStop(true);
    resumed.trainEnd(training.at(3, 3));
    assertThat(training.weight()).isEqualTo(1);
  }

  @Test
  void weights_that_were_not_kept_are_missed_before_training_goes_on() throws IOException {
    EarlyStopping without = EarlyStopping.builder().patience(9).build();
    train(without, 0.5);
    assertThat(without.holdsTensors()).isFalse();
    EarlyStopping resumed = EarlyStopping.builder().restoreBestWeights(true).build();
    resumed.restore(without.attributes());
    resumed.restoreTensors(StateDict.empty());
    Training now = MadeUpTraining.of(folder, 0.1).at(1, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> resumed.trainBegin(now, true))
        .withMessage(
            "EarlyStopping is to restore the best weights, which the checkpoint does not have: it was"
                + " saved with restoreBestWeights false; set it to false, or begin anew with"
                + " restoreCallbackStatesFromCheckpoint false");
  }

  @Test
  void another_patience_counts_for_the_epochs_of_the_past() throws IOException {
    EarlyStopping callback = EarlyStopping.builder().patience(2).build();
    assertThat(train(callback, 0.5, 0.6, 0.6)).isEqualTo(3);
    for (long patience = 2; patience <= 3; patience++) {
      EarlyStopping resumed = EarlyStopping.builder().patience(patience).build();
      resumed.restore(callback.attributes());
      var training = MadeUpTraining.of(folder, 0.1);
      resumed.trainBegin(training.at(3, 3), true);
      assertThat(training.control().shouldTrainingStop()).isEqualTo(patience == 2);
    }
  }

  @Test
  void the_count_of_another_metric_says_nothing() throws IOException {
    EarlyStopping callback = EarlyStopping.builder().patience(9).build();
    train(callback, 0.5, 0.6, 0.6);
    assertThat(callback.waited()).isEqualTo(2);
    EarlyStopping resumed = EarlyStopping.builder().monitor("loss").build();
    resumed.restore(callback.attributes());
    assertThat(resumed.waited()).isZero();
    assertThat(resumed.best()).isEmpty();
  }

  @Test
  void the_arguments_are_told_by_keras_names_and_no_builder_changes_them() {
    EarlyStopping.Builder builder = EarlyStopping.builder().patience(3).baseline(0.5);
    EarlyStopping callback = builder.build();
    builder.patience(4).monitor("loss").mode(Mode.MAX).restoreBestWeights(true);
    assertThat(callback.args())
        .isEqualTo(
            Json.object()
                .put("baseline", 0.5)
                .put("min_delta", 0.0)
                .put("mode", "auto")
                .put("monitor", "val_loss")
                .put("patience", 3)
                .put("restore_best_weights", false)
                .put("start_from_epoch", 0)
                .build());
  }
}
