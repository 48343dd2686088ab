package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Which tensors of a file are for which parameters and buffers of a module. */
final class WeightMatch {
  private static final int EXAMPLES = 3;

  private final Map<String, org.bytedeco.pytorch.Tensor> targets;
  private final Function<String, List<String>> synonyms;
  private final Set<Dtype> convertible;
  private final String source;

  private final Map<String, Value> entries = new LinkedHashMap<>();
  private final Map<String, String> entryOf = new LinkedHashMap<>();
  private final Map<String, Tensor> fitting = new LinkedHashMap<>();
  private final List<LoadReport.Mismatch> mismatched = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private final List<String> unexpected = new ArrayList<>();
  private LoadRules.Applied applied = LoadRules.none().apply(List.of());

  /**
   * A match of nothing yet.
   *
   * @param targets the module's tensors by name; of one that has several names, one will do
   * @param synonyms the module's names that a name may stand for
   * @param convertible the dtypes that are converted to each other
   * @param source the file, for messages
   */
  WeightMatch(
      Map<String, org.bytedeco.pytorch.Tensor> targets,
      Function<String, List<String>> synonyms,
      Set<Dtype> convertible,
      String source) {
    this.targets = targets;
    this.synonyms = synonyms;
    this.convertible = convertible;
    this.source = source;
  }

  /**
   * Matches the entries of a file.
   *
   * @throws StateMismatchException if two are for one parameter
   */
  void add(StateDict state, LoadRules rules) {
    flatten("", state);
    try {
      applied = rules.apply(entries.keySet());
    } catch (StateMismatchException e) {
      throw new StateMismatchException(source + ": " + e.getMessage());
    }
    applied.names().forEach(this::match);
    Map<Long, String> given = new HashMap<>();
    for (String name : entryOf.keySet()) {
      String first = given.putIfAbsent(NativeTensors.identity(target(name)), name);
      if (first != null) {
        requireSame(first, name);
      }
    }
    targets.forEach(
        (name, target) -> {
          if (!given.containsKey(NativeTensors.identity(target))) {
            missing.add(name);
          }
        });
  }

  /** What has two names in the module cannot be two things. */
  private void requireSame(String first, String second) {
    Tensor one = fitting.get(first);
    Tensor two = fitting.get(second);
    if (one != null && two != null && !one.hasSameBytes(two)) {
      throw new StateMismatchException(
          "%s: '%s' and '%s' differ, and are one parameter in the model; leave one of them out with %s"
              .formatted(
                  source,
                  entryOf.get(first),
                  entryOf.get(second),
                  LoadRules.none().except(NamePattern.glob(String.valueOf(entryOf.get(second))))));
    }
  }

  private void flatten(String prefix, StateDict state) {
    state
        .entries()
        .forEach(
            (name, value) -> {
              if (value instanceof StateDict dict && !targets.containsKey(prefix + name)) {
                flatten(prefix + name + ".", dict);
              } else if (entries.put(prefix + name, value) != null) {
                throw new StateMismatchException(
                    "%s: '%s%s' is there twice, once in a dict within; write it anew under two names"
                        .formatted(source, prefix, name));
              }
            });
  }

  private void match(String name, String entry) {
    Optional<String> parameter = known(name);
    if (parameter.isEmpty()) {
      unexpected.add(entry);
      return;
    }
    String before = entryOf.put(parameter.get(), entry);
    if (before != null) {
      throw new StateMismatchException(
          "%s: '%s' and '%s' are both for %s; leave one of them out with %s"
              .formatted(
                  source,
                  before,
                  entry,
                  parameter.get(),
                  LoadRules.none().except(NamePattern.glob(entry))));
    }
    compare(parameter.get(), Objects.requireNonNull(entries.get(entry)));
  }

  private Optional<String> known(String name) {
    return synonyms.apply(name).stream().filter(targets::containsKey).findFirst();
  }

