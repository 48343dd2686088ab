package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.ModuleState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes what TensorBoard shows: Keras's {@code TensorBoard}, its scalars and histograms.
 *
 * <ul>
 *   <li>In {@code train/}: {@code epoch_loss} and {@code epoch_learning_rate} of each epoch; with
 *       another {@code updateFreq} also {@code batch_loss}, the mean of the epoch so far, by step;
 *       with a {@code histogramFreq} a histogram of each weight and buffer of type F32, {@code
 *       NAME/histogram}, with slashes for the dots of the name.
 *   <li>In {@code validation/}: {@code evaluation_loss_vs_iterations} and the like of every
 *       evaluation, by step; {@code epoch_loss} and the like of the newest one in each epoch.
 * </ul>
 *
 * <p>Epochs count from 0. Graphs, images, embeddings, profiles and steps per second are not
 * written.
 *
 * <p>An event is handed to the operating system at once: a kill loses at most the one that is being
 * written. A run that goes on from a checkpoint goes on with the files as they were then; Keras
 * begins others, in which steps are there twice. A file that cannot be written, or has lost events,
 * ends the training with an {@link UncheckedIOException}.
 *
 * @see <a href="https://keras.io/api/callbacks/tensorboard/">TensorBoard</a>
 */
public final class TensorBoard extends KerasCallback {
  private static final String TRAIN = "train";
  private static final String VALIDATION = "validation";

  private final Path logDir;
  private final Frequency updateFreq;
  private final long histogramFreq;
  private final EventDirectory train;
  private final EventDirectory validation;

  private TensorBoard(Builder arguments) {
    logDir = arguments.logDir;
    updateFreq = arguments.updateFreq;
    histogramFreq = arguments.histogramFreq;
    train = new EventDirectory(logDir.resolve(TRAIN), arguments.clock);
    validation = new EventDirectory(logDir.resolve(VALIDATION), arguments.clock);
  }

  /** A builder of one that writes into this directory; Keras's is {@code logs} by default. */
  public static Builder to(Path logDir) {
    return new Builder(logDir);
  }

  /** Something written. */
  private interface Writing {
    void run() throws IOException;
  }

  private static void write(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new UncheckedIOException("TensorBoard: " + e.getMessage(), e);
    }
  }

  @Override
  void trainBegin(Training now, boolean hasState) {
    write(
        () -> {
          if (!hasState) {
            train.forget();
            validation.forget();
          }
          train.events();
        });
  }

  @Override
  void batchEnd(Training now, long batch, double loss, Map<String, Double> values) {
    long step = now.state().globalStep();
    if (updateFreq.batches().isPresent() && step % updateFreq.batches().getAsLong() == 0) {
      write(() -> trained("batch_", values, step));
    }
  }

  private void trained(String prefix, Map<String, Double> values, long step) throws IOException {
    for (Map.Entry<String, Double> value : values.entrySet()) {
      if (!value.getKey().startsWith(EpochLogs.EVALUATED)) {
        train.events().scalar(prefix + value.getKey(), value.getValue(), step);
      }
    }
  }

  @Override
  void testEnd(Training now, Map<String, Double> metrics) {
    write(
        () -> {
          for (Map.Entry<String, Double> metric : metrics.entrySet()) {
            validation
                .events()
                .scalar(
                    "evaluation_" + metric.getKey() + "_vs_iterations",
                    metric.getValue(),
                    now.state().globalStep());
          }
        });
  }

  @Override
  void epochEnd(Training now, long epoch, Map<String, Double> values) {
    write(
        () -> {
          trained("epoch_", values, epoch);
          double rate = now.parts().optimizer().groups().getFirst().learningRate();
          train.events().scalar("epoch_learning_rate", rate, epoch);
          for (Map.Entry<String, Double> value : values.entrySet()) {
            if (value.getKey().startsWith(EpochLogs.EVALUATED)) {
              String name = value.getKey().substring(EpochLogs.EVALUATED.length());
              validation.events().scalar("epoch_" + name, value.getValue(), epoch);
            }
          }
          if (histogramFreq > 0 && epoch % histogramFreq == 0) {
            histograms(now, epoch);
          }
        });
  }

  private void histograms(Training now, long epoch) throws IOException {
    var weights = ModuleState.of(now.parts().model().module()).stateDict().entries();
    for (var weight : weights.entrySet()) {
      if (weight.getValue() instanceof Tensor tensor && tensor.dtype() == Dtype.F32) {
        String tag = weight.getKey().replace('.', '/') + "/histogram";
        train.events().histogram(tag, Histogram.of(tensor.toFloats()), epoch);
      }
    }
  }

  @Override
  void trainEnd(Training now) {
    write(
        () -> {
          train.close();
          validation.close();
        });
  }

  @Override
  public Json.Obj args() {
    return Json.object()
        .put("histogram_freq", histogramFreq)
        .put("log_dir", logDir.toString())
        .put("update_freq", updateFreq.json())
        .build();
  }

  @Override
  Map<String, Json> ownAttributes() {
    Map<String, Json> attributes = new LinkedHashMap<>();
    write(
        () -> {
          attributes.put(TRAIN, train.json());
          attributes.put(VALIDATION, validation.json());
        });
    return attributes;
  }

  @Override
  void restoreOwn(Json.Obj attributes) {
    train.restore(attributes, TRAIN);
    validation.restore(attributes, VALIDATION);
  }

  /** Gathers Keras's arguments. */
  public static final class Builder {
    private final Path logDir;
    private Frequency updateFreq = Frequency.EPOCH;
    private long histogramFreq;
    private InstantSource clock = InstantSource.system();

    private Builder(Path logDir) {
      this.logDir = logDir;
    }

    /** When the loss of the training is written besides at the end of each epoch. */
    public Builder updateFreq(Frequency value) {
      updateFreq = value;
      return this;
    }

    /**
     * Epochs between histograms; 0, and so none, by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder histogramFreq(long value) {
      histogramFreq = MonitorArguments.notNegative("histogramFreq", value);
      return this;
    }

    /** The clock for the times of events; the system's by default. */
    public Builder clock(InstantSource value) {
      clock = value;
      return this;
    }

    public TensorBoard build() {
      return new TensorBoard(this);
    }
  }
}
