package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.TrainableModel;
import java.util.List;
import java.util.function.Predicate;

/**
 * A kind of model, as {@link Pretrained} loads it.
 *
 * @param <C> its configuration
 */
interface Architecture<C, M extends TrainableModel> {
  /**
   * The configuration that a config.json holds.
   *
   * @throws CorruptFileException if it makes no model
   * @throws UnsupportedFeatureException if it is of another kind of model
   */
  C parse(Json.Obj json) throws CorruptFileException, UnsupportedFeatureException;

  /**
   * The model of a configuration, with any weights.
   *
   * @param weights those that are about to be loaded
   */
  M make(C config, StateDict weights);

  /** The parameters that a name in a file may stand for. */
  List<String> synonyms(String name);

  /** Whether what is under this name in a file is no weight, and not worth a word. */
  default boolean ignores(String name) {
    return false;
  }

  /** Draws the parameters that {@code chosen} accepts from libtorch's default generator. */
  void draw(M model, Predicate<String> chosen);
}
