package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A rule under which names in a file are those of a module: what wrapped the module when it was
 * saved left a prefix in them, or the file is of a part of it.
 *
 * @param rules the rule
 * @param count the names that are the module's under it
 */
record LikelyRename(LoadRules rules, long count) {
  /**
   * Parts of names that are not the model's: of DataParallel, torch.compile, FSDP and activation
   * checkpointing. The longest first, for the short ones are at their ends.
   */
  private static final List<String> WRAPPERS =
      List.of("_checkpoint_wrapped_module", "_fsdp_wrapped_module", "_orig_mod", "module");

  /** The prefixes that are tried: those that most names speak for. */
  private static final int TRIED = 8;

  /**
   * A longer prefix is not looked for, nor one of more parts: names in a file may be of any size.
   */
  private static final int LONGEST = 256;

  private static final int MOST_PARTS = 32;

  /**
   * The rule that makes most of the names the module's; empty if no rule that was thought of makes
   * more than there are without one.
   *
   * @param names in the file
   * @param targets the module's
   * @param known whether a name is the module's, or stands for one that is
   */
  static Optional<LikelyRename> find(
      Collection<String> names, Collection<String> targets, Predicate<String> known) {
    List<LoadRules> candidates = new ArrayList<>(prefixes(names, targets));
    wrappers(names).ifPresent(candidates::add);
    LikelyRename best = new LikelyRename(LoadRules.none(), counted(LoadRules.none(), names, known));
    long before = best.count();
    for (LoadRules candidate : candidates) {
      long count = counted(candidate, names, known);
      if (count > best.count()) {
        best = new LikelyRename(candidate, count);
      }
    }
    return Optional.of(best).filter(found -> found.count() > before);
  }

  private static long counted(LoadRules rules, Collection<String> names, Predicate<String> known) {
    return names.stream()
        .flatMap(name -> rules.apply(name).stream())
        .filter(known)
        .distinct()
        .count();
  }

  /** The beginnings in which names differ that end alike, those of most names first. */
  private static Set<LoadRules> prefixes(Collection<String> names, Collection<String> targets) {
    Map<String, Optional<String>> beginnings = beginnings(targets);
    Map<List<String>, Integer> votes = new HashMap<>();
    for (String name : names) {
      for (int end : parts(name)) {
        Optional<String> beginning = beginnings.getOrDefault(name.substring(end), Optional.empty());
        if (beginning.isPresent()) {
          votes.merge(List.of(name.substring(0, end), beginning.get()), 1, Integer::sum);
          break;
        }
      }
    }
    List<List<String>> most =
        votes.entrySet().stream()
            .sorted(
                Map.Entry.<List<String>, Integer>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(vote -> String.join(" ", vote.getKey())))
            .limit(TRIED)
            .map(Map.Entry::getKey)
            .toList();
    Set<LoadRules> rules = new LinkedHashSet<>();
    // Taking off is tried first: a name without a prefix may stand for the module's.
    most.forEach(pair -> rules.add(LoadRules.none().rename(pair.get(0), "")));
    most.forEach(pair -> rules.add(LoadRules.none().rename(pair.get(0), pair.get(1))));
    return rules;
  }

  /**
   * What is before each end of a name, from the whole name to its last part; empty if that is not
   * one thing. What is a whole name has nothing before it.
   */
  private static Map<String, Optional<String>> beginnings(Collection<String> names) {
    Map<String, Optional<String>> beginnings = new HashMap<>();
    for (String name : names) {
      for (int end : parts(name)) {
        beginnings.merge(
            name.substring(end),
            Optional.of(name.substring(0, end)),
            (one, other) -> one.equals(other) ? one : Optional.empty());
      }
    }
    names.forEach(name -> beginnings.put(name, Optional.of("")));
    return beginnings;
  }

  /** Where the first parts of a name begin. */
  private static List<Integer> parts(String name) {
    List<Integer> starts = new ArrayList<>(List.of(0));
    for (int dot = name.indexOf('.');
        dot >= 0 && dot < LONGEST && starts.size() < MOST_PARTS;
        dot = name.indexOf('.', dot + 1)) {
      starts.add(dot + 1);
    }
    return starts;
  }

  private static Optional<LoadRules> wrappers(Collection<String> names) {
    String found =
        WRAPPERS.stream()
            .filter(
                part -> names.stream().anyMatch(name -> ("." + name).contains("." + part + ".")))
            .collect(Collectors.joining("|"));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    String regex = (found.contains("|") ? "(" + found + ")" : found) + "\\.";
    return Optional.of(LoadRules.none().replaceAll(regex, ""));
  }
}
