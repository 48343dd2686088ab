package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Everything in which a state dict does not fit what it is to be loaded into. */
final class StateFit {
  private static final int MOST_NAMED = 40;

  private final String target;
  private final List<String> missing = new ArrayList<>();
  private final List<String> unexpected = new ArrayList<>();
  private final List<String> different = new ArrayList<>();

  /**
   * @param target what is loaded into, as the message is to call it
   */
  StateFit(String target) {
    this.target = target;
  }

  void missing(String name) {
    missing.add(name);
  }

  void unexpected(String name) {
    unexpected.add(name);
  }

  /** Notes a difference unless {@code found} is a tensor of the dtype and shape of the other. */
  void compare(String name, org.bytedeco.pytorch.Tensor expected, Value found) {
    Tensor view = NativeTensors.view(expected);
    compare(name, view.dtype(), view.shape(), found);
  }

  void compare(String name, Dtype dtype, long[] shape, Value found) {
    if (!(found instanceof Tensor tensor)) {
      different(name, dtype + Arrays.toString(shape), "no tensor");
    } else if (tensor.dtype() != dtype || !Arrays.equals(tensor.shape(), shape)) {
      different(name, dtype + Arrays.toString(shape), tensor.toString());
    }
  }

  void different(String name, String expected, String found) {
    different.add(name + " (expected " + expected + ", found " + found + ")");
  }

  /**
   * Returns if nothing was noted.
   *
   * @throws StateMismatchException that names all there is
   */
  void require() {
    if (missing.isEmpty() && unexpected.isEmpty() && different.isEmpty()) {
      return;
    }
    throw new StateMismatchException(
        "the state does not fit "
            + target
            + ", which was not changed"
            + described("missing", missing)
            + described("unexpected", unexpected)
            + described("different", different));
  }

  private static String described(String what, List<String> names) {
    if (names.isEmpty()) {
      return "";
    }
    String shown = String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMED)));
    return "; "
        + names.size()
        + " "
        + what
        + ": "
        + shown
        + (names.size() > MOST_NAMED ? ", and " + (names.size() - MOST_NAMED) + " more" : "");
  }
}
