package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Saves the model at the end of each epoch, or after a number of batches; with {@code saveBestOnly}
 * only if what it monitors is better than ever: Keras's {@code ModelCheckpoint}.
 *
 * <pre>{@code
 * trainer.callback(
 *     ModelCheckpoint.to("models/{epoch:02d}-{val_loss:.2f}.pt").saveBestOnly(true).build());
 * }</pre>
 *
 * <p>The {@code filepath} has fields as Python's {@code str.format} fills them: {@code epoch} and,
 * if it saves after a number of batches, {@code batch}, both from 1; {@code loss}, the mean of the
 * epoch so far; and, with {@code val_} before it, every metric of the newest evaluation of the
 * epoch: {@code val_loss} is the trainer's {@code eval_loss}. The end of the name tells the {@link
 * ModelFormat}.
 *
 * <p>Where Keras is careless:
 *
 * <ul>
 *   <li>A file is replaced as a whole, and durable before training goes on; a kill leaves the old
 *       one or the new one.
 *   <li>A monitored value that is not there is an error that names those there are; Keras saves. In
 *       an epoch without an evaluation nothing is saved by a metric of evaluations.
 *   <li>NaN and infinities are never the best.
 *   <li>The best value and the count of batches are part of each checkpoint of the trainer: a run
 *       that goes on saves what it would have saved.
 * </ul>
 *
 * <p>If a file cannot be written, the training ends with an {@link UncheckedIOException}.
 *
 * @see <a href="https://keras.io/api/callbacks/model_checkpoint/">ModelCheckpoint</a>
 */
public final class ModelCheckpoint extends KerasCallback {
  private static final String NAME = "ModelCheckpoint";
  private static final String MONITOR = "monitor";
  private static final String BEST = "best";
  private static final String SEEN = "batches_seen_since_last_saving";

  private final Builder arguments;
  private final SavedFile file;
  private final Monitor monitor;
  private OptionalDouble best;
  private long batchesSeenSinceLastSaving;

  private ModelCheckpoint(Builder arguments) {
    this.arguments = arguments;
    List<ModelFormat> formats = new ArrayList<>(arguments.formats);
    formats.addAll(List.of(TorchFormat.values()));
    file = SavedFile.of(arguments.filepath, formats, arguments.saveWeightsOnly);
    // Without saveBestOnly nothing is compared, and any name will do.
    Mode mode = arguments.saveBestOnly ? arguments.mode : Mode.MIN;
    monitor = Monitor.of(NAME, arguments.monitor, mode, 0);
    best = arguments.initialValueThreshold;
  }

  /** A builder of one that saves to this path, a template. */
  public static Builder to(String filepath) {
    return new Builder(filepath);
  }

  /** The best value so far; empty if there is none. */
  public OptionalDouble best() {
    return best;
  }

  @Override
  void trainBegin(Training now, boolean hasState) {
    if (arguments.saveBestOnly) {
      monitor.requireIn(now);
    }
  }

  @Override
  void batchEnd(Training now, long batch, double loss, Map<String, Double> values) {
    if (arguments.saveFreq.batches().isEmpty()) {
      return;
    }
    batchesSeenSinceLastSaving++;
    if (batchesSeenSinceLastSaving >= arguments.saveFreq.batches().getAsLong()) {
      batchesSeenSinceLastSaving = 0;
      Map<String, Number> fields = new LinkedHashMap<>();
      fields.put("epoch", now.epoch() + 1);
      fields.put("batch", batch + 1);
      save(now, now.epoch() + 1, fields, values);
    }
  }

  @Override
  void epochEnd(Training now, long epoch, Map<String, Double> values) {
    if (arguments.saveFreq.batches().isEmpty()) {
      Map<String, Number> fields = new LinkedHashMap<>();
      fields.put("epoch", epoch + 1);
      save(now, epoch + 1, fields, values);
    }
  }

