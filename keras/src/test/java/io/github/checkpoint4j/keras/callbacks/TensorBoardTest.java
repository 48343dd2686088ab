package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TrainableModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Module;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorBoardTest {
  @TempDir private Path folder;

  /** The training that make.py tells Keras's callback of. */
  private void train(TensorBoard callback) throws IOException {
    MadeUpTraining training = MadeUpTraining.of(folder, 0.25, keras());
    callback.trainBegin(training.at(0, 0), false);
    long step = 0;
    for (int epoch = 0; epoch < 2; epoch++) {
      for (int batch = 0; batch < 3; batch++) {
        step++;
        Training now = training.at(epoch + (batch + 1) / 3.0, step);
        callback.batchEnd(now, batch, 0, Map.of("loss", 1.0 / step));
      }
      Map<String, Double> metrics =
          new TreeMap<>(Map.of("accuracy", 0.5 + epoch / 4.0, "loss", 0.75 - epoch / 8.0));
      callback.testEnd(training.at(epoch + 1, step), metrics);
      Map<String, Double> logs = new LinkedHashMap<>(Map.of("loss", 1.0 / step));
      metrics.forEach((name, value) -> logs.put("val_" + name, value));
      callback.epochEnd(training.at(epoch + 1, step), epoch, logs);
    }
    callback.trainEnd(training.at(2, step));
  }

  /** A layer of the names and weights that Keras's has. */
  private static TrainableModel keras() {
    Module module = new Module("model");
    Module sequential = new Module("sequential");
    Module dense = new Module("dense");
    module.register_module("sequential", sequential);
    sequential.register_module("dense", dense);
    float[] kernel = new float[6];
    for (int i = 0; i < 6; i++) {
      kernel[i] = i / 7f - 0.3f;
    }
    dense.register_parameter("kernel", NativeTensors.copyOf(Tensor.ofFloats(kernel, 3, 2)));
    dense.register_parameter(
        "bias", NativeTensors.copyOf(Tensor.ofFloats(new float[] {0.5f, 0.5f}, 2)));
    return new Untrained(module);
  }

  @ParameterizedTest
  @CsvSource({"tensorboard-epoch, 0, 1", "tensorboard-batch, 1, 0"})
  void the_events_are_byte_for_byte_those_of_keras_but_for_the_time(
      String golden, long updateFreq, long histogramFreq) throws IOException {
    TensorBoard.Builder builder =
        TensorBoard.to(folder.resolve("logs")).histogramFreq(histogramFreq);
    if (updateFreq > 0) {
      builder.updateFreq(Frequency.batches(updateFreq));
    }
    train(builder.build());
    for (String run : List.of("train", "validation")) {
      List<String> events =
          EventRecords.read(EventRecords.onlyFile(folder.resolve("logs").resolve(run)));
      List<String> expected = EventRecords.read(Golden.path(golden).resolve(run + ".tfevents"));
      // The first tells the version, and Keras's who wrote it.
      assertThat(expected.getFirst()).startsWith(events.getFirst());
      assertThat(events.subList(1, events.size())).isEqualTo(expected.subList(1, expected.size()));
    }
  }

  @Test
  void with_a_frequency_of_batches_the_loss_is_written_at_every_so_many_steps() throws IOException {
    train(TensorBoard.to(folder.resolve("logs")).updateFreq(Frequency.batches(2)).build());
    List<String> events = EventRecords.read(EventRecords.onlyFile(folder.resolve("logs/train")));
    assertThat(
            events.stream()
                .filter(event -> event.contains("batch_loss"))
                .map(e -> e.codePointAt(1)))
        .containsExactly(2, 4, 6);
    assertThat(events.stream().filter(event -> event.contains("epoch_loss"))).hasSize(2);
  }

  @Test
  void files_of_events_that_are_there_stay() throws IOException {
    train(TensorBoard.to(folder.resolve("logs")).build());
    Path first = EventRecords.onlyFile(folder.resolve("logs/train"));
    byte[] bytes = Files.readAllBytes(first);
    train(TensorBoard.to(folder.resolve("logs")).build());
    assertThat(first).hasBinaryContent(bytes);
    try (var files = Files.list(folder.resolve("logs/train"))) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void a_file_that_lost_events_is_an_error_that_says_what_to_do() throws IOException {
    TensorBoard callback = TensorBoard.to(folder.resolve("logs")).build();
    train(callback);
    Json.Obj state = callback.attributes();
    Path file = EventRecords.onlyFile(folder.resolve("logs/train"));
    long size = Files.size(file);
    Files.write(file, new byte[10]);
    TensorBoard resumed = TensorBoard.to(folder.resolve("logs")).build();
    resumed.restore(state);
    assertThatThrownBy(() -> resumed.trainBegin(MadeUpTraining.of(folder, 0.1).at(0, 0), true))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            ("TensorBoard: %s had %d bytes when the checkpoint was saved and has 10; put it back, or"
                    + " resume with restoreCallbackStatesFromCheckpoint false to begin it anew")
                .formatted(file, size));
    assertThat(file).hasSize(10);
  }

  @Test
  void a_state_that_names_another_place_is_refused() {
    TensorBoard callback = TensorBoard.to(folder.resolve("logs")).build();
    Json.Obj state =
        Json.object()
            .put("train", Json.object().put("file", "../../weights").put("size", 3).build())
            .put("validation", Json.Null.NULL)
            .put("logs", new EpochLogs().json())
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> callback.restore(state))
        .withMessage("member 'file' should be the name of a file of events and is '../../weights'");
  }

  @Test
  void a_histogram_leaves_out_what_is_not_finite() {
    Histogram histogram = Histogram.of(new float[] {Float.NaN, 0, 30, Float.POSITIVE_INFINITY, 15});
    assertThat(histogram.buckets()).hasSize(30);
    assertThat(histogram.buckets().getFirst()).isEqualTo(new Histogram.Bucket(0, 1, 1));
    assertThat(histogram.buckets().get(15)).isEqualTo(new Histogram.Bucket(15, 16, 1));
    assertThat(histogram.buckets().getLast()).isEqualTo(new Histogram.Bucket(29, 30, 1));
    assertThat(Histogram.of(new float[] {Float.NaN}).buckets())
        .allMatch(bucket -> bucket.equals(new Histogram.Bucket(0, 0, 0)));
  }

  @Test
  void frequencies_are_from_0_up() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorBoard.to(folder).histogramFreq(-1))
        .withMessage("histogramFreq must be 0 or more, and is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Frequency.batches(0))
        .withMessage("a frequency of 0 batches; give at least 1, or Frequency.EPOCH");
  }
}
