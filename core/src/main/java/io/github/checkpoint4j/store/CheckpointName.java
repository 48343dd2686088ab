package io.github.checkpoint4j.store;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an entry of a run's directory that is a checkpoint, or was or may become one.
 *
 * @param step the checkpoint's step
 * @param role what the directory is in the protocol of FORMAT.md
 * @param id tells directories of one step and role apart; 0 for {@link Role#CHECKPOINT}
 */
record CheckpointName(long step, Role role, long id) {

  /** What a directory is for. */
  enum Role {
    /** {@code checkpoint-N}: the checkpoint. */
    CHECKPOINT(""),
    /** {@code .checkpoint-N.tmp-ID}: being written. */
    TEMPORARY("tmp"),
    /** {@code .checkpoint-N.old-ID}: the checkpoint until its replacement has its name. */
    OLD("old"),
    /** {@code .checkpoint-N.trash-ID}: being removed. */
    TRASH("trash");

    private final String word;

    Role(String word) {
      this.word = word;
    }
  }

  private static final String NUMBER = "(0|[1-9][0-9]{0,18})";
  private static final Pattern VISIBLE = Pattern.compile("checkpoint-" + NUMBER);
  private static final Pattern HIDDEN =
      Pattern.compile("\\.checkpoint-" + NUMBER + "\\.(tmp|old|trash)-" + NUMBER);

  CheckpointName {
    if (step < 0 || id < 0) {
      throw new IllegalArgumentException("step " + step + " of id " + id + ": may not be negative");
    }
  }

  static CheckpointName of(long step) {
    return new CheckpointName(step, Role.CHECKPOINT, 0);
  }

  /**
   * The name that {@code text} is; empty if it is none, so not ours.
   *
   * <p>A step is written as Hugging Face's Trainer does, without leading zeros, and is at most
   * {@link Long#MAX_VALUE}.
   */
  static Optional<CheckpointName> parse(String text) {
    try {
      Matcher visible = VISIBLE.matcher(text);
      if (visible.matches()) {
        return Optional.of(of(Long.parseLong(visible.group(1))));
      }
      Matcher hidden = HIDDEN.matcher(text);
      if (!hidden.matches()) {
        return Optional.empty();
      }
      for (Role role : Role.values()) {
        if (role.word.equals(hidden.group(2))) {
          return Optional.of(
              new CheckpointName(
                  Long.parseLong(hidden.group(1)), role, Long.parseLong(hidden.group(3))));
        }
      }
      return Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** {@code checkpoint-N}, whatever the role. */
  String checkpoint() {
    return "checkpoint-" + step;
  }

  @Override
  public String toString() {
    return role == Role.CHECKPOINT ? checkpoint() : "." + checkpoint() + "." + role.word + "-" + id;
  }
}
