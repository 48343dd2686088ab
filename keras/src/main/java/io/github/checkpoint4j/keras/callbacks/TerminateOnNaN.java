package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.io.PrintStream;
import java.util.Map;

/**
 * Ends the training at a loss that is NaN or infinite: Keras's {@code TerminateOnNaN}. It looks at
 * the loss of each batch itself, where Keras looks at the mean of the epoch.
 *
 * @see <a href="https://keras.io/api/callbacks/terminate_on_nan/">TerminateOnNaN</a>
 */
public final class TerminateOnNaN extends KerasCallback {
  private final boolean raiseError;
  private final PrintStream out;

  /** One that ends the training in order, with what is saved at its end. */
  public TerminateOnNaN() {
    this(false, System.out);
  }

  /**
   * @param raiseError whether it throws an {@link ArithmeticException} instead, so that nothing
   *     more is saved
   * @param out where it says so otherwise
   */
  public TerminateOnNaN(boolean raiseError, PrintStream out) {
    this.raiseError = raiseError;
    this.out = out;
  }

  @Override
  void batchEnd(Training now, long batch, double loss, Map<String, Double> values) {
    if (Double.isFinite(loss)) {
      return;
    }
    if (raiseError) {
      throw new ArithmeticException(
          "NaN or Inf loss encountered at batch %d. Loss value: %s. Terminating training immediately."
              .formatted(batch, PythonText.repr(loss)));
    }
    out.print("Batch %d: Invalid loss, terminating training\n".formatted(batch));
    now.control().shouldTrainingStop(true);
  }

  @Override
  public Json.Obj args() {
    return Json.object().put("raise_error", raiseError).build();
  }

  @Override
  Map<String, Json> ownAttributes() {
    return Map.of();
  }

  @Override
  void restoreOwn(Json.Obj attributes) {}
}
