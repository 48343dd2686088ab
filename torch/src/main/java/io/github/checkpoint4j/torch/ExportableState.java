package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;

/**
 * A {@link TrainerCallback} whose state is saved with each checkpoint and restored when the
 * training goes on: Hugging Face's {@code ExportableState}. It is kept in {@code
 * trainer_state.json} under {@code stateful_callbacks}, as Python's Trainer keeps it; several of
 * one {@link #stateName} as a list, in their order.
 */
public interface ExportableState {
  /** What the callback was made with, by Python's names. A difference at a resume is reported. */
  Json.Obj args();

  /** What changes during the training, by Python's names. */
  Json.Obj attributes();

  /**
   * Makes this the state.
   *
   * @param attributes what {@link #attributes} was when the checkpoint was saved
   * @throws IllegalArgumentException if it is not such a state; the message names what is wrong
   */
  void restore(Json.Obj attributes);

  /** The name of the callback's class in Python; that of its class here, if not overridden. */
  default String stateName() {
    return getClass().getSimpleName();
  }
}
