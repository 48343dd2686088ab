package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.util.OptionalLong;

/**
 * How often a callback does something: Keras's {@code save_freq} and {@code update_freq}. A batch
 * is what makes a step of the optimizer, be it several with gradient accumulation.
 */
public final class Frequency {
  /** At the end of each epoch. */
  public static final Frequency EPOCH = new Frequency(OptionalLong.empty());

  private final OptionalLong batches;

  private Frequency(OptionalLong batches) {
    this.batches = batches;
  }

  /**
   * Each time so many batches are done, counted across epochs.
   *
   * @throws IllegalArgumentException if that is not positive
   */
  public static Frequency batches(long count) {
    if (count <= 0) {
      throw new IllegalArgumentException(
          "a frequency of " + count + " batches; give at least 1, or Frequency.EPOCH");
    }
    return new Frequency(OptionalLong.of(count));
  }

  /** The batches; empty if it is the epoch. */
  OptionalLong batches() {
    return batches;
  }

  /** As Python has it: {@code "epoch"} or the number. */
  Json json() {
    return batches.isPresent() ? Json.of(batches.getAsLong()) : Json.of("epoch");
  }
}
