package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The shape of a GPT-2: Hugging Face's {@code GPT2Config}, the content of config.json.
 *
 * @param vocabSize the number of tokens
 * @param nPositions the most tokens a sequence may have
 * @param nEmbd the width of the hidden states; a multiple of the number of heads
 * @param nLayer the number of blocks
 * @param nHead the heads of each block
 * @param nInner the width inside the feed-forward block; if empty, four times {@code nEmbd}
 * @param activationFunction the activation inside the feed-forward block
 * @param residPdrop the share dropped, in training, of what a block adds to the hidden states
 * @param embdPdrop the share of the embeddings dropped in training
 * @param attnPdrop the share of attention weights dropped in training
 * @param layerNormEpsilon what is added to the variance in a normalisation
 * @param initializerRange the standard deviation of weights drawn at random
 * @param scaleAttnWeights whether scores are divided by the root of the width of a head
 * @param scaleAttnByInverseLayerIdx whether they are also divided by the number of the block, from
 *     1
 * @param tieWordEmbeddings whether the head's weight is that of the word embeddings
 * @param bosTokenId the token that begins a text
 * @param eosTokenIds the tokens that end a text
 * @param padTokenId the token that pads
 * @param others the members of config.json that mean nothing here, passed on as they are
 */
public record Gpt2Config(
    long vocabSize,
    long nPositions,
    long nEmbd,
    long nLayer,
    long nHead,
    OptionalLong nInner,
    Activation activationFunction,
    double residPdrop,
    double embdPdrop,
    double attnPdrop,
    double layerNormEpsilon,
    double initializerRange,
    boolean scaleAttnWeights,
    boolean scaleAttnByInverseLayerIdx,
    boolean tieWordEmbeddings,
    OptionalLong bosTokenId,
    List<Long> eosTokenIds,
    OptionalLong padTokenId,
    Json.Obj others) {

  /**
   * Checks the fields.
   *
   * @throws IllegalArgumentException if they make no model; the message names the field
   */
  public Gpt2Config {
    eosTokenIds = List.copyOf(eosTokenIds);
    ConfigRules.requirePositive("vocab_size", vocabSize);
    ConfigRules.requirePositive("n_positions", nPositions);
    ConfigRules.requirePositive("n_embd", nEmbd);
    ConfigRules.requirePositive("n_layer", nLayer);
    ConfigRules.requirePositive("n_head", nHead);
    nInner.ifPresent(width -> ConfigRules.requirePositive("n_inner", width));
    ConfigRules.requireMultiple("n_embd", nEmbd, "n_head", nHead);
    ConfigRules.requireProbability("resid_pdrop", residPdrop);
    ConfigRules.requireProbability("embd_pdrop", embdPdrop);
    ConfigRules.requireProbability("attn_pdrop", attnPdrop);
    ConfigRules.requireNotNegative("layer_norm_epsilon", layerNormEpsilon);
    ConfigRules.requireNotNegative("initializer_range", initializerRange);
  }

  /**
   * A GPT-2 of this size, without the tokens of OpenAI's vocabulary. All else is as transformers
   * has it if it is not said: dropouts of 0.1, a head tied to the word embeddings.
   */
  public static Gpt2Config of(
      long vocabSize, long nPositions, long nEmbd, long nLayer, long nHead) {
    return new Gpt2Config(
        vocabSize,
        nPositions,
        nEmbd,
        nLayer,
        nHead,
        OptionalLong.empty(),
        Activation.GELU_NEW,
        0.1,
        0.1,
        0.1,
        1e-5,
        0.02,
        true,
        false,
        true,
        OptionalLong.empty(),
        List.of(),
        OptionalLong.empty(),
        Json.object(Map.of()));
  }

  /**
   * The configuration that a config.json holds. Members that are missing have the values of
   * transformers' {@code GPT2Config}.
   *
   * @throws CorruptFileException if a member is of the wrong kind or they make no model
   * @throws UnsupportedFeatureException if it is of another kind of model, or of a GPT-2 that also
   *     attends to an encoder
   */
  public static Gpt2Config parse(Json.Obj json)
      throws CorruptFileException, UnsupportedFeatureException {
    return Gpt2ConfigJson.parse(json);
  }

  /** The config.json of a language model with this configuration, its members sorted. */
  public Json.Obj toJson() {
    return Gpt2ConfigJson.toJson(this);
  }

  /** This model with one share dropped everywhere. */
  public Gpt2Config withDropout(double share) {
    return new Gpt2Config(
        vocabSize,
        nPositions,
        nEmbd,
        nLayer,
        nHead,
        nInner,
        activationFunction,
        share,
        share,
        share,
        layerNormEpsilon,
        initializerRange,
        scaleAttnWeights,
        scaleAttnByInverseLayerIdx,
        tieWordEmbeddings,
        bosTokenId,
        eosTokenIds,
        padTokenId,
        others);
  }

  /** This model with these tokens for the beginning, the end and the padding of a text. */
  public Gpt2Config withTokens(long bos, long eos, long pad) {
    return new Gpt2Config(
        vocabSize,
        nPositions,
        nEmbd,
        nLayer,
        nHead,
        nInner,
        activationFunction,
        residPdrop,
        embdPdrop,
        attnPdrop,
        layerNormEpsilon,
        initializerRange,
        scaleAttnWeights,
        scaleAttnByInverseLayerIdx,
        tieWordEmbeddings,
        OptionalLong.of(bos),
        List.of(eos),
        OptionalLong.of(pad),
        others);
  }

  /** The width inside the feed-forward block. */
  long innerSize() {
    return nInner.orElseGet(() -> Math.multiplyExact(4, nEmbd));
  }
}
