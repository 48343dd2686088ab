package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.ChosenArguments.ifGiven;

import io.github.checkpoint4j.transformers.GenerationConfig;
import io.github.checkpoint4j.transformers.GenerationDefaults;
import java.util.List;

/**
 * How texts are written: as the options say, or else the model's directory.
 *
 * @param options what the user gives
 * @param defaults what the directory says
 * @param stops what ends a text besides its tokens
 * @param seed of what is drawn
 */
record ChosenGeneration(
    GenerateOptions options, GenerationDefaults defaults, StopTexts stops, long seed) {

  /**
   * The values for prompts of a length.
   *
   * @param tokens those of a prompt
   * @param positions the most tokens there can be, the prompt's among them
   * @param ends what ends a text if the directory does not say
   * @throws IllegalArgumentException if options do not go together or are out of their range
   */
  GenerationConfig config(int tokens, long positions, List<Long> ends) {
    // What is said of the length of a text with its prompt does not count if there is an option.
    GenerationConfig own = defaults.forPrompt(options.maxNewTokens == null ? tokens : 0).build();
    GenerationConfig.Builder values = own.toBuilder().stopCondition(stops);
    values.maxNewTokens(
        options.maxNewTokens != null
            ? options.maxNewTokens
            : Math.clamp(positions - tokens, 1, own.maxNewTokens()));
    if (own.eosTokenIds().isEmpty()) {
      values.eosTokenIds(ends);
    }
    boolean draws = draws(own);
    values.doSample(draws);
    if (draws) {
      values.seed(seed);
    }
    if (options.greedy) {
      values.numBeams(1);
    }
    ifGiven(options.temperature, values::temperature);
    ifGiven(options.topK, values::topK);
    ifGiven(options.topP, values::topP);
    ifGiven(options.beams, values::numBeams);
    ifGiven(options.repetitionPenalty, values::repetitionPenalty);
    ifGiven(options.noRepeatNgram, values::noRepeatNgramSize);
    ifGiven(options.count, values::numReturnSequences);
    return values.build();
  }

  /** Whether tokens are drawn. An option of drawing asks for it, if nothing else is asked for. */
  private boolean draws(GenerationConfig own) {
    boolean search = options.beams != null && options.beams > 1;
    if (options.greedy && (options.sample || search)) {
      throw new IllegalArgumentException(
          "--greedy and %s do not go together; give one"
              .formatted(options.sample ? "--sample" : "--beams"));
    }
    List<String> ofDrawing = options.ofDrawing();
    if (options.sample || ofDrawing.isEmpty()) {
      return options.sample || (own.doSample() && !options.greedy && !search);
    }
    if (options.greedy || search) {
      throw new IllegalArgumentException(
          "%s is of drawing, and %s does not draw; %s"
              .formatted(
                  ofDrawing.getFirst(),
                  options.greedy ? "--greedy" : "--beams",
                  options.greedy ? "leave out the one or the other" : "give --sample too"));
    }
    return true;
  }
}
