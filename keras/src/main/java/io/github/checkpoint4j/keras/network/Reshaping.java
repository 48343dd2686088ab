package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/** The functions of layers that move, repeat, add or leave out elements. */
final class Reshaping {
  private Reshaping() {}

  static UnaryOperator<Tensor> flatten(LayerSpec spec) {
    boolean channelsFirst = spec.channelsFirst();
    return x -> {
      Tensor ordered =
          channelsFirst && x.dim() > 2 ? Window.toChannelsLast(x, Math.toIntExact(x.dim()) - 2) : x;
      return ordered.reshape(x.size(0), -1);
    };
  }

  static UnaryOperator<Tensor> reshape(LayerSpec spec) {
    long[] target = spec.integers("target_shape");
    return x -> x.reshape(Convolution.shape(LongStream.of(x.size(0)), target));
  }

  static UnaryOperator<Tensor> permute(LayerSpec spec) {
    long[] order = Convolution.shape(LongStream.of(0), spec.integers("dims"));
    return x -> x.permute(order);
  }

  static UnaryOperator<Tensor> repeat(LayerSpec spec) {
    long count = spec.integer("n");
    return x -> x.unsqueeze(1).expand(x.size(0), count, x.size(1));
  }

  static UnaryOperator<Tensor> zeroPadding(LayerSpec spec, int rank) {
    return edged(spec, edges(spec, "padding", rank));
  }

  static UnaryOperator<Tensor> cropping(LayerSpec spec, int rank) {
    Window.Edge[] cut =
        Arrays.stream(edges(spec, "cropping", rank))
            .map(edge -> new Window.Edge(-edge.before(), -edge.after()))
            .toArray(Window.Edge[]::new);
    return edged(spec, cut);
  }

  private static UnaryOperator<Tensor> edged(LayerSpec spec, Window.Edge[] edges) {
    int rank = edges.length;
    return spec.channelsFirst()
        ? x -> Window.padded(x, edges, 0)
        : x ->
            Window.toChannelsLast(Window.padded(Window.toChannelsFirst(x, rank), edges, 0), rank);
  }

  /** One number, one for each axis, or two for each axis. */
  private static Window.Edge[] edges(LayerSpec spec, String option, int rank) {
    return switch (spec.config().get(option)) {
      case Json.Num number -> alike(number.asLong(), rank);
      case Json.Arr array when rank == 1 && array.items().getFirst() instanceof Json.Num ->
          new Window.Edge[] {edge(array)};
      case Json.Arr array ->
          array.items().stream()
              .flatMap(
                  item ->
                      item instanceof Json.Arr pair
                          ? Stream.of(edge(pair))
                          : Stream.of(alike(((Json.Num) item).asLong(), 1)))
              .toArray(Window.Edge[]::new);
      case Json other ->
          throw new IllegalArgumentException(
              "member '" + option + "' should be whole numbers and is " + other.kind());
    };
  }

  private static Window.Edge edge(Json.Arr pair) {
    long[] values = LayerSpec.integers(pair);
    return new Window.Edge(values[0], values[1]);
  }

  private static Window.Edge[] alike(long amount, int rank) {
    var edges = new Window.Edge[rank];
    Arrays.fill(edges, new Window.Edge(amount, amount));
    return edges;
  }

  static UnaryOperator<Tensor> upSampling(LayerSpec spec, int rank)
      throws UnsupportedFeatureException {
    if (spec.isSet("interpolation") && !spec.text("interpolation").equals("nearest")) {
      throw spec.unsupported(
          "it has interpolation '%s'; only nearest is supported"
              .formatted(spec.text("interpolation")));
    }
    long[] factors = spec.integers("size", rank);
    int first = spec.channelsFirst() ? 2 : 1;
    return x -> {
      Tensor repeated = x;
      for (int i = 0; i < rank; i++) {
        repeated =
            repeated.repeat_interleave(factors[i], new LongOptional(first + i), new LongOptional());
      }
      return repeated;
    };
  }
}
