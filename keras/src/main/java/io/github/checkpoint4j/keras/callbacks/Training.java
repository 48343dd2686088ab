package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingParts;

/** A training that a callback is part of. */
record Training(
    TrainingArguments arguments, TrainerState state, TrainerControl control, TrainingParts parts) {

  /** The epoch that the steps done last belong to, from 0. */
  long epoch() {
    return Math.max(0, (long) Math.ceil(state.epoch()) - 1);
  }
}
