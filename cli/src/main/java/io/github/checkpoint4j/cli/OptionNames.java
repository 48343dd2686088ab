package io.github.checkpoint4j.cli;

import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The trainer's messages name its arguments; on a command line those are options. */
final class OptionNames {
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("outputDir", "--output"),
          Map.entry("perDeviceTrainBatchSize", "--batch-size"),
          Map.entry("numTrainEpochs", "--epochs"),
          Map.entry("maxSteps", "--max-steps"),
          Map.entry("learningRate", "--learning-rate"),
          Map.entry("warmupSteps", "--warmup-steps"),
          Map.entry("weightDecay", "--weight-decay"),
          Map.entry("loggingSteps", "--logging-steps"),
          Map.entry("saveSteps", "--save-steps"),
          Map.entry("evalSteps", "--eval-steps"),
          Map.entry("saveTotalLimit", "--save-total-limit"),
          Map.entry("metricForBestModel", "--metric"),
          Map.entry("earlyStoppingPatience", "--early-stopping-patience"),
          Map.entry("earlyStoppingThreshold", "--early-stopping-threshold"),
          Map.entry("resumeFromCheckpoint", "--resume"));

  private static final Pattern ARGUMENT =
      Pattern.compile(
          OPTIONS.keySet().stream()
              .map(name -> name + "|" + name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
              .collect(Collectors.joining("|", "\\b(?:", ")\\b")));

  private OptionNames() {}

  /** The message with options in place of arguments, in camelCase or with underscores. */
  static String in(String message) {
    return ARGUMENT.matcher(message).replaceAll(OptionNames::option);
  }

  private static String option(MatchResult found) {
    String camel =
        Pattern.compile("_([a-z])")
            .matcher(found.group())
            .replaceAll(m -> m.group(1).toUpperCase(Locale.ROOT));
    return Matcher.quoteReplacement(OPTIONS.getOrDefault(camel, found.group()));
  }
}
