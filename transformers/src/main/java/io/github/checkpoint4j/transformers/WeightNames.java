package io.github.checkpoint4j.transformers;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which parameter of a model a name in a file means. */
final class WeightNames {
  private static final String BASE = "bert.";

  private final Set<String> parameters;

  /**
   * Names of a model.
   *
   * @param parameters its parameters
   */
  WeightNames(Set<String> parameters) {
    this.parameters = parameters;
  }

  /**
   * The parameter that a file calls {@code name}: the same name, or that of a BERT without a head,
   * or one of before 2019, when a LayerNorm had gamma and beta.
   */
  Optional<String> parameter(String name) {
    String today = renamed(renamed(name, ".gamma", ".weight"), ".beta", ".bias");
    if (parameters.contains(today)) {
      return Optional.of(today);
    }
    return Optional.of(BASE + today).filter(parameters::contains);
  }

  /**
   * The prefix that hides the model's names, if the names in a file have one: {@code module.} of
   * DataParallel, {@code _orig_mod.} of torch.compile.
   */
  Optional<String> hidingPrefix(Collection<String> names) {
    for (String name : names) {
      for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        if (parameter(name.substring(dot + 1)).isPresent()) {
          return Optional.of(name.substring(0, dot + 1));
        }
      }
    }
    return Optional.empty();
  }

  /** How many of the names, that have the prefix, mean a parameter without it. */
  long countWithout(String prefix, Collection<String> names) {
    return names.stream()
        .filter(name -> name.startsWith(prefix))
        .filter(name -> parameter(name.substring(prefix.length())).isPresent())
        .count();
  }

  /** The first few of the model's names, for messages. */
  List<String> examples() {
    return parameters.stream().limit(3).toList();
  }

  private static String renamed(String name, String from, String to) {
    return name.endsWith("LayerNorm" + from)
        ? name.substring(0, name.length() - from.length()) + to
        : name;
  }
}
