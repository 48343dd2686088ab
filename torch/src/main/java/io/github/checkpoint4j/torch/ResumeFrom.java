package io.github.checkpoint4j.torch;

import java.nio.file.Path;

/** What {@link Trainer#train} starts from. */
public sealed interface ResumeFrom {
  /** The newest whole checkpoint of the output directory; from the beginning if there is none. */
  enum Auto implements ResumeFrom {
    AUTO
  }

  /** The newest whole checkpoint of the output directory; refused if there is none. */
  enum Newest implements ResumeFrom {
    NEWEST
  }

  /** The beginning; refused if the output directory has checkpoints already. */
  enum Never implements ResumeFrom {
    NEVER
  }

  /** This checkpoint, and no other. */
  record Checkpoint(Path directory) implements ResumeFrom {}

  static ResumeFrom auto() {
    return Auto.AUTO;
  }

  static ResumeFrom newest() {
    return Newest.NEWEST;
  }

  static ResumeFrom never() {
    return Never.NEVER;
  }

  static ResumeFrom checkpoint(Path directory) {
    return new Checkpoint(directory);
  }

  /**
   * {@code auto}, {@code never}, or the path of a checkpoint; or as Hugging Face's {@code
   * resume_from_checkpoint}, {@code true} for the newest and {@code false} for never.
   */
  static ResumeFrom parse(String text) {
    return switch (text) {
      case "auto" -> auto();
      case "true" -> newest();
      case "never", "false" -> never();
      default -> checkpoint(Path.of(text));
    };
  }
}
