package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import java.util.List;
import java.util.function.Predicate;

/** GPT-2 with its head, and the names that its weights have had. */
final class Gpt2Architecture implements Architecture<Gpt2Config, Gpt2LMHeadModel> {
  private static final String BASE = "transformer.";

  @Override
  public Gpt2Config parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException {
    return Gpt2Config.parse(json);
  }

  @Override
  public Gpt2LMHeadModel make(Gpt2Config config, StateDict weights) {
    boolean tied =
        config.tieWordEmbeddings()
            && !TiedWeights.differ(
                weights, List.of(BASE + "wte.weight", "wte.weight"), "lm_head.weight");
    return new Gpt2LMHeadModel(config, tied, false);
  }

  @Override
  public List<String> synonyms(String name) {
    return List.of(name, BASE + name);
  }

  /** Older files hold the causal mask. */
  @Override
  public boolean ignores(String name) {
    return name.endsWith(".attn.bias") || name.endsWith(".attn.masked_bias");
  }

  @Override
  public void draw(Gpt2LMHeadModel model, Predicate<String> chosen) {
    Gpt2InitialWeights.draw(model, model.config(), chosen);
  }
}