  private void save(
      Training now, long epoch, Map<String, Number> fields, Map<String, Double> values) {
    OptionalDouble current =
        arguments.saveBestOnly ? monitor.value(values) : OptionalDouble.empty();
    if (arguments.saveBestOnly && current.isEmpty()) {
      return;
    }
    fields.putAll(values);
    String path = file.template().format(fields);
    if (!arguments.saveBestOnly) {
      print("\nEpoch %d: saving model to %s".formatted(epoch, path));
    } else {
      String before = best.isPresent() ? PythonText.fixed(best.getAsDouble(), 5) : "None";
      double value = current.getAsDouble();
      if (!monitor.improves(value, best)) {
        print("\nEpoch %d: %s did not improve from %s".formatted(epoch, arguments.monitor, before));
        return;
      }
      print(
          "\nEpoch %d: %s improved from %s to %s, saving model to %s"
              .formatted(epoch, arguments.monitor, before, PythonText.fixed(value, 5), path));
    }
    try {
      file.write(Path.of(path), now.parts());
    } catch (IOException e) {
      throw new UncheckedIOException(
          "%s could not save the model to %s: %s".formatted(NAME, path, e.getMessage()), e);
    }
    best = current.isPresent() ? current : best;
    print("\nEpoch %d: finished saving model to %s".formatted(epoch, path));
  }

  private void print(String message) {
    if (arguments.verbose > 0) {
      arguments.out.print(message + "\n");
    }
  }

  @Override
  public Json.Obj args() {
    return Json.object()
        .put("filepath", arguments.filepath)
        .put(MONITOR, arguments.monitor)
        .put("mode", Builder.json(arguments.mode))
        .put("save_best_only", arguments.saveBestOnly)
        .put("save_freq", arguments.saveFreq.json())
        .put("save_weights_only", arguments.saveWeightsOnly)
        .build();
  }

  @Override
  Map<String, Json> ownAttributes() {
    return Map.of(
        MONITOR,
        Json.of(arguments.monitor),
        BEST,
        Attributes.of(best),
        SEEN,
        Json.of(batchesSeenSinceLastSaving));
  }

  /** The best value of what was monitored before says nothing of what is monitored now. */
  @Override
  void restoreOwn(Json.Obj attributes) {
    OptionalDouble saved = Attributes.real(attributes, BEST);
    boolean same = attributes.text(MONITOR).equals(arguments.monitor);
    batchesSeenSinceLastSaving = Attributes.count(attributes, SEEN);
    best = same ? saved : arguments.initialValueThreshold;
  }

  /** Gathers Keras's arguments. */
  public static final class Builder extends MonitorArguments<Builder> {
    private final String filepath;
    private boolean saveBestOnly;
    private boolean saveWeightsOnly;
    private Frequency saveFreq = Frequency.EPOCH;
    private OptionalDouble initialValueThreshold = OptionalDouble.empty();
    private final List<ModelFormat> formats = new ArrayList<>();

    private Builder(String filepath) {
      this.filepath = filepath;
    }

    private Builder(Builder other) {
      super(other);
      filepath = other.filepath;
      saveBestOnly = other.saveBestOnly;
      saveWeightsOnly = other.saveWeightsOnly;
      saveFreq = other.saveFreq;
      initialValueThreshold = other.initialValueThreshold;
      formats.addAll(other.formats);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Whether only a model better than all before is saved; false by default. */
    public Builder saveBestOnly(boolean value) {
      saveBestOnly = value;
      return this;
    }

    /** Whether only the weights are saved; by default the optimizer's state is, too. */
    public Builder saveWeightsOnly(boolean value) {
      saveWeightsOnly = value;
      return this;
    }

    /** When it saves; at the end of each epoch by default. */
    public Builder saveFreq(Frequency value) {
      saveFreq = value;
      return this;
    }

    /**
     * What the first value has to be better than.
     *
     * @throws IllegalArgumentException if it is not finite
     */
    public Builder initialValueThreshold(double value) {
      initialValueThreshold = OptionalDouble.of(finite("initialValueThreshold", value));
      return this;
    }

    /** A further format, for file names that end in its suffix. */
    public Builder format(ModelFormat value) {
      formats.add(value);
      return this;
    }

    /**
     * The callback.
     *
     * @throws IllegalArgumentException if the filepath is no template or ends in no suffix of a
     *     format that holds what is to be saved, or if the mode is AUTO, only the best is saved,
     *     and the name of what is monitored does not tell the direction
     */
    public ModelCheckpoint build() {
      return new ModelCheckpoint(new Builder(this));
    }
  }
}
