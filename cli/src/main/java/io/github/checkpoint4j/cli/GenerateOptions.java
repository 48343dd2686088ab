package io.github.checkpoint4j.cli;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * How texts are written. What is not given is as the model's own generation_config.json says, or
 * else as in transformers.
 *
 * <p>No type of the models' is in a signature here, as in {@link TrainOptions}.
 */
final class GenerateOptions {
  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "The most tokens that are written.")
  @Nullable Integer maxNewTokens;

  @Option(names = "--sample", description = "Draw the tokens by their probability.")
  boolean sample;

  @Option(names = "--greedy", description = "Take the likeliest token each time.")
  boolean greedy;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "Below 1 likelier tokens are drawn more often, above 1 less.")
  @Nullable Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "Draw one of the likeliest N tokens; 0: of all.")
  @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "X",
      description = "Draw one of the likeliest tokens that have this probability together.")
  @Nullable Double topP;

  @Option(names = "--beams", paramLabel = "N", description = "Beams of a search; 1: none.")
  @Nullable Integer beams;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      description = "Above 1 tokens that are there already are less likely.")
  @Nullable Double repetitionPenalty;

  @Option(
      names = "--no-repeat-ngram",
      paramLabel = "N",
      description = "No run of N tokens comes twice; 0: it may.")
  @Nullable Integer noRepeatNgram;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of what is drawn (a new one each time, which is told).")
  @Nullable Long seed;

  @Option(names = "--count", paramLabel = "N", description = "Texts for each TEXT (1).")
  @Nullable Integer count;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "Ends a text, and is its end; repeatable.")
  List<String> stops = List.of();

  /** Those that are given and mean nothing unless tokens are drawn. */
  List<String> ofDrawing() {
    return Stream.of(
            temperature == null ? "" : "--temperature",
            topK == null ? "" : "--top-k",
            topP == null ? "" : "--top-p",
            seed == null ? "" : "--seed")
        .filter(option -> !option.isEmpty())
        .toList();
  }
}
