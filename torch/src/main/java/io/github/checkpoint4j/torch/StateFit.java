package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.List;

/** Everything in which a state dict does not fit what it is to be loaded into. */
final class StateFit {
  static final String NO_TENSOR = "no tensor";
  private static final int MOST_NAMED = 40;

  private final String source;
  private final String target;
  private final List<String> missing = new ArrayList<>();
  private final List<String> unexpected = new ArrayList<>();
  private final List<String> different = new ArrayList<>();

  /**
   * @param source what is loaded, as the message is to call it
   * @param target what is loaded into, as the message is to call it
   */
  StateFit(String source, String target) {
    this.source = source;
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
    compare(name, NativeTensors.typeOf(expected), found);
  }

  void compare(String name, LoadReport.TensorType expected, Value found) {
    if (!(found instanceof Tensor tensor)) {
      different(name, expected.toString(), NO_TENSOR);
    } else if (!LoadReport.TensorType.of(tensor).equals(expected)) {
      different(name, expected.toString(), tensor.toString());
    }
  }

  void different(String name, String expected, String found) {
    different(difference(name, expected, found));
  }

  void different(String difference) {
    different.add(difference);
  }

  /**
   * Returns if nothing was noted.
   *
   * @throws StateMismatchException that names all there is
   */
  void require() {
    require("");
  }

  /**
   * Returns if nothing was noted.
   *
   * @param advice what the message ends with
   * @throws StateMismatchException that names all there is
   */
  void require(String advice) {
    if (missing.isEmpty() && unexpected.isEmpty() && different.isEmpty()) {
      return;
    }
    throw new StateMismatchException(
        source
            + " does not fit "
            + target
            + ", which was not changed"
            + described("missing", missing)
            + described("unexpected", unexpected)
            + described("different", different)
            + advice);
  }

  private static String described(String what, List<String> names) {
    return names.isEmpty() ? "" : "; " + counted(what, names, MOST_NAMED);
  }

  static String difference(String name, String expected, String found) {
    return name + " (expected " + expected + ", found " + found + ")";
  }

  /** How many there are of something, and which, but for those beyond {@code most}. */
  static String counted(String what, List<String> names, int most) {
    return names.size()
        + " "
        + what
        + ": "
        + String.join(", ", names.subList(0, Math.min(names.size(), most)))
        + (names.size() > most ? ", and " + (names.size() - most) + " more" : "");
  }
}
