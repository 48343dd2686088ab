package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.SamplingStrategy;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminateOnNaNTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  /** Trains on examples of which the third batch has a number that is none. */
  private TrainResult train(boolean raiseError) throws IOException {
    List<Classifier.Example> examples =
        IntStream.range(0, 8)
            .mapToObj(i -> new Classifier.Example(List.of(1f, i == 2 ? Float.NaN : 1f, 1f, 1f), 0))
            .toList();
    return Trainer.<Classifier.Example>builder()
        .model(Run.model(1))
        .arguments(
            TrainingArguments.builder()
                .outputDir(folder.resolve("run"))
                .perDeviceTrainBatchSize(1)
                .maxSteps(20)
                .saveStrategy(CheckpointStrategy.NO)
                .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
                .build())
        .trainDataset(examples)
        .collator(Classifier::collate)
        .callback(
            new TerminateOnNaN(raiseError, new PrintStream(printed, true, StandardCharsets.UTF_8)))
        .build()
        .train();
  }

  @Test
  void the_training_ends_after_the_batch_whose_loss_is_no_number() throws IOException {
    TrainResult result = train(false);
    assertThat(result.globalStep()).isEqualTo(3);
    assertThat(result.ended()).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .isEqualTo("Batch 2: Invalid loss, terminating training\n");
  }

  @Test
  void or_it_fails_if_that_is_wanted() {
    assertThatThrownBy(() -> train(true))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage(
            "NaN or Inf loss encountered at batch 2. Loss value: nan. Terminating training"
                + " immediately.");
  }
}
