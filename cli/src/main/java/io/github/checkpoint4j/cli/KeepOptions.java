package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.RetentionPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which checkpoints are kept: those that any of these options says. */
final class KeepOptions {
  /** What is said if none of them is given. */
  static final String NONE_GIVEN =
      "Say which checkpoints to keep, for instance with --keep-latest 3";

  @Option(names = "--keep-latest", paramLabel = "N", description = "The newest N.")
  @Nullable Integer latest;

  @Option(
      names = "--keep-best",
      paramLabel = "METRIC[:min|:max][=N]",
      description =
          "The best N (1) by a metric. Without :min or :max as the run itself goes by it, or as its"
              + " name tells. May be given several times.")
  List<String> best = List.of();

  @Option(
      names = "--keep-every",
      paramLabel = "M",
      description = "Those whose step is a multiple of M.")
  @Nullable Long every;

  @Option(
      names = "--keep-younger",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "Those younger than this: 90s, 30m, 12h, 7d, 2w.")
  @Nullable Duration younger;

  @Option(
      names = "--keep-one-per",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "The newest of each interval, counted from 1970 in UTC: 1d is a day.")
  @Nullable Duration onePer;

  @Option(
      names = "--keep-one-per-steps",
      paramLabel = "M",
      description = "The newest of each M steps.")
  @Nullable Long onePerSteps;

  /**
   * What they say together; empty if none is given.
   *
   * @throws IllegalArgumentException if one is out of its range, or goes by a metric that no
   *     checkpoint has
   */
  Optional<RetentionPolicy> policy(Checkpoints checkpoints) {
    List<RetentionPolicy> terms = new ArrayList<>();
    if (latest != null) {
      terms.add(RetentionPolicy.latest(latest));
    }
    best.forEach(text -> terms.add(KeptBest.parse(text).policy(checkpoints)));
    if (every != null) {
      terms.add(RetentionPolicy.everySteps(every));
    }
    if (younger != null) {
      terms.add(RetentionPolicy.younger(younger));
    }
    if (onePer != null) {
      terms.add(RetentionPolicy.onePer(onePer));
    }
    if (onePerSteps != null) {
      terms.add(RetentionPolicy.onePerSteps(onePerSteps));
    }
    return terms.stream().reduce(RetentionPolicy::or);
  }
}
