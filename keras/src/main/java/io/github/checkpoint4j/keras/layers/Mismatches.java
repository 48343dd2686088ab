package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gathers what does not fit, so that one message names all of it. */
final class Mismatches {
  private static final int MOST = 12;

  private final String title;
  private final List<String> found = new ArrayList<>();

  /**
   * @param title what is the matter, for the message
   */
  Mismatches(String title) {
    this.title = title;
  }

  /** The tensor, if it is there and of the shape. */
  Optional<Tensor> fitting(String name, Shape expected, @Nullable Tensor tensor) {
    if (tensor == null) {
      add("missing '" + name + "' (expected " + expected + ")");
      return Optional.empty();
    }
    if (!expected.matches(tensor.shape())) {
      add("'" + name + "' (expected " + expected + ", found " + tensor + ")");
      return Optional.empty();
    }
    return Optional.of(tensor);
  }

  void unexpected(String name) {
    add("unexpected '" + name + "'");
  }

  void add(String mismatch) {
    found.add(mismatch);
  }

  /**
   * @throws StateMismatchException if there was any
   */
  void requireNone() {
    if (!found.isEmpty()) {
      String shown = String.join(", ", found.subList(0, Math.min(MOST, found.size())));
      throw new StateMismatchException(
          title
              + ": "
              + shown
              + (found.size() > MOST ? ", and " + (found.size() - MOST) + " more" : ""));
    }
  }
}
