package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.util.List;

/**
 * How a training goes on from a checkpoint.
 *
 * @param checkpoint the checkpoint
 * @param epoch the epoch, from 0, in which it goes on
 * @param batch the batches of that epoch which are done
 * @param changes what differs from when the checkpoint was saved, and what becomes of it
 * @param skipped newer checkpoints that were not taken, each with the reason
 */
public record Resumption(
    CheckpointInfo checkpoint, long epoch, long batch, List<Change> changes, List<String> skipped) {
  public Resumption {
    changes = List.copyOf(changes);
    skipped = List.copyOf(skipped);
  }

  /** What becomes of a difference. */
  public enum Effect {
    /** The new value is used from here on. */
    APPLIED,
    /** The value of the checkpoint is used, because it is part of the run. */
    KEPT,
    /** There is no such thing here: the run goes on without it. */
    UNSUPPORTED,
    /** It changes nothing in the state, but the same bits are no longer promised. */
    NOTED
  }

  /**
   * An argument or a property of the machine that differs.
   *
   * @param name its name, as in {@code training_args.json}
   * @param saved its value when the checkpoint was saved
   * @param now its value now
   */
  public record Change(String name, Json saved, Json now, Effect effect) {
    /** For instance {@code learning_rate 5e-05 -> 2e-05 (applied)}. */
    @Override
    public String toString() {
      return switch (effect) {
        case APPLIED -> "%s %s -> %s (applied)".formatted(name, saved.toText(), now.toText());
        case KEPT ->
            "%s %s -> %s (kept as in the checkpoint)".formatted(name, saved.toText(), now.toText());
        case UNSUPPORTED ->
            "%s %s is not supported (the run goes on without)".formatted(name, saved.toText());
        case NOTED ->
            "%s %s -> %s (the results may differ in their last bits)"
                .formatted(name, saved.toText(), now.toText());
      };
    }
  }
}
