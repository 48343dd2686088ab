package io.github.checkpoint4j.state;

import java.util.OptionalLong;

/**
 * Something whose state belongs in a checkpoint: a model, an optimizer, a schedule, a data loader,
 * a random-number generator.
 */
public interface Stateful {
  /**
   * The state now. Its tensors may be windows on live memory: they show later changes, and are
   * valid as long as this object is.
   */
  StateDict stateDict();

  /**
   * Makes {@code state} the state of this object, as if it had been here when the state was taken.
   * The tensors are copied.
   *
   * @throws StateMismatchException if the state does not fit; then nothing was changed
   */
  void loadStateDict(StateDict state);

  /**
   * The number of parameters of a model, those of a tensor that has several names counted once and
   * buffers not at all; empty if this is no model, or it is not known. It is only told to readers.
   */
  default OptionalLong parameterCount() {
    return OptionalLong.empty();
  }
}
