package io.github.checkpoint4j.torch;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Which parameters of a model are not trained: they get no gradient, and so stay out of the
 * optimizer, as with {@code requires_grad_(False)} in Python. Buffers are not concerned: those of a
 * frozen batch normalisation still follow the data in training mode.
 */
public final class Freezing {
  private static final int EXAMPLES = 3;
  private static final Freezing NONE = new Freezing(List.of());

  private final List<NamePattern> patterns;

  private Freezing(List<NamePattern> patterns) {
    this.patterns = patterns;
  }

  /** Parameters stay as they are; those that were frozen before, too. */
  public static Freezing none() {
    return NONE;
  }

  /** The parameters whose names one of the patterns matches. */
  public static Freezing of(NamePattern... patterns) {
    return of(List.of(patterns));
  }

  /** The parameters whose names one of the patterns matches. */
  public static Freezing of(List<NamePattern> patterns) {
    return new Freezing(List.copyOf(patterns));
  }

  /**
   * Freezes the parameters of {@code module}, and forgets their gradients.
   *
   * @throws IllegalArgumentException if a pattern matches none of them, or none would be left to be
   *     trained; then nothing was changed
   */
  public void apply(Module module) {
    Map<String, Tensor> parameters = ModuleState.of(module).parameters();
    for (NamePattern pattern : patterns) {
      if (parameters.keySet().stream().noneMatch(pattern::matches)) {
        throw new IllegalArgumentException(
            "nothing is frozen by '%s': none of the %d parameters has such a name; the first are %s"
                .formatted(
                    pattern,
                    parameters.size(),
                    parameters.keySet().stream().limit(EXAMPLES).toList()));
      }
    }
    boolean allFrozen =
        parameters.entrySet().stream()
            .allMatch(entry -> isFrozen(entry.getValue()) || matches(entry.getKey()));
    if (!patterns.isEmpty() && allFrozen) {
      throw new IllegalArgumentException(
          "all %d parameters would be frozen, by %s, and nothing trained; leave some of them"
              .formatted(parameters.size(), patterns));
    }
    parameters.forEach(
        (name, parameter) -> {
          if (matches(name)) {
            parameter.set_requires_grad(false);
            parameter.mutable_grad().reset();
          }
        });
  }

  /** The names of the parameters of {@code module} that are frozen, in the module's order. */
  public static List<String> frozen(Module module) {
    return ModuleState.of(module).parameters().entrySet().stream()
        .filter(entry -> isFrozen(entry.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private boolean matches(String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matches(name));
  }

  private static boolean isFrozen(Tensor parameter) {
    return !parameter.requires_grad();
  }
}
