package io.github.checkpoint4j.transformers;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How texts are written: the fields and defaults of transformers' {@code GenerationConfig} (5.23).
 *
 * @param maxNewTokens the most tokens after the prompt
 * @param minNewTokens the tokens after the prompt before one may end the text
 * @param doSample whether tokens are drawn, or else the likeliest is taken
 * @param temperature what logits are divided by before drawing; above 0
 * @param topK drawn are only so many of the likeliest tokens; 0 for all
 * @param topP drawn are only the likeliest tokens that have this probability together; 1 for all
 * @param repetitionPenalty what makes tokens that a row has less likely, if above 1
 * @param noRepeatNgramSize no run of so many tokens comes twice; 0 if it may
 * @param numBeams beams of a search; 1 for none
 * @param lengthPenalty above 0 longer texts are preferred in beam search, below 0 shorter ones
 * @param earlyStopping when beam search ends
 * @param numReturnSequences texts for each prompt
 * @param eosTokenIds the tokens that end a text; none if empty
 * @param padTokenId what fills up rows that are complete; the first of those that end a text if
 *     empty
 * @param seed of the generator that tokens are drawn from; libtorch's default one, which a training
 *     has too, if empty
 * @param stopCondition what else ends a text
 */
public record GenerationConfig(
    int maxNewTokens,
    int minNewTokens,
    boolean doSample,
    double temperature,
    int topK,
    double topP,
    double repetitionPenalty,
    int noRepeatNgramSize,
    int numBeams,
    double lengthPenalty,
    EarlyStopping earlyStopping,
    int numReturnSequences,
    List<Long> eosTokenIds,
    OptionalLong padTokenId,
    OptionalLong seed,
    StopCondition stopCondition) {

  /**
   * @throws IllegalArgumentException if a value is out of its range, or values do not go together
   */
  public GenerationConfig {
    eosTokenIds = List.copyOf(eosTokenIds);
    require("maxNewTokens", maxNewTokens, maxNewTokens >= 1, "at least 1");
    require("minNewTokens", minNewTokens, minNewTokens >= 0, "at least 0");
    require("temperature", temperature, temperature > 0 && Double.isFinite(temperature), "above 0");
    require("topK", topK, topK >= 0, "at least 0");
    require("topP", topP, topP >= 0 && topP <= 1, "between 0 and 1");
    require(
        "repetitionPenalty",
        repetitionPenalty,
        repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
        "above 0");
    require("noRepeatNgramSize", noRepeatNgramSize, noRepeatNgramSize >= 0, "at least 0");
    require("numBeams", numBeams, numBeams >= 1, "at least 1");
    require("lengthPenalty", lengthPenalty, Double.isFinite(lengthPenalty), "finite");
    require("numReturnSequences", numReturnSequences, numReturnSequences >= 1, "at least 1");
    if (minNewTokens > maxNewTokens) {
      throw new IllegalArgumentException(
          "minNewTokens is %d and maxNewTokens %d; the least cannot be more than the most"
              .formatted(minNewTokens, maxNewTokens));
    }
    if (numBeams > 1 && numReturnSequences > numBeams) {
      throw new IllegalArgumentException(
          "numReturnSequences is %d and numBeams %d; a beam is one sequence: give as many beams"
              .formatted(numReturnSequences, numBeams));
    }
    if (numBeams == 1 && numReturnSequences > 1 && !doSample) {
      throw new IllegalArgumentException(
          "numReturnSequences is %d, and they would all be the same; set doSample, or numBeams"
              .formatted(numReturnSequences));
    }
    for (long id : eosTokenIds) {
      require("eosTokenIds", id, id >= 0, "at least 0");
    }
    if (padTokenId.isPresent()) {
      require("padTokenId", padTokenId.getAsLong(), padTokenId.getAsLong() >= 0, "at least 0");
    }
  }

  private static void require(String name, Object value, boolean holds, String expected) {
    if (!holds) {
      throw new IllegalArgumentException("%s is %s; give %s".formatted(name, value, expected));
    }
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder with these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxNewTokens = maxNewTokens;
    builder.minNewTokens = minNewTokens;
    builder.doSample = doSample;
    builder.temperature = temperature;
    builder.topK = topK;
    builder.topP = topP;
    builder.repetitionPenalty = repetitionPenalty;
    builder.noRepeatNgramSize = noRepeatNgramSize;
    builder.numBeams = numBeams;
    builder.lengthPenalty = lengthPenalty;
    builder.earlyStopping = earlyStopping;
    builder.numReturnSequences = numReturnSequences;
    builder.eosTokenIds = eosTokenIds;
    builder.padTokenId = padTokenId;
    builder.seed = seed;
    builder.stopCondition = stopCondition;
    return builder;
  }

  /** What fills up rows that are complete; without a token that ends a text there are none. */
  long padding() {
    return padTokenId.orElseGet(
        () ->
            Optional.of(eosTokenIds).filter(ids -> !ids.isEmpty()).map(List::getFirst).orElse(0L));
  }

  /** Gathers values; what is not given has transformers' default. */
  public static final class Builder {
    private int maxNewTokens = 20;
    private int minNewTokens;
    private boolean doSample;
    private double temperature = 1;
    private int topK = 50;
    private double topP = 1;
    private double repetitionPenalty = 1;
    private int noRepeatNgramSize;
    private int numBeams = 1;
    private double lengthPenalty = 1;
    private EarlyStopping earlyStopping = EarlyStopping.HEURISTIC;
    private int numReturnSequences = 1;
    private List<Long> eosTokenIds = List.of();
    private OptionalLong padTokenId = OptionalLong.empty();
    private OptionalLong seed = OptionalLong.empty();
    private StopCondition stopCondition = StopCondition.never();

    private Builder() {}

    public Builder maxNewTokens(int value) {
      maxNewTokens = value;
      return this;
    }

    public Builder minNewTokens(int value) {
      minNewTokens = value;
      return this;
    }

    public Builder doSample(boolean value) {
      doSample = value;
      return this;
    }

    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    public Builder topK(int value) {
      topK = value;
      return this;
    }

    public Builder topP(double value) {
      topP = value;
      return this;
    }

    public Builder repetitionPenalty(double value) {
      repetitionPenalty = value;
      return this;
    }

    public Builder noRepeatNgramSize(int value) {
      noRepeatNgramSize = value;
      return this;
    }

    public Builder numBeams(int value) {
      numBeams = value;
      return this;
    }

    public Builder lengthPenalty(double value) {
      lengthPenalty = value;
      return this;
    }

    public Builder earlyStopping(EarlyStopping value) {
      earlyStopping = value;
      return this;
    }

    public Builder numReturnSequences(int value) {
      numReturnSequences = value;
      return this;
    }

    public Builder eosTokenIds(List<Long> value) {
      eosTokenIds = value;
      return this;
    }

    public Builder padTokenId(long value) {
      padTokenId = OptionalLong.of(value);
      return this;
    }

    public Builder seed(long value) {
      seed = OptionalLong.of(value);
      return this;
    }

    public Builder stopCondition(StopCondition value) {
      stopCondition = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException as the constructor
     */
    public GenerationConfig build() {
      return new GenerationConfig(
          maxNewTokens,
          minNewTokens,
          doSample,
          temperature,
          topK,
          topP,
          repetitionPenalty,
          noRepeatNgramSize,
          numBeams,
          lengthPenalty,
          earlyStopping,
          numReturnSequences,
          eosTokenIds,
          padTokenId,
          seed,
          stopCondition);
    }
  }
}
