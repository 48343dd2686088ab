package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The shape of a T5: Hugging Face's {@code T5Config}, the content of config.json.
 *
 * @param vocabSize the number of tokens
 * @param dModel the width of the hidden states
 * @param dKv the width of a head
 * @param dFf the width inside the feed-forward layers
 * @param numLayers the blocks of the encoder
 * @param numDecoderLayers the blocks of the decoder
 * @param numHeads the heads of each attention
 * @param relativeAttentionNumBuckets the distances that attention tells apart; 4 or more
 * @param relativeAttentionMaxDistance the distance from which on all are alike; more than a half of
 *     the buckets
 * @param dropoutRate the share that every dropout drops in training
 * @param layerNormEpsilon what is added to the mean square in a normalisation
 * @param initializerFactor what the standard deviations of weights drawn at random are multiplied
 *     by
 * @param feedForwardProj the feed-forward layers
 * @param scaleDecoderOutputs whether the last hidden states are divided by the root of their width,
 *     as in T5 1.0 and not in 1.1
 * @param padTokenId the token that pads; empty if there is none
 * @param eosTokenIds the tokens that end a text
 * @param decoderStartTokenId the token that the decoder is first given; empty if there is none, so
 *     that labels alone make no decoder input
 * @param others the members of config.json that mean nothing here, passed on as they are
 */
public record T5Config(
    long vocabSize,
    long dModel,
    long dKv,
    long dFf,
    long numLayers,
    long numDecoderLayers,
    long numHeads,
    long relativeAttentionNumBuckets,
    long relativeAttentionMaxDistance,
    double dropoutRate,
    double layerNormEpsilon,
    double initializerFactor,
    FeedForward feedForwardProj,
    boolean scaleDecoderOutputs,
    OptionalLong padTokenId,
    List<Long> eosTokenIds,
    OptionalLong decoderStartTokenId,
    Json.Obj others) {

  /** Fewer buckets leave none for near distances, or none for far ones. */
  private static final long LEAST_BUCKETS = 4;

  /**
   * The feed-forward layers.
   *
   * @param gated whether the activation of one projection is multiplied by another
   */
  public record FeedForward(boolean gated, Activation activation) {
    /** That of T5 1.0. */
    public static final FeedForward RELU = new FeedForward(false, Activation.RELU);

    /** That of T5 1.1. */
    public static final FeedForward GATED_GELU = new FeedForward(true, Activation.GELU_NEW);
  }

  /**
   * Checks the fields.
   *
   * @throws IllegalArgumentException if they make no model; the message names the field
   */
  public T5Config {
    eosTokenIds = List.copyOf(eosTokenIds);
    ConfigRules.requirePositive("vocab_size", vocabSize);
    ConfigRules.requirePositive("d_model", dModel);
    ConfigRules.requirePositive("d_kv", dKv);
    ConfigRules.requirePositive("d_ff", dFf);
    ConfigRules.requirePositive("num_layers", numLayers);
    ConfigRules.requirePositive("num_decoder_layers", numDecoderLayers);
    ConfigRules.requirePositive("num_heads", numHeads);
    ConfigRules.requireProbability("dropout_rate", dropoutRate);
    ConfigRules.requireNotNegative("layer_norm_epsilon", layerNormEpsilon);
    ConfigRules.requireNotNegative("initializer_factor", initializerFactor);
    if (relativeAttentionNumBuckets < LEAST_BUCKETS) {
      throw new IllegalArgumentException(
          "relative_attention_num_buckets "
              + relativeAttentionNumBuckets
              + " is not "
              + LEAST_BUCKETS
              + " or more");
    }
    if (relativeAttentionMaxDistance <= relativeAttentionNumBuckets / 2) {
      throw new IllegalArgumentException(
          "relative_attention_max_distance "
              + relativeAttentionMaxDistance
              + " is not above the half of relative_attention_num_buckets "
              + relativeAttentionNumBuckets);
    }
    padTokenId.ifPresent(id -> ConfigRules.requireToken("pad_token_id", id, vocabSize));
    decoderStartTokenId.ifPresent(
        id -> ConfigRules.requireToken("decoder_start_token_id", id, vocabSize));
  }

  /**
   * A T5 1.0 of this size, whose padding is token 0, which also starts the decoder, and whose texts
   * end with token 1. All else is as transformers has it if it is not said.
   */
  public static T5Config of(
      long vocabSize, long dModel, long dKv, long dFf, long numLayers, long numHeads) {
    return new T5Config(
        vocabSize,
        dModel,
        dKv,
        dFf,
        numLayers,
        numLayers,
        numHeads,
        32,
        128,
        0.1,
        1e-6,
        1.0,
        FeedForward.RELU,
        true,
        OptionalLong.of(0),
        List.of(1L),
        OptionalLong.of(0),
        Json.object(Map.of()));
  }

  /**
   * The configuration that a config.json holds. Members that are missing have the values of
   * transformers' {@code T5Config}.
   *
   * @throws CorruptFileException if a member is of the wrong kind or they make no model
   * @throws UnsupportedFeatureException if it is of another kind of model, or of a T5 that is not
   *     an encoder with a decoder
   */
  public static T5Config parse(Json.Obj json)
      throws CorruptFileException, UnsupportedFeatureException {
    return T5ConfigJson.parse(json);
  }

  /** The config.json of a model with this configuration, its members sorted. */
  public Json.Obj toJson() {
    return T5ConfigJson.toJson(this);
  }

  /** This model with another share dropped. */
  public T5Config withDropout(double share) {
    return new T5Config(
        vocabSize,
        dModel,
        dKv,
        dFf,
        numLayers,
        numDecoderLayers,
        numHeads,
        relativeAttentionNumBuckets,
        relativeAttentionMaxDistance,
        share,
        layerNormEpsilon,
        initializerFactor,
        feedForwardProj,
        scaleDecoderOutputs,
        padTokenId,
        eosTokenIds,
        decoderStartTokenId,
        others);
  }

  /** This model with these tokens for the padding, the end and the decoder's start of a text. */
  public T5Config withTokens(long pad, long eos, long decoderStart) {
    return new T5Config(
        vocabSize,
        dModel,
        dKv,
        dFf,
        numLayers,
        numDecoderLayers,
        numHeads,
        relativeAttentionNumBuckets,
        relativeAttentionMaxDistance,
        dropoutRate,
        layerNormEpsilon,
        initializerFactor,
        feedForwardProj,
        scaleDecoderOutputs,
        OptionalLong.of(pad),
        List.of(eos),
        OptionalLong.of(decoderStart),
        others);
  }
}
