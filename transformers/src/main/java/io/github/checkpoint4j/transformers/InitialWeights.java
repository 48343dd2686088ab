package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.ModuleState;
import java.util.function.BiConsumer;
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
    draw(
        module,
        chosen,
        (name, weight) -> {
          drawNormal(weight, config.initializerRange());
          if (name.endsWith(PADDED) && config.padTokenId().isPresent()) {
            try (var zero = new Scalar(0.0);
                Tensor row = weight.select(0, config.padTokenId().getAsLong())) {
              row.fill_(zero);
            }
          }
        });
  }

  /**
   * Overwrites the parameters that {@code chosen} accepts, in the order they were registered:
   * biases become 0, normalisations 1.
   *
   * @param weights draws one that is neither
   */
  static void draw(Module module, Predicate<String> chosen, BiConsumer<String, Tensor> weights) {
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
                } else if (parameter.dim() == 1) {
                  parameter.fill_(one);
                } else {
                  weights.accept(name, parameter);
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
