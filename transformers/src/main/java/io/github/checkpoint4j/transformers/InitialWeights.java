package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.ModuleState;
import java.util.function.Predicate;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The weights that a BERT starts from if none are loaded. */
final class InitialWeights {
  private static final String PADDED = "word_embeddings.weight";

  private InitialWeights() {}

  /**
   * Overwrites the parameters that {@code chosen} accepts: weights are drawn from a normal
   * distribution with {@code initializer_range} as its standard deviation, in the order the
   * parameters were registered, from libtorch's default generator; normalisations become 1, biases
   * 0, and so does the row of the padding token.
   *
   * @see <a href="https://github.com/huggingface/transformers">transformers/modeling_utils.py,
   *     _init_weights</a>
   */
  static void draw(Module module, BertConfig config, Predicate<String> chosen) {
    try (var _ = new NoGradGuard();
        var zero = new Scalar(0.0);
        var one = new Scalar(1.0)) {
      ModuleState.of(module)
          .parameters()
          .forEach(
              (name, parameter) -> {
                if (!chosen.test(name)) {
                  return;
                }
                if (name.endsWith("bias")) {
                  parameter.fill_(zero);
                } else if (name.endsWith("LayerNorm.weight")) {
                  parameter.fill_(one);
                } else {
                  drawNormal(parameter, config.initializerRange());
                  if (name.endsWith(PADDED) && config.padTokenId().isPresent()) {
                    try (Tensor row = parameter.select(0, config.padTokenId().getAsLong())) {
                      row.fill_(zero);
                    }
                  }
                }
              });
    }
  }

  /** Overwrites a parameter; the caller sees to it that autograd does not. */
  static void drawNormal(Tensor parameter, double deviation) {
    try (var defaultGenerator = new GeneratorOptional()) {
      parameter.normal_(0, deviation, defaultGenerator);
    }
  }
}
