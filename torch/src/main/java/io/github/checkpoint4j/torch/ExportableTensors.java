package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;

/**
 * An {@link ExportableState} with tensors. They are saved with each checkpoint in a file of their
 * own, {@code callback_NAME.safetensors} with the {@linkplain #stateName name of the state}; of
 * several callbacks of one name, the second is in {@code callback_NAME_2.safetensors}.
 */
public interface ExportableTensors extends ExportableState {
  /** Whether this callback has tensors at all; if not, there is no file. */
  boolean holdsTensors();

  /**
   * The tensors, which may be none, now; they are written while the training goes on, and must not
   * change.
   */
  StateDict tensors();

  /**
   * Makes these the tensors, after {@link #restore}; not called if the checkpoint has no such file.
   *
   * @param tensors what {@link #tensors} was when the checkpoint was saved, on the heap
   */
  void restoreTensors(StateDict tensors);
}
