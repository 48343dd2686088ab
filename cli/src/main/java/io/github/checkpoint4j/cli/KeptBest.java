package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Objective;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of {@code --keep-best}: {@code METRIC[:min|:max][=N]}.
 *
 * @param direction empty if it is not given
 */
record KeptBest(String metric, Optional<Direction> direction, int count) {
  private static final Pattern FORM = Pattern.compile("(.+?)(?::(min|max))?(?:=([0-9]{1,9}))?");

  /**
   * @throws IllegalArgumentException if it has another form
   */
  static KeptBest parse(String text) {
    Matcher found = FORM.matcher(text);
    if (!found.matches()) {
      throw new IllegalArgumentException(
          "--keep-best is '"
              + text
              + "'; give METRIC, METRIC:min or METRIC:max, and =N for the best N");
    }
    return new KeptBest(
        found.group(1),
        Optional.ofNullable(found.group(2))
            .map(word -> word.equals("min") ? Direction.MINIMIZE : Direction.MAXIMIZE),
        found.group(3) == null ? 1 : Integer.parseInt(found.group(3)));
  }

  /**
   * The policy for these checkpoints. A metric may be named without {@code eval_}; the direction is
   * the one given, or that of the run's own objective, or what the name tells.
   *
   * @throws IllegalArgumentException if none of them has the metric, or the direction is not known
   */
  RetentionPolicy policy(Checkpoints checkpoints) {
    Set<String> measured = new TreeSet<>();
    checkpoints.all().stream()
        .filter(CheckpointInfo::usable)
        .forEach(info -> measured.addAll(info.metrics().keySet()));
    String name = measured.contains(metric) ? metric : "eval_" + metric;
    if (!measured.contains(name)) {
      throw new IllegalArgumentException(
          "--keep-best goes by '%s', which no checkpoint has; %s"
              .formatted(
                  metric,
                  measured.isEmpty()
                      ? "none has any metric"
                      : "there are: " + String.join(", ", measured)));
    }
    return RetentionPolicy.best(
        name, direction.orElseGet(() -> direction(name, checkpoints)), count);
  }

  private Direction direction(String name, Checkpoints checkpoints) {
    Optional<Objective> own =
        checkpoints.objective().filter(objective -> objective.metric().equals(name));
    if (own.isPresent()) {
      return own.get().greaterIsBetter() ? Direction.MAXIMIZE : Direction.MINIMIZE;
    }
    try {
      return Direction.of(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the name '%s' does not tell whether less or more of it is better; give --keep-best %s:min or --keep-best %s:max"
              .formatted(name, metric, metric),
          e);
    }
  }
}
