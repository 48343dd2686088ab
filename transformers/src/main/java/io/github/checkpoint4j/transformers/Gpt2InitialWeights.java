package io.github.checkpoint4j.transformers;

import java.util.function.Predicate;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The weights that a GPT-2 starts from if none are loaded. */
final class Gpt2InitialWeights {
  /** What transformers takes instead of a range of 0, except in a {@link Conv1D}. */
  private static final double RANGE_FOR_ZERO = 0.02;

  private Gpt2InitialWeights() {}

  /**
   * Overwrites the parameters that {@code chosen} accepts: weights are drawn from a normal
   * distribution with {@code initializer_range} as its standard deviation, in the order the
   * parameters were registered, from libtorch's default generator; normalisations become 1, biases
   * 0. The weights that end the halves of a block are drawn twice, the second time with a deviation
   * that shrinks with the number of blocks.
   *
   * @see <a href="https://github.com/huggingface/transformers">transformers/models/gpt2/
   *     modeling_gpt2.py, _init_weights</a>
   */
  static void draw(Module module, Gpt2Config config, Predicate<String> chosen) {
    InitialWeights.draw(module, chosen, (name, weight) -> drawWeight(name, weight, config));
  }

  private static void drawWeight(String name, Tensor parameter, Gpt2Config config) {
    double range = config.initializerRange();
    if (!name.contains(".c_")) {
      InitialWeights.drawNormal(parameter, range == 0 ? RANGE_FOR_ZERO : range);
      return;
    }
    InitialWeights.drawNormal(parameter, range);
    if (name.endsWith(".c_proj.weight")) {
      InitialWeights.drawNormal(parameter, range / Math.sqrt(2.0 * config.nLayer()));
    }
  }
}
