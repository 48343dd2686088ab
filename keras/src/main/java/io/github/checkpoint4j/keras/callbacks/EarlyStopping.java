package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.ExportableTensors;
import io.github.checkpoint4j.torch.ModuleState;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Ends the training when what it monitors has got no better for some epochs: Keras's {@code
 * EarlyStopping}. As there, the first epoch never ends it, the first value counts as an
 * improvement, and the patience begins anew only with one that is also better than the baseline.
 *
 * <p>Unlike in Keras, its state and the weights of the best epoch are part of each checkpoint of
 * the trainer, in {@code callback_EarlyStopping.safetensors}: a run that goes on stops where it
 * would have, and restores the weights it would have. A run that it ended goes on only if the
 * patience is greater now. NaN and infinities are no improvement, and a value that is not there is
 * an error; an epoch without an evaluation does not count.
 *
 * @see <a href="https://keras.io/api/callbacks/early_stopping/">EarlyStopping</a>
 */
public final class EarlyStopping extends KerasCallback implements ExportableTensors {
  private static final String NAME = "EarlyStopping";
  private static final String MONITOR = "monitor";
  private static final String WAIT = "wait";
  private static final String STOPPED = "stopped_epoch";
  private static final String BEST = "best";
  private static final String BEST_EPOCH = "best_epoch";

  private final Builder arguments;
  private final Monitor monitor;
  private long wait;
  private long stoppedEpoch;
  private OptionalDouble best = OptionalDouble.empty();
  private long bestEpoch;
  private Optional<StateDict> bestWeights = Optional.empty();

  /** Whether a value was monitored before this run, and so weights are known that were best. */
  private boolean monitored;

  private EarlyStopping(Builder arguments) {
    this.arguments = arguments;
    monitor = Monitor.of(NAME, arguments.monitor, arguments.mode, arguments.minDelta);
  }

  /** A builder with Keras's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The epoch that it ended the training after, from 0; 0 if it did not. */
  public long stoppedEpoch() {
    return stoppedEpoch;
  }

  /** The epochs since the last improvement. */
  public long waited() {
    return wait;
  }

  /** The best value so far; empty if there is none. */
  public OptionalDouble best() {
    return best;
  }

  @Override
  void trainBegin(Training now, boolean hasState) {
    monitor.requireIn(now);
    if (!hasState) {
      forget();
    } else if (arguments.restoreBestWeights && monitored && bestWeights.isEmpty()) {
      throw new IllegalArgumentException(
          "EarlyStopping is to restore the best weights, which the checkpoint does not have: it was"
              + " saved with restoreBestWeights false; set it to false, or begin anew with"
              + " restoreCallbackStatesFromCheckpoint false");
    }
    if (stoppedEpoch > 0 && wait >= arguments.patience) {
      now.control().shouldTrainingStop(true);
    } else {
      stoppedEpoch = 0;
    }
  }

  private void forget() {
    wait = 0;
    stoppedEpoch = 0;
    best = OptionalDouble.empty();
    bestEpoch = 0;
    bestWeights = Optional.empty();
    monitored = false;
  }

  @Override
  void epochEnd(Training now, long epoch, Map<String, Double> values) {
    OptionalDouble current = monitor.value(values);
    if (current.isEmpty() || epoch < arguments.startFromEpoch) {
      return;
    }
    if (!monitored) {
      bestEpoch = epoch;
      keepWeights(now);
      monitored = true;
    }
    wait++;
    double value = current.getAsDouble();
    if (monitor.improves(value, best)) {
      best = current;
      bestEpoch = epoch;
      keepWeights(now);
      if (arguments.baseline.isEmpty() || monitor.improves(value, arguments.baseline)) {
        wait = 0;
      }
      return;
    }
    if (wait >= arguments.patience && epoch > 0) {
      stoppedEpoch = epoch;
      now.control().shouldTrainingStop(true);
    }
  }

  private void keepWeights(Training now) {
    if (arguments.restoreBestWeights) {
      StateDict weights = weights(now).stateDict();
      bestWeights = Optional.of(weights.mapTensors(EarlyStopping::copy));
    }
  }

  private static Tensor copy(Tensor tensor) {
    return Tensor.of(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(tensor.toByteArray()));
  }

  private static ModuleState weights(Training now) {
    return ModuleState.of(now.parts().model().module());
  }

