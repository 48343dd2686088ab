package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * BERT that classifies.
 *
 * @param labels the labels instead of those in config.json
 */
record BertClassifierArchitecture(Optional<List<String>> labels)
    implements Architecture<BertConfig, BertForSequenceClassification> {
  @Override
  public BertConfig parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    BertConfig config = BertConfig.parse(json);
    return labels.map(config::withLabels).orElse(config);
  }

  @Override
  public BertForSequenceClassification make(BertConfig config, StateDict weights) {
    return new BertForSequenceClassification(config, false);
  }

  @Override
  public List<String> synonyms(String name) {
    return WeightNames.synonyms(name);
  }

  @Override
  public void draw(BertForSequenceClassification model, Predicate<String> chosen) {
    InitialWeights.draw(model, model.config(), chosen);
  }
}
