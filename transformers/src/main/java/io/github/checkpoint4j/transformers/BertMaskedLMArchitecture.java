package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import java.util.List;
import java.util.function.Predicate;

/** BERT with the head that names tokens. */
final class BertMaskedLMArchitecture implements Architecture<BertConfig, BertForMaskedLM> {
  private static final String WORDS = "embeddings.word_embeddings.weight";

  @Override
  public BertConfig parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    return BertConfig.parse(json);
  }

  @Override
  public BertForMaskedLM make(BertConfig config, StateDict weights) {
    boolean tied =
        config.tieWordEmbeddings()
            && !TiedWeights.differ(
                weights, List.of("bert." + WORDS, WORDS), "cls.predictions.decoder.weight");
    return new BertForMaskedLM(config, tied, false);
  }

  @Override
  public List<String> synonyms(String name) {
    return WeightNames.synonyms(name);
  }

  @Override
  public void draw(BertForMaskedLM model, Predicate<String> chosen) {
    InitialWeights.draw(model, model.config(), chosen);
  }
}
