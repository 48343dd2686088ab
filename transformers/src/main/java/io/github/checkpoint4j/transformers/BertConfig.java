package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * The shape of a BERT: Hugging Face's {@code BertConfig}, the content of config.json.
 *
 * @param vocabSize the number of tokens
 * @param hiddenSize the width of the hidden states; a multiple of the number of heads
 * @param numHiddenLayers the number of layers
 * @param numAttentionHeads the heads of each layer
 * @param intermediateSize the width inside the feed-forward block
 * @param hiddenAct the activation inside the feed-forward block
 * @param hiddenDropoutProb the share of hidden states dropped in training
 * @param attentionProbsDropoutProb the share of attention weights dropped in training
 * @param classifierDropout the share of the pooled output dropped in training; if empty, {@code
 *     hiddenDropoutProb}
 * @param maxPositionEmbeddings the most tokens a sequence may have
 * @param typeVocabSize the number of token types
 * @param initializerRange the standard deviation of weights drawn at random
 * @param layerNormEps what is added to the variance in a normalisation
 * @param padTokenId the token that pads; its embedding gets no gradient
 * @param labels the names of the labels, by id; one for regression
 * @param problemType what the labels are; if empty, inferred from them
 * @param others the members of config.json that mean nothing here, passed on as they are
 */
public record BertConfig(
    long vocabSize,
    long hiddenSize,
    long numHiddenLayers,
    long numAttentionHeads,
    long intermediateSize,
    Activation hiddenAct,
    double hiddenDropoutProb,
    double attentionProbsDropoutProb,
    OptionalDouble classifierDropout,
    long maxPositionEmbeddings,
    long typeVocabSize,
    double initializerRange,
    double layerNormEps,
    OptionalLong padTokenId,
    List<String> labels,
    Optional<ProblemType> problemType,
    Json.Obj others) {

  /**
   * Checks the fields.
   *
   * @throws IllegalArgumentException if they make no model; the message names the field
   */
  public BertConfig {
    labels = List.copyOf(labels);
    ConfigRules.requirePositive("vocab_size", vocabSize);
    ConfigRules.requirePositive("hidden_size", hiddenSize);
    ConfigRules.requirePositive("num_hidden_layers", numHiddenLayers);
    ConfigRules.requirePositive("num_attention_heads", numAttentionHeads);
    ConfigRules.requirePositive("intermediate_size", intermediateSize);
    ConfigRules.requirePositive("max_position_embeddings", maxPositionEmbeddings);
    ConfigRules.requirePositive("type_vocab_size", typeVocabSize);
    ConfigRules.requireProbability("hidden_dropout_prob", hiddenDropoutProb);
    ConfigRules.requireProbability("attention_probs_dropout_prob", attentionProbsDropoutProb);
    classifierDropout.ifPresent(p -> ConfigRules.requireProbability("classifier_dropout", p));
    ConfigRules.requireMultiple(
        "hidden_size", hiddenSize, "num_attention_heads", numAttentionHeads);
    ConfigRules.requireNotNegative("initializer_range", initializerRange);
    ConfigRules.requireNotNegative("layer_norm_eps", layerNormEps);
    padTokenId.ifPresent(id -> ConfigRules.requireToken("pad_token_id", id, vocabSize));
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("id2label has no label");
    }
    if (new HashSet<>(labels).size() != labels.size()) {
      throw new IllegalArgumentException("id2label has a label twice: " + labels);
    }
    if (problemType.equals(Optional.of(ProblemType.SINGLE_LABEL_CLASSIFICATION))
        && labels.size() == 1) {
      throw new IllegalArgumentException(
          "problem_type single_label_classification with 1 label; it takes two or more");
    }
  }

  /**
   * The configuration that a config.json holds. Members that are missing have the values of
   * transformers' {@code BertConfig}.
   *
   * @throws CorruptFileException if a member is of the wrong kind or they make no model
   * @throws UnsupportedFeatureException if it is of another kind of model, or of a BERT that is not
   *     an encoder with absolute positions
   */
  public static BertConfig parse(Json.Obj json)
      throws CorruptFileException, UnsupportedFeatureException {
    return BertConfigJson.parse(json);
  }

  /** The config.json of a sequence classifier with this configuration, its members sorted. */
  public Json.Obj toJson() {
    return BertConfigJson.toJson(this, "BertForSequenceClassification");
  }

  /**
   * Whether a head that predicts tokens has the word embeddings as its weight, {@code
   * tie_word_embeddings}; so it is if config.json does not say.
   */
  boolean tieWordEmbeddings() {
    return new ConfigMembers(others).bool("tie_word_embeddings", true);
  }

  /** The number of labels: the width of the logits. */
  public int numLabels() {
    return labels.size();
  }

  /** This model with other labels. */
  public BertConfig withLabels(List<String> labels) {
    return new BertConfig(
        vocabSize,
        hiddenSize,
        numHiddenLayers,
        numAttentionHeads,
        intermediateSize,
        hiddenAct,
        hiddenDropoutProb,
        attentionProbsDropoutProb,
        classifierDropout,
        maxPositionEmbeddings,
        typeVocabSize,
        initializerRange,
        layerNormEps,
        padTokenId,
        labels,
        problemType,
        others);
  }

  /** The names that transformers gives labels without names: {@code LABEL_0}, {@code LABEL_1}. */
  public static List<String> unnamedLabels(int count) {
    return IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList();
  }
}
