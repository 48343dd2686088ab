package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * How a model writes unless it is told otherwise: what {@value #FILE} holds.
 *
 * <p>Members that are missing or null have transformers' defaults. Those that say what is returned,
 * or how a cache is kept, change no token and are kept as they are.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/generation/
 *     configuration_utils.py</a>
 */
public final class GenerationDefaults {
  /** The name that the file has beside a model's weights. */
  public static final String FILE = "generation_config.json";

  /** What transformers can do and is not done here, with the values that ask for nothing. */
  private static final Map<String, Set<Json>> UNSUPPORTED =
      Map.ofEntries(
          unused("bad_words_ids"),
          unused("begin_suppress_tokens"),
          unused("constraints"),
          unused("diversity_penalty", Json.of(0), Json.of(0.0)),
          unused("encoder_no_repeat_ngram_size", Json.of(0)),
          unused("encoder_repetition_penalty", Json.of(1), Json.of(1.0)),
          unused("epsilon_cutoff", Json.of(0), Json.of(0.0)),
          unused("eta_cutoff", Json.of(0), Json.of(0.0)),
          unused("exponential_decay_length_penalty"),
          unused("force_words_ids"),
          unused("forced_bos_token_id"),
          unused("forced_eos_token_id"),
          unused("guidance_scale", Json.of(1), Json.of(1.0)),
          unused("max_time"),
          unused("min_p", Json.of(0), Json.of(0.0)),
          unused("num_beam_groups", Json.of(1)),
          unused("penalty_alpha", Json.of(0), Json.of(0.0)),
          unused("remove_invalid_values", Json.of(false)),
          unused("renormalize_logits", Json.of(false)),
          unused("sequence_bias"),
          unused("stop_strings"),
          unused("suppress_tokens"),
          unused("token_healing", Json.of(false)),
          unused("top_h"),
          unused("typical_p", Json.of(1), Json.of(1.0)),
          unused("watermarking_config"));

  /** Members that are numbers here and there, each by how it is set. */
  private static final Map<String, BiConsumer<GenerationConfig.Builder, Integer>> COUNTS =
      Map.of(
          "max_new_tokens", GenerationConfig.Builder::maxNewTokens,
          "min_new_tokens", GenerationConfig.Builder::minNewTokens,
          "no_repeat_ngram_size", GenerationConfig.Builder::noRepeatNgramSize,
          "num_beams", GenerationConfig.Builder::numBeams,
          "num_return_sequences", GenerationConfig.Builder::numReturnSequences,
          "top_k", GenerationConfig.Builder::topK);

  private static final Map<String, BiConsumer<GenerationConfig.Builder, Double>> NUMBERS =
      Map.of(
          "length_penalty", GenerationConfig.Builder::lengthPenalty,
          "repetition_penalty", GenerationConfig.Builder::repetitionPenalty,
          "temperature", GenerationConfig.Builder::temperature,
          "top_p", GenerationConfig.Builder::topP);

  private final ConfigMembers members;

  private GenerationDefaults(ConfigMembers members) {
    this.members = members;
  }

  private static Map.Entry<String, Set<Json>> unused(String name, Json... values) {
    return Map.entry(name, Set.of(values));
  }

  /**
   * Those of a model's directory: of its {@value #FILE}, or if there is none what its config.json
   * says of writing, as {@code from_pretrained} takes them.
   *
   * @throws NoSuchFileException if there is neither
   * @throws CorruptFileException if the file is not a JSON object, or a member is of the wrong kind
   *     or out of its range
   * @throws UnsupportedFeatureException if it asks for what is not done here
   * @throws IOException if it cannot be read
   */
  public static GenerationDefaults in(Path directory) throws IOException {
    Path own = directory.resolve(FILE);
    Path file = Files.exists(own) ? own : directory.resolve("config.json");
    return of(Pretrained.json(file), file.toString());
  }

  /**
   * @param source the file, for messages
   */
  static GenerationDefaults of(Json.Obj json, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    var defaults = new GenerationDefaults(new ConfigMembers(json));
    for (Map.Entry<String, Set<Json>> feature : new TreeMap<>(UNSUPPORTED).entrySet()) {
      Json value = defaults.members.given(feature.getKey()).orElse(Json.Null.NULL);
      boolean empty = value instanceof Json.Arr array && array.items().isEmpty();
      if (value != Json.Null.NULL && !empty && !feature.getValue().contains(value)) {
        throw new UnsupportedFeatureException(
            "%s: %s is %s, which is not supported; take it out to write without it"
                .formatted(source, feature.getKey(), value.toText()));
      }
    }
    try {
      // A prompt so short that every most is at least one token.
      defaults.forPrompt(0).build();
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": " + e.getMessage(), e);
    }
    return defaults;
  }

  /**
   * The values to write with, for prompts of this length. {@code max_length} and {@code min_length}
   * count the prompt, too, and hold where {@code max_new_tokens} and {@code min_new_tokens} do not
   * say.
   *
   * @param tokens the tokens of a prompt; of a model with an encoder those of the decoder's, one
   * @throws IllegalArgumentException if {@code max_length} leaves no room for a token
   */
  public GenerationConfig.Builder forPrompt(int tokens) {
    GenerationConfig.Builder values = GenerationConfig.builder();
    COUNTS.forEach((name, set) -> count(name).ifPresent(value -> set.accept(values, value)));
    NUMBERS.forEach(
        (name, set) ->
            members.given(name).ifPresent(_ -> set.accept(values, members.json().real(name))));
    if (count("max_new_tokens").isEmpty()) {
      count("max_length").ifPresent(most -> values.maxNewTokens(room(most, tokens)));
    }
    if (count("min_new_tokens").isEmpty()) {
      count("min_length").ifPresent(least -> values.minNewTokens(Math.max(least - tokens, 0)));
    }
    values.doSample(members.bool("do_sample", false));
    values.earlyStopping(earlyStopping());
    values.eosTokenIds(members.integers("eos_token_id", List.of()));
    members.optionalInteger("pad_token_id", OptionalLong.empty()).ifPresent(values::padTokenId);
    return values;
  }

  private static int room(int most, int tokens) {
    if (most <= tokens) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens and max_length %d, which counts them; give maxNewTokens, or a shorter prompt"
              .formatted(tokens, most));
    }
    return most - tokens;
  }

  private Optional<Integer> count(String name) {
    return members.given(name).map(_ -> members.json().integer(name)).map(v -> exact(name, v));
  }

  private static int exact(String name, long value) {
    if (value != (int) value) {
      throw new IllegalArgumentException(
          "%s is %d; %d is the most".formatted(name, value, Integer.MAX_VALUE));
    }
    return (int) value;
  }

  private EarlyStopping earlyStopping() {
    return switch (members.given("early_stopping").orElse(Json.of(false))) {
      case Json.Bool(boolean atOnce) -> atOnce ? EarlyStopping.AT_ONCE : EarlyStopping.HEURISTIC;
      case Json.Str(String text) when text.equals("never") -> EarlyStopping.NEVER;
      case Json other ->
          throw new IllegalArgumentException(
              "early_stopping is %s; give true, false or \"never\"".formatted(other.toText()));
    };
  }

  /**
   * The file of a configuration, {@value #FILE}: what is not transformers' default. The seed and
   * the stop condition are not part of it.
   */
  public static FileContent file(GenerationConfig config) {
    GenerationConfig usual = GenerationConfig.builder().build();
    Map<String, Json> members = new TreeMap<>();
    members.put("max_new_tokens", Json.of(config.maxNewTokens()));
    put(members, "min_new_tokens", config.minNewTokens(), usual.minNewTokens(), Json::of);
    put(members, "do_sample", config.doSample(), usual.doSample(), Json::of);
    put(members, "temperature", config.temperature(), usual.temperature(), Json::of);
    put(members, "top_k", config.topK(), usual.topK(), Json::of);
    put(members, "top_p", config.topP(), usual.topP(), Json::of);
    put(
        members,
        "repetition_penalty",
        config.repetitionPenalty(),
        usual.repetitionPenalty(),
        Json::of);
    put(
        members,
        "no_repeat_ngram_size",
        config.noRepeatNgramSize(),
        usual.noRepeatNgramSize(),
        Json::of);
    put(members, "num_beams", config.numBeams(), usual.numBeams(), Json::of);
    put(members, "length_penalty", config.lengthPenalty(), usual.lengthPenalty(), Json::of);
    put(
        members,
        "early_stopping",
        config.earlyStopping(),
        usual.earlyStopping(),
        stop -> stop == EarlyStopping.NEVER ? Json.of("never") : Json.of(true));
    put(
        members,
        "num_return_sequences",
        config.numReturnSequences(),
        usual.numReturnSequences(),
        Json::of);
    put(
        members,
        "eos_token_id",
        config.eosTokenIds(),
        usual.eosTokenIds(),
        ids -> ConfigMembers.json(ids));
    put(members, "pad_token_id", config.padTokenId(), usual.padTokenId(), ConfigMembers::json);
    return Pretrained.jsonFile(Json.object(members));
  }

  private static <T> void put(
      Map<String, Json> members, String name, T value, T usual, Function<T, Json> json) {
    if (!value.equals(usual)) {
      members.put(name, json.apply(value));
    }
  }
}
