package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * {@code PReLU}. PyTorch's has one slope, or one a channel: where Keras shares all dimensions but
 * one, or all, the tensor has one dimension. Where it shares fewer, it has Keras's shape.
 */
final class PReluRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    List<Long> shared = layer.options().integers("shared_axes");
    Shape alpha = shape(shared, rank(layer));
    long own = alpha.dimensions().stream().filter(size -> size != 1).count();
    boolean flat = own <= 1 && !alpha.equals(Shape.of(Shape.REST));
    Arrangement arrangement =
        flat
            ? new Arrangement.Reshaped(alpha, Shape.of(own == 1 ? Shape.ANY : 1))
            : Arrangement.Same.SAME;
    return OwnVariables.of(layer).trained("alpha", alpha, new Single("weight", arrangement)).list();
  }

  /**
   * The shape of the slopes. Where the number of dimensions is not known, the one after the last
   * that is shared is taken for the last.
   */
  private static Shape shape(List<Long> shared, OptionalLong rank) {
    if (shared.isEmpty() && rank.isEmpty()) {
      return Shape.of(Shape.REST);
    }
    List<Long> sizes = new ArrayList<>();
    long last = rank.orElse(shared.stream().reduce(0L, Math::max) + 1);
    for (long axis = 1; axis <= last; axis++) {
      sizes.add(shared.contains(axis) ? 1 : Shape.ANY);
    }
    return new Shape(sizes);
  }

  /** The dimensions of the input, the batch apart; legacy files do not tell. */
  private static OptionalLong rank(LayerConfig layer) {
    return layer.buildConfig().flatMap(build -> build.find("input_shape")).stream()
        .filter(Json.Arr.class::isInstance)
        .mapToLong(shape -> ((Json.Arr) shape).items().size() - 1L)
        .findFirst();
  }
}