  private void compare(String name, Value found) {
    LoadReport.TensorType expected = NativeTensors.typeOf(target(name));
    Optional<Tensor> tensor =
        found instanceof Tensor present ? Optional.of(present) : Optional.empty();
    if (tensor.isPresent()
        && LoadReport.TensorType.of(tensor.get()).shape().equals(expected.shape())
        && isReadableAs(expected.dtype(), tensor.get().dtype())) {
      fitting.put(name, tensor.get());
    } else {
      mismatched.add(
          new LoadReport.Mismatch(name, expected, tensor.map(LoadReport.TensorType::of)));
    }
  }

  private boolean isReadableAs(Dtype expected, Dtype found) {
    return expected == found || (convertible.contains(expected) && convertible.contains(found));
  }

  private org.bytedeco.pytorch.Tensor target(String name) {
    return Objects.requireNonNull(targets.get(name));
  }

  /**
   * Returns if what was matched can be loaded.
   *
   * @param strict whether what only one of the two has is an error
   * @param mismatchedIgnored whether a tensor of another type is none
   * @param exact whether there is no other way to load it, for the message
   * @throws StateMismatchException if not; it names everything
   */
  void require(boolean strict, boolean mismatchedIgnored, boolean exact) {
    if (entryOf.isEmpty() && !targets.isEmpty()) {
      throw new StateMismatchException(nothingMatches());
    }
    var fit = new StateFit(source, "the model");
    if (strict) {
      missing.forEach(fit::missing);
      unexpected.forEach(fit::unexpected);
    }
    // Even if each alone may be passed over, nothing at all would be loaded.
    boolean allMismatched = fitting.isEmpty() && !targets.isEmpty();
    boolean refused = !mismatchedIgnored || allMismatched;
    if (refused) {
      mismatched.forEach(mismatch -> fit.different(mismatch.toString()));
    }
    String advice = "";
    if (strict && !missing.isEmpty() && !unexpected.isEmpty()) {
      advice += likely().map(likely -> "; " + likely).orElse("");
    }
    if (!exact && !mismatchedIgnored && !mismatched.isEmpty() && !allMismatched) {
      advice += "; load it into a model of these shapes, or pass them over with ignoreMismatched()";
    }
    fit.require(advice);
  }

  private String nothingMatches() {
    String start =
        "%s: none of its %d entries is one of the model's %d parameters and buffers"
            .formatted(source, entries.size(), targets.size());
    if (!applied.unused().isEmpty()) {
      start += "; of the rules, " + String.join(", ", applied.unused()) + " is for none of them";
    }
    if (applied.names().isEmpty() && !entries.isEmpty()) {
      return start + "; the rules leave all of them out, such as " + examples(entries.keySet());
    }
    String examples =
        "; the first are %s, and the model's %s"
            .formatted(examples(applied.names().keySet()), examples(targets.keySet()));
    return start + likely().map(likely -> "; " + likely).orElse(examples);
  }

  private Optional<String> likely() {
    return LikelyRename.find(
            applied.names().keySet(), targets.keySet(), name -> known(name).isPresent())
        .map(
            likely ->
                (likely.count() == 1 ? "1 is with " : likely.count() + " are with ")
                    + likely.rules());
  }

  private static String examples(Set<String> names) {
    return names.stream().limit(EXAMPLES).toList().toString();
  }

  /** Copies what fits into the module. */
  LoadReport copy() {
    List<String> loaded = new ArrayList<>();
    List<LoadReport.Conversion> converted = new ArrayList<>();
    targets.forEach(
        (name, target) -> {
          Tensor tensor = fitting.get(name);
          if (tensor == null) {
            return;
          }
          loaded.add(name);
          Dtype dtype = NativeTensors.dtype(target.scalar_type());
          if (tensor.dtype() == dtype) {
            NativeTensors.copyInto(tensor, target);
          } else {
            NativeTensors.convertInto(tensor, target);
            converted.add(new LoadReport.Conversion(name, tensor.dtype(), dtype));
          }
        });
    return new LoadReport(
        loaded, missing, unexpected, mismatched, converted, applied.excluded(), applied.unused());
  }
}
