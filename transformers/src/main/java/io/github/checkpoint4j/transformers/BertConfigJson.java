package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * A {@link BertConfig} as config.json.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/configuration_utils.py
 *     and models/bert/configuration_bert.py</a>
 */
final class BertConfigJson {
  /** The members that a {@link BertConfig} has, or that are written anew. */
  private static final Set<String> KNOWN =
      Set.of(
          "architectures",
          "attention_probs_dropout_prob",
          "classifier_dropout",
          "dtype",
          "hidden_act",
          "hidden_dropout_prob",
          "hidden_size",
          "id2label",
          "initializer_range",
          "intermediate_size",
          "label2id",
          "layer_norm_eps",
          "max_position_embeddings",
          "model_type",
          "num_attention_heads",
          "num_hidden_layers",
          "num_labels",
          "pad_token_id",
          "problem_type",
          "torch_dtype",
          "type_vocab_size",
          "vocab_size");

  private static final int MOST_LABELS = 1_000_000;

  private final Json.Obj json;
  private final ConfigMembers members;

  private BertConfigJson(Json.Obj json) {
    this.json = json;
    this.members = new ConfigMembers(json);
  }

  static BertConfig parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    try {
      return new BertConfigJson(json).config();
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException("config.json: " + e.getMessage(), e);
    }
  }

  static Json.Obj toJson(BertConfig config, String architecture) {
    Map<String, Json> members = new TreeMap<>(config.others().members());
    members.put("architectures", Json.array(List.of(Json.of(architecture))));
    members.put("attention_probs_dropout_prob", Json.of(config.attentionProbsDropoutProb()));
    members.put(
        "classifier_dropout",
        config.classifierDropout().isPresent()
            ? Json.of(config.classifierDropout().getAsDouble())
            : Json.Null.NULL);
    members.put("dtype", Json.of("float32"));
    members.put("hidden_act", Json.of(config.hiddenAct().text()));
    members.put("hidden_dropout_prob", Json.of(config.hiddenDropoutProb()));
    members.put("hidden_size", Json.of(config.hiddenSize()));
    members.put("initializer_range", Json.of(config.initializerRange()));
    members.put("intermediate_size", Json.of(config.intermediateSize()));
    members.put("layer_norm_eps", Json.of(config.layerNormEps()));
    members.put("max_position_embeddings", Json.of(config.maxPositionEmbeddings()));
    members.put("model_type", Json.of("bert"));
    members.put("num_attention_heads", Json.of(config.numAttentionHeads()));
    members.put("num_hidden_layers", Json.of(config.numHiddenLayers()));
    members.put("pad_token_id", ConfigMembers.json(config.padTokenId()));
    config.problemType().ifPresent(type -> members.put("problem_type", Json.of(type.text())));
    members.put("type_vocab_size", Json.of(config.typeVocabSize()));
    members.put("vocab_size", Json.of(config.vocabSize()));
    if (!config.labels().equals(BertConfig.unnamedLabels(2))) {
      Map<String, Json> names = new LinkedHashMap<>();
      Map<String, Json> indices = new TreeMap<>();
      for (int i = 0; i < config.numLabels(); i++) {
        names.put(Integer.toString(i), Json.of(config.labels().get(i)));
        indices.put(config.labels().get(i), Json.of(i));
      }
      members.put("id2label", Json.object(names));
      members.put("label2id", Json.object(indices));
    }
    return Json.object(members);
  }

  private BertConfig config() throws UnsupportedFeatureException {
    requireEncoder();
    Optional<String> problemType =
        members.given("problem_type").map(type -> json.text("problem_type"));
    return new BertConfig(
        members.integer("vocab_size", 30522),
        members.integer("hidden_size", 768),
        members.integer("num_hidden_layers", 12),
        members.integer("num_attention_heads", 12),
        members.integer("intermediate_size", 3072),
        Activation.named("hidden_act", members.text("hidden_act", "gelu")),
        members.real("hidden_dropout_prob", 0.1),
        members.real("attention_probs_dropout_prob", 0.1),
        members.given("classifier_dropout").isPresent()
            ? OptionalDouble.of(json.real("classifier_dropout"))
            : OptionalDouble.empty(),
        members.integer("max_position_embeddings", 512),
        members.integer("type_vocab_size", 2),
        members.real("initializer_range", 0.02),
        members.real("layer_norm_eps", 1e-12),
        members.optionalInteger("pad_token_id", OptionalLong.of(0)),
        labels(),
        problemType.isPresent()
            ? Optional.of(ProblemType.named(problemType.get()))
            : Optional.empty(),
        members.without(KNOWN));
  }

  private void requireEncoder() throws UnsupportedFeatureException {
    members.requireType("bert");
    for (String flag : List.of("is_decoder", "add_cross_attention")) {
      if (members.bool(flag, false)) {
        throw new UnsupportedFeatureException(
            "config.json: " + flag + " is true; only encoders are read");
      }
    }
    if (!members.text("position_embedding_type", "absolute").equals("absolute")) {
      throw new UnsupportedFeatureException(
          "config.json: position_embedding_type is '"
              + json.text("position_embedding_type")
              + "'; only absolute is read");
    }
  }

  private List<String> labels() {
    if (members.given("id2label").isEmpty()) {
      long count = members.integer("num_labels", 2);
      if (count < 1 || count > MOST_LABELS) {
        throw new IllegalArgumentException(
            "num_labels " + count + " is not between 1 and " + MOST_LABELS);
      }
      return BertConfig.unnamedLabels((int) count);
    }
    Json.Obj names = json.object("id2label");
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < names.members().size(); i++) {
      String index = Integer.toString(i);
      if (names.find(index).isEmpty()) {
        throw new IllegalArgumentException(
            "id2label has no label " + i + "; its indices are " + names.members().keySet());
      }
      labels.add(
          names.get(index) instanceof Json.Num number ? number.literal() : names.text(index));
    }
    if (members.given("num_labels").isPresent() && json.integer("num_labels") != labels.size()) {
      throw new IllegalArgumentException(
          "num_labels is "
              + json.integer("num_labels")
              + " and id2label has "
              + labels.size()
              + " labels");
    }
    return labels;
  }
}
