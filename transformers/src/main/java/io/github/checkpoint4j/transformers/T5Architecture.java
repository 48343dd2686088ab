package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import java.util.List;
import java.util.function.Predicate;

/** T5 with its head. */
final class T5Architecture implements Architecture<T5Config, T5ForConditionalGeneration> {
  @Override
  public T5Config parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    return T5Config.parse(json);
  }

  @Override
  public T5ForConditionalGeneration make(T5Config config, StateDict weights) {
    boolean tied = !TiedWeights.differ(weights, List.of("shared.weight"), "lm_head.weight");
    return new T5ForConditionalGeneration(config, tied, false);
  }

  @Override
  public List<String> synonyms(String name) {
    return List.of(name);
  }

  /** Files of before 2020 hold a bias that was never used. */
  @Override
  public boolean ignores(String name) {
    return name.equals("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight");
  }

  @Override
  public void draw(T5ForConditionalGeneration model, Predicate<String> chosen) {
    T5InitialWeights.draw(model, model.config(), chosen);
  }
}
