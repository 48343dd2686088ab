package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code PReLU}. PyTorch's has one slope, or one a channel: where Keras shares all dimensions but
 * one, or all, the tensor has one dimension. Where it shares fewer, it has Keras's shape.
 */
final class PReluRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    List<Long> shared = layer.options().integers("shared_axes");
    List<Long> sizes = new ArrayList<>();
    for (long axis = 1; axis <= rank(layer, shared); axis++) {
      sizes.add(shared.contains(axis) ? 1 : Shape.ANY);
    }
    Shape alpha = new Shape(sizes);
    long own = sizes.stream().filter(size -> size == Shape.ANY).count();
    Arrangement arrangement =
        own > 1
            ? Arrangement.Same.SAME
            : new Arrangement.Reshaped(alpha, Shape.of(own == 1 ? Shape.ANY : 1));
    return OwnVariables.of(layer).trained("alpha", alpha, new Single("weight", arrangement)).list();
  }

  /**
   * The dimensions of the input, the batch apart. Files from before Keras 3 do not tell: there the
   * last dimension is taken for the one that is not shared.
   */
  private static long rank(LayerConfig layer, List<Long> shared) {
    return layer
        .buildConfig()
        .flatMap(build -> build.find("input_shape"))
        .filter(Json.Arr.class::isInstance)
        .map(shape -> ((Json.Arr) shape).items().size() - 1L)
        .orElse(shared.stream().reduce(0L, Math::max) + 1);
  }
}
