package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.transformers.T5Config.FeedForward;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * A {@link T5Config} as config.json.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/models/t5/
 *     configuration_t5.py</a>
 */
final class T5ConfigJson {
  /** The members that a {@link T5Config} has, or that are written anew. */
  private static final Set<String> KNOWN =
      Set.of(
          "architectures",
          "d_ff",
          "d_kv",
          "d_model",
          "decoder_start_token_id",
          "dense_act_fn",
          "dropout_rate",
          "dtype",
          "eos_token_id",
          "feed_forward_proj",
          "initializer_factor",
          "is_decoder",
          "is_encoder_decoder",
          "is_gated_act",
          "layer_norm_epsilon",
          "model_type",
          "num_decoder_layers",
          "num_heads",
          "num_layers",
          "pad_token_id",
          "relative_attention_max_distance",
          "relative_attention_num_buckets",
          "scale_decoder_outputs",
          "tie_word_embeddings",
          "torch_dtype",
          "vocab_size");

  /** Other names that transformers takes, {@code attribute_map}. */
  private static final Map<String, String> ALIASES =
      Map.of(
          "hidden_size", "d_model",
          "num_attention_heads", "num_heads",
          "num_hidden_layers", "num_layers",
          "head_dim", "d_kv");

  private static final String GATED = "gated-";

  /** Under this name T5 1.1 has the approximation by tanh. */
  private static final String GATED_GELU = "gated-gelu";

  private T5ConfigJson() {}

  static T5Config parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    try {
      return config(new ConfigMembers(json).renamed(ALIASES));
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException("config.json: " + e.getMessage(), e);
    }
  }

  static Json.Obj toJson(T5Config config) {
    Map<String, Json> members = new TreeMap<>(config.others().members());
    members.put("architectures", Json.array(List.of(Json.of("T5ForConditionalGeneration"))));
    members.put("d_ff", Json.of(config.dFf()));
    members.put("d_kv", Json.of(config.dKv()));
    members.put("d_model", Json.of(config.dModel()));
    config
        .decoderStartTokenId()
        .ifPresent(id -> members.put("decoder_start_token_id", Json.of(id)));
    members.put("dense_act_fn", Json.of(config.feedForwardProj().activation().text()));
    members.put("dropout_rate", Json.of(config.dropoutRate()));
    members.put("dtype", Json.of("float32"));
    members.put("eos_token_id", ConfigMembers.json(config.eosTokenIds()));
    members.put("feed_forward_proj", Json.of(text(config.feedForwardProj())));
    members.put("initializer_factor", Json.of(config.initializerFactor()));
    members.put("is_decoder", Json.of(false));
    members.put("is_encoder_decoder", Json.of(true));
    members.put("is_gated_act", Json.of(config.feedForwardProj().gated()));
    members.put("layer_norm_epsilon", Json.of(config.layerNormEpsilon()));
    members.put("model_type", Json.of("t5"));
    members.put("num_decoder_layers", Json.of(config.numDecoderLayers()));
    members.put("num_heads", Json.of(config.numHeads()));
    members.put("num_layers", Json.of(config.numLayers()));
    members.put("pad_token_id", ConfigMembers.json(config.padTokenId()));
    members.put("relative_attention_max_distance", Json.of(config.relativeAttentionMaxDistance()));
    members.put("relative_attention_num_buckets", Json.of(config.relativeAttentionNumBuckets()));
    members.put("scale_decoder_outputs", Json.of(config.scaleDecoderOutputs()));
    members.put("tie_word_embeddings", Json.of(true));
    members.put("vocab_size", Json.of(config.vocabSize()));
    return Json.object(members);
  }

  private static T5Config config(ConfigMembers members) throws UnsupportedFeatureException {
    members.requireType("t5");
    if (members.bool("is_decoder", false) || !members.bool("is_encoder_decoder", true)) {
      throw new UnsupportedFeatureException(
          "config.json: is_decoder is %s and is_encoder_decoder is %s; only an encoder with a decoder is read"
              .formatted(
                  members.bool("is_decoder", false), members.bool("is_encoder_decoder", true)));
    }
    long layers = members.integer("num_layers", 6);
    return new T5Config(
        members.integer("vocab_size", 32128),
        members.integer("d_model", 512),
        members.integer("d_kv", 64),
        members.integer("d_ff", 2048),
        layers,
        members.integer("num_decoder_layers", layers),
        members.integer("num_heads", 8),
        members.integer("relative_attention_num_buckets", 32),
        members.integer("relative_attention_max_distance", 128),
        members.real("dropout_rate", 0.1),
        members.real("layer_norm_epsilon", 1e-6),
        members.real("initializer_factor", 1.0),
        feedForward(members.text("feed_forward_proj", "relu")),
        // Before transformers 5 an untied head said so.
        members.bool("scale_decoder_outputs", members.bool("tie_word_embeddings", true)),
        members.optionalInteger("pad_token_id", OptionalLong.of(0)),
        members.integers("eos_token_id", List.of(1L)),
        members.optionalInteger("decoder_start_token_id", OptionalLong.empty()),
        members.without(KNOWN));
  }

  private static FeedForward feedForward(String text) throws UnsupportedFeatureException {
    if (text.equals(GATED_GELU)) {
      return FeedForward.GATED_GELU;
    }
    boolean gated = text.startsWith(GATED);
    String activation = gated ? text.substring(GATED.length()) : text;
    return new FeedForward(gated, Activation.named("feed_forward_proj", activation));
  }

  private static String text(FeedForward layers) {
    if (layers.equals(FeedForward.GATED_GELU)) {
      return GATED_GELU;
    }
    return (layers.gated() ? GATED : "") + layers.activation().text();
  }
}
