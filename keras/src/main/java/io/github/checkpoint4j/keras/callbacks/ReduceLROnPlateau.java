package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.LearningRateScheduler;
import io.github.checkpoint4j.torch.ParameterGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Lowers the learning rate when what it monitors has got no better for some epochs: Keras's {@code
 * ReduceLROnPlateau}.
 *
 * <p>It multiplies what the trainer's schedule gives, from then on ({@link
 * LearningRateScheduler#factors}); so it works with any schedule, where Keras takes a constant rate
 * only. Rates are compared in single precision, as Keras keeps them. Each group of parameters with
 * a rate of its own is lowered by the factor, and not below {@code minLr}.
 *
 * <p>Unlike in Keras, its state is part of each checkpoint of the trainer. NaN and infinities are
 * no improvement, a value that is not there is an error, and an epoch without an evaluation does
 * not count.
 *
 * @see <a href="https://keras.io/api/callbacks/reduce_lr_on_plateau/">ReduceLROnPlateau</a>
 */
public final class ReduceLROnPlateau extends KerasCallback {
  private static final String NAME = "ReduceLROnPlateau";
  private static final String MONITOR = "monitor";
  private static final String BEST = "best";
  private static final String WAIT = "wait";
  private static final String COOLDOWN = "cooldown_counter";

  private final Builder arguments;
  private final Monitor monitor;
  private OptionalDouble best = OptionalDouble.empty();
  private long wait;
  private long cooldownCounter;

  private ReduceLROnPlateau(Builder arguments) {
    this.arguments = arguments;
    monitor = Monitor.of(NAME, arguments.monitor, arguments.mode, arguments.minDelta);
  }

  /** A builder with Keras's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  void trainBegin(Training now, boolean hasState) {
    monitor.requireIn(now);
    if (!hasState) {
      forget();
    }
  }

  private void forget() {
    best = OptionalDouble.empty();
    wait = 0;
    cooldownCounter = 0;
  }

  @Override
  void epochEnd(Training now, long epoch, Map<String, Double> values) {
    OptionalDouble current = monitor.value(values);
    if (current.isEmpty()) {
      return;
    }
    if (cooldownCounter > 0) {
      cooldownCounter--;
      wait = 0;
    }
    if (monitor.improves(current.getAsDouble(), best)) {
      best = current;
      wait = 0;
    } else if (cooldownCounter == 0) {
      wait++;
      if (wait >= arguments.patience && reduce(now, epoch)) {
        cooldownCounter = arguments.cooldown;
        wait = 0;
      }
    }
  }

  /** Lowers the rates; returns whether one was not at its least. */
  private boolean reduce(Training now, long epoch) {
    LearningRateScheduler scheduler = now.parts().scheduler();
    List<ParameterGroup> groups = now.parts().optimizer().groups();
    List<Double> factors = new ArrayList<>(scheduler.factors());
    List<Double> lowered = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      float rate = (float) groups.get(i).learningRate();
      if (rate > (float) arguments.minLr) {
        double next = Math.max(rate * arguments.factor, arguments.minLr);
        factors.set(i, factors.get(i) * (next / groups.get(i).learningRate()));
        if (!lowered.contains(next)) {
          lowered.add(next);
        }
      }
    }
    if (lowered.isEmpty()) {
      return false;
    }
    scheduler.factors(factors);
    if (arguments.verbose > 0) {
      for (double rate : lowered) {
        arguments.out.print(
            "\nEpoch %d: ReduceLROnPlateau reducing learning rate to %s.\n"
                .formatted(epoch + 1, PythonText.repr(rate)));
      }
    }
    return true;
  }

  @Override
  public Json.Obj args() {
    return Json.object()
        .put("cooldown", arguments.cooldown)
        .put("factor", arguments.factor)
        .put("min_delta", arguments.minDelta)
        .put("min_lr", arguments.minLr)
        .put("mode", Builder.json(arguments.mode))
        .put(MONITOR, arguments.monitor)
        .put("patience", arguments.patience)
        .build();
  }

  @Override
  Map<String, Json> ownAttributes() {
    return Map.of(
        MONITOR,
        Json.of(arguments.monitor),
        BEST,
        Attributes.of(best),
        WAIT,
        Json.of(wait),
        COOLDOWN,
        Json.of(cooldownCounter));
  }

  @Override
  void restoreOwn(Json.Obj attributes) {
    OptionalDouble savedBest = Attributes.real(attributes, BEST);
    long savedWait = Attributes.count(attributes, WAIT);
    long savedCooldown = Attributes.count(attributes, COOLDOWN);
    forget();
    if (attributes.text(MONITOR).equals(arguments.monitor)) {
      best = savedBest;
      wait = savedWait;
      cooldownCounter = savedCooldown;
    }
  }

  /** Gathers Keras's arguments. */
  public static final class Builder extends MonitorArguments<Builder> {
    private double factor = 0.1;
    private long patience = 10;
    private double minDelta = 1e-4;
    private long cooldown;
    private double minLr;

    private Builder() {}

    private Builder(Builder other) {
      super(other);
      factor = other.factor;
      patience = other.patience;
      minDelta = other.minDelta;
      cooldown = other.cooldown;
      minLr = other.minLr;
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * What the learning rate is multiplied by; 0.1 by default.
     *
     * @throws IllegalArgumentException if it is not between 0 and 1, or 1 itself
     */
    public Builder factor(double value) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(
            "ReduceLROnPlateau takes a factor from 0 up and below 1, and got " + value);
      }
      factor = value;
      return this;
    }

    /**
     * Epochs without an improvement after which it lowers the rate; 10 by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder patience(long value) {
      patience = notNegative("patience", value);
      return this;
    }

    /** By how much a value has to be better; 1e-4 by default. The sign is left out. */
    public Builder minDelta(double value) {
      minDelta = value;
      return this;
    }

    /**
     * Epochs after which it begins to count again; 0 by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder cooldown(long value) {
      cooldown = notNegative("cooldown", value);
      return this;
    }

    /**
     * What the rate is not lowered below; 0 by default.
     *
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public Builder minLr(double value) {
      if (!(finite("minLr", value) >= 0)) {
        throw new IllegalArgumentException("minLr must be 0 or more, and is " + value);
      }
      minLr = value;
      return this;
    }

    /**
     * The callback.
     *
     * @throws IllegalArgumentException if the mode is AUTO and the name of what is monitored does
     *     not tell the direction, or {@code minDelta} is not finite
     */
    public ReduceLROnPlateau build() {
      return new ReduceLROnPlateau(new Builder(this));
    }
  }
}
