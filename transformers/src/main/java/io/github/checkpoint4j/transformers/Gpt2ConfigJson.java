package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * A {@link Gpt2Config} as config.json.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/models/gpt2/
 *     configuration_gpt2.py</a>
 */
final class Gpt2ConfigJson {
  /** The members that a {@link Gpt2Config} has, or that are written anew. */
  private static final Set<String> KNOWN =
      Set.of(
          "activation_function",
          "add_cross_attention",
          "architectures",
          "attn_pdrop",
          "bos_token_id",
          "dtype",
          "embd_pdrop",
          "eos_token_id",
          "initializer_range",
          "layer_norm_epsilon",
          "model_type",
          "n_embd",
          "n_head",
          "n_inner",
          "n_layer",
          "n_positions",
          "pad_token_id",
          "resid_pdrop",
          "scale_attn_by_inverse_layer_idx",
          "scale_attn_weights",
          "tie_word_embeddings",
          "torch_dtype",
          "vocab_size");

  /** Other names that transformers takes, {@code attribute_map}. */
  private static final Map<String, String> ALIASES =
      Map.of(
          "hidden_size", "n_embd",
          "max_position_embeddings", "n_positions",
          "num_attention_heads", "n_head",
          "num_hidden_layers", "n_layer");

  /** The last token of OpenAI's vocabulary, which both begins and ends a text. */
  private static final long END_OF_TEXT = 50256;

  private Gpt2ConfigJson() {}

  static Gpt2Config parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    try {
      return config(new ConfigMembers(json).renamed(ALIASES));
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException("config.json: " + e.getMessage(), e);
    }
  }

  static Json.Obj toJson(Gpt2Config config) {
    Map<String, Json> members = new TreeMap<>(config.others().members());
    members.put("activation_function", Json.of(config.activationFunction().text()));
    members.put("add_cross_attention", Json.of(false));
    members.put("architectures", Json.array(List.of(Json.of("GPT2LMHeadModel"))));
    members.put("attn_pdrop", Json.of(config.attnPdrop()));
    members.put("bos_token_id", ConfigMembers.json(config.bosTokenId()));
    members.put("dtype", Json.of("float32"));
    members.put("embd_pdrop", Json.of(config.embdPdrop()));
    members.put("eos_token_id", ConfigMembers.json(config.eosTokenIds()));
    members.put("initializer_range", Json.of(config.initializerRange()));
    members.put("layer_norm_epsilon", Json.of(config.layerNormEpsilon()));
    members.put("model_type", Json.of("gpt2"));
    members.put("n_embd", Json.of(config.nEmbd()));
    members.put("n_head", Json.of(config.nHead()));
    members.put("n_inner", ConfigMembers.json(config.nInner()));
    members.put("n_layer", Json.of(config.nLayer()));
    members.put("n_positions", Json.of(config.nPositions()));
    members.put("pad_token_id", ConfigMembers.json(config.padTokenId()));
    members.put("resid_pdrop", Json.of(config.residPdrop()));
    members.put("scale_attn_by_inverse_layer_idx", Json.of(config.scaleAttnByInverseLayerIdx()));
    members.put("scale_attn_weights", Json.of(config.scaleAttnWeights()));
    members.put("tie_word_embeddings", Json.of(config.tieWordEmbeddings()));
    members.put("vocab_size", Json.of(config.vocabSize()));
    return Json.object(members);
  }

  private static Gpt2Config config(ConfigMembers members) throws UnsupportedFeatureException {
    members.requireType("gpt2");
    if (members.bool("add_cross_attention", false)) {
      throw new UnsupportedFeatureException(
          "config.json: add_cross_attention is true; only decoders without an encoder are read");
    }
    return new Gpt2Config(
        members.integer("vocab_size", 50257),
        members.integer("n_positions", 1024),
        members.integer("n_embd", 768),
        members.integer("n_layer", 12),
        members.integer("n_head", 12),
        members.optionalInteger("n_inner", OptionalLong.empty()),
        Activation.named("activation_function", members.text("activation_function", "gelu_new")),
        members.real("resid_pdrop", 0.1),
        members.real("embd_pdrop", 0.1),
        members.real("attn_pdrop", 0.1),
        members.real("layer_norm_epsilon", 1e-5),
        members.real("initializer_range", 0.02),
        members.bool("scale_attn_weights", true),
        members.bool("scale_attn_by_inverse_layer_idx", false),
        members.bool("tie_word_embeddings", true),
        members.optionalInteger("bos_token_id", OptionalLong.of(END_OF_TEXT)),
        members.integers("eos_token_id", List.of(END_OF_TEXT)),
        members.optionalInteger("pad_token_id", OptionalLong.empty()),
        members.without(KNOWN));
  }
}