  @Override
  void trainEnd(Training now) {
    if (!now.control().shouldTrainingStop() && now.state().globalStep() < now.state().maxSteps()) {
      // Stopped on request: it goes on some day, from the weights it has.
      return;
    }
    if (stoppedEpoch > 0) {
      print("Epoch %d: early stopping".formatted(stoppedEpoch + 1));
    }
    bestWeights.ifPresent(
        saved -> {
          print(
              "Restoring model weights from the end of the best epoch: %d."
                  .formatted(bestEpoch + 1));
          weights(now).loadStateDict(saved);
        });
  }

  private void print(String message) {
    if (arguments.verbose > 0) {
      arguments.out.print(message + "\n");
    }
  }

  @Override
  public Json.Obj args() {
    return Json.object()
        .put("baseline", Attributes.of(arguments.baseline))
        .put("min_delta", arguments.minDelta)
        .put("mode", Builder.json(arguments.mode))
        .put(MONITOR, arguments.monitor)
        .put("patience", arguments.patience)
        .put("restore_best_weights", arguments.restoreBestWeights)
        .put("start_from_epoch", arguments.startFromEpoch)
        .build();
  }

  @Override
  Map<String, Json> ownAttributes() {
    Map<String, Json> attributes = new LinkedHashMap<>();
    attributes.put(MONITOR, Json.of(arguments.monitor));
    attributes.put(WAIT, Json.of(wait));
    attributes.put(STOPPED, Json.of(stoppedEpoch));
    attributes.put(BEST, Attributes.of(best));
    attributes.put(BEST_EPOCH, Json.of(bestEpoch));
    attributes.put("monitored", Json.of(monitored));
    return attributes;
  }

  @Override
  void restoreOwn(Json.Obj attributes) {
    long savedWait = Attributes.count(attributes, WAIT);
    long savedStop = Attributes.count(attributes, STOPPED);
    long savedEpoch = Attributes.count(attributes, BEST_EPOCH);
    OptionalDouble savedBest = Attributes.real(attributes, BEST);
    boolean savedMonitored = attributes.bool("monitored");
    forget();
    if (attributes.text(MONITOR).equals(arguments.monitor)) {
      wait = savedWait;
      stoppedEpoch = savedStop;
      bestEpoch = savedEpoch;
      best = savedBest;
      monitored = savedMonitored;
    }
  }

  @Override
  public boolean holdsTensors() {
    return arguments.restoreBestWeights;
  }

  /** The weights of the best epoch; none before there is one. */
  @Override
  public StateDict tensors() {
    return bestWeights.orElse(StateDict.empty());
  }

  @Override
  public void restoreTensors(StateDict tensors) {
    bestWeights = monitored && tensors.size() > 0 ? Optional.of(tensors) : Optional.empty();
  }

  /** Gathers Keras's arguments. */
  public static final class Builder extends MonitorArguments<Builder> {
    private double minDelta;
    private long patience;
    private OptionalDouble baseline = OptionalDouble.empty();
    private boolean restoreBestWeights;
    private long startFromEpoch;

    private Builder() {}

    private Builder(Builder other) {
      super(other);
      minDelta = other.minDelta;
      patience = other.patience;
      baseline = other.baseline;
      restoreBestWeights = other.restoreBestWeights;
      startFromEpoch = other.startFromEpoch;
    }

    @Override
    Builder self() {
      return this;
    }

    /** By how much a value has to be better; 0 by default. The sign is left out, as in Keras. */
    public Builder minDelta(double value) {
      minDelta = value;
      return this;
    }

    /**
     * Epochs without an improvement after which it ends the training; 0 by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder patience(long value) {
      patience = notNegative("patience", value);
      return this;
    }

    /**
     * What a value has to be better than, too, for the patience to begin anew.
     *
     * @throws IllegalArgumentException if it is not finite
     */
    public Builder baseline(double value) {
      baseline = OptionalDouble.of(finite("baseline", value));
      return this;
    }

    /**
     * Whether the model gets the weights of the best epoch when training is over; false by default.
     * They take as much memory again as the model.
     */
    public Builder restoreBestWeights(boolean value) {
      restoreBestWeights = value;
      return this;
    }

    /**
     * The first epoch that counts, from 0; 0 by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder startFromEpoch(long value) {
      startFromEpoch = notNegative("startFromEpoch", value);
      return this;
    }

    /**
     * The callback.
     *
     * @throws IllegalArgumentException if the mode is AUTO and the name of what is monitored does
     *     not tell the direction, or {@code minDelta} is not finite
     */
    public EarlyStopping build() {
      return new EarlyStopping(new Builder(this));
    }
  }
}
