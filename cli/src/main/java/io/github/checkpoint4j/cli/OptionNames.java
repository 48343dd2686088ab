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
          Map.entry("lrSchedulerType", "--lr-scheduler"),
          Map.entry("gradientAccumulationSteps", "--gradient-accumulation-steps"),
          Map.entry("maxGradNorm", "--max-grad-norm"),
          Map.entry("labelSmoothingFactor", "--label-smoothing"),
          Map.entry("trainSamplingStrategy", "--group-by-length"),
          Map.entry("gradientCheckpointing", "--gradient-checkpointing"),
          Map.entry("loggingSteps", "--logging-steps"),
          Map.entry("saveSteps", "--save-steps"),
          Map.entry("evalSteps", "--eval-steps"),
          Map.entry("saveTotalLimit", "--save-total-limit"),
          Map.entry("metricForBestModel", "--metric"),
          Map.entry("earlyStoppingPatience", "--early-stopping-patience"),
          Map.entry("earlyStoppingThreshold", "--early-stopping-threshold"),
          Map.entry("resumeFromCheckpoint", "--resume"),
          Map.entry("maxNewTokens", "--max-new-tokens"),
          Map.entry("doSample", "--sample"),
          Map.entry("topK", "--top-k"),
          Map.entry("topP", "--top-p"),
          Map.entry("repetitionPenalty", "--repetition-penalty"),
          Map.entry("noRepeatNgramSize", "--no-repeat-ngram"),
          Map.entry("numBeams", "--beams"),
          Map.entry("numReturnSequences", "--count"));

  private static final Pattern ARGUMENT =
      Pattern.compile(
          OPTIONS.keySet().stream()
              .map(name -> name + "|" + name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
              .collect(Collectors.joining("|", "\\b(?:", ")\\b")));

  /** Methods that stand in messages for what an option does, with arguments as in Java. */
  private static final Pattern RULE =
      Pattern.compile("(rename|replaceAll|except)\\(" + quoted() + "(?:, " + quoted() + ")?\\)");

  /**
   * A longer message, full of a file's names, is left: what is matched takes stack for its length.
   */
  private static final int LONGEST = 20_000;

  private static final String WEIGHTS_ALONE =
      "begin a new run from its weights in another output directory";

  private OptionNames() {}

  private static String quoted() {
    return "\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"";
  }

  /**
   * The message with options in place of arguments, in camelCase or with underscores, and in place
   * of methods.
   */
  static String in(String message) {
    String options = ARGUMENT.matcher(message).replaceAll(OptionNames::option);
    if (options.length() > LONGEST) {
      return options;
    }
    return RULE.matcher(options)
        .replaceAll(rule -> Matcher.quoteReplacement(rename(rule)))
        .replace("ignoreMismatched()", "--ignore-mismatched")
        .replace(WEIGHTS_ALONE, WEIGHTS_ALONE + ", with --model CHECKPOINT --output DIRECTORY");
  }

  private static String rename(MatchResult rule) {
    String first = unescaped(rule.group(2));
    String rename =
        switch (rule.group(1)) {
          case "replaceAll" -> "regex:" + first + "=" + unescaped(rule.group(3));
          case "except" -> first + "=unused." + first;
          default -> first + "=" + unescaped(rule.group(3));
        };
    return "--rename '" + rename.replace("'", "'\\''") + "'";
  }

  private static String unescaped(String text) {
    return text.replaceAll("\\\\(.)", "$1");
  }

  private static String option(MatchResult found) {
    String camel =
        Pattern.compile("_([a-z])")
            .matcher(found.group())
            .replaceAll(m -> m.group(1).toUpperCase(Locale.ROOT));
    return Matcher.quoteReplacement(OPTIONS.getOrDefault(camel, found.group()));
  }
}
