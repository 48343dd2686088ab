package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import io.github.checkpoint4j.keras.layers.LayerOptions;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.keras.layers.SequentialConfig;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A layer as a model's configuration has it, and where it is in the network.
 *
 * @param path the names of the models it is in and its own, with dots between
 * @param layer its configuration
 * @param trainable whether it and all it is in are trained
 * @param weights those that will be loaded, by their whole names; empty if none will. Sizes that a
 *     configuration does not tell, as in files from before Keras 3, are theirs
 */
record LayerSpec(String path, LayerConfig layer, boolean trainable, StateDict weights) {

  /** What stands in a shape for a size that is not fixed. */
  static final long UNKNOWN = -1;

  /** A layer of the model that this is. */
  LayerSpec child(LayerConfig child) throws CorruptFileException {
    return new LayerSpec(
        path.isEmpty() ? child.name() : path + "." + child.name(),
        child,
        trainable && child.isTrainable(),
        weights);
  }

  /** The whole network, whose layers have no path before their names. */
  static LayerSpec root(ModelConfig model, StateDict weights) {
    String className = model instanceof SequentialConfig ? "Sequential" : "Functional";
    var options = new LayerOptions("model '" + model.name() + "': ", Json.object().build());
    var layer =
        new LayerConfig(
            Optional.of("keras"),
            className,
            Optional.empty(),
            model.name(),
            options,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Optional.of(model));
    return new LayerSpec("", layer, true, weights);
  }

  /** A layer within this one, a wrapper: it has the wrapper's path. */
  LayerSpec inner(String option) throws CorruptFileException, UnsupportedFeatureException {
    LayerConfig wrapped = layer.wrapped(option);
    return new LayerSpec(path, wrapped, trainable && wrapped.isTrainable(), weights);
  }

  String name() {
    return layer.name();
  }

  String className() {
    return layer.className();
  }

  /** What its constructor is given, by name. */
  Json.Obj config() {
    return layer.options().members();
  }

  /** A whole number. */
  long integer(String option) {
    return config().integer(option);
  }

  double real(String option) {
    return config().real(option);
  }

  /** A number; {@code otherwise} if it is not there or null. */
  double real(String option, double otherwise) {
    return isSet(option) ? config().real(option) : otherwise;
  }

  /** Whether an option is true; not if it is not there. */
  boolean flag(String option) {
    return config().find(option).orElse(Json.Null.NULL) instanceof Json.Bool(boolean value)
        && value;
  }

  /** Whether an option is there and not null. */
  boolean isSet(String option) {
    return config().find(option).filter(value -> value != Json.Null.NULL).isPresent();
  }

  String text(String option) {
    return config().text(option);
  }

  /** Whole numbers: a list of them, or one that stands for {@code count} alike. */
  long[] integers(String option, int count) {
    return config().get(option) instanceof Json.Num number
        ? filled(count, number.asLong())
        : integers(option);
  }

  /** Whole numbers: a list of them, or one alone. */
  long[] integers(String option) {
    return switch (config().get(option)) {
      case Json.Num number -> new long[] {number.asLong()};
      case Json.Arr array -> integers(array);
      case Json other ->
          throw new IllegalArgumentException(
              "member '" + option + "' should be whole numbers and is " + other.kind());
    };
  }

  static long[] integers(Json.Arr array) {
    return array.items().stream()
        .mapToLong(
            item ->
                switch (item) {
                  case Json.Num number -> number.asLong();
                  case Json.Null _ -> UNKNOWN;
                  default ->
                      throw new IllegalArgumentException(
                          "a list should have whole numbers and has " + item.kind());
                })
        .toArray();
  }

  /** Whether the channels are the first axis after the batch, not the last. */
  boolean channelsFirst() {
    return isSet("data_format") && text("data_format").equals("channels_first");
  }

  /**
   * The shape of the input, with {@link #UNKNOWN} for sizes that are not fixed; empty if the
   * configuration does not tell.
   */
  Optional<long[]> inputShape() {
    Optional<Json> only = layer.buildConfig().flatMap(shapes -> shapes.find("input_shape"));
    // A layer that is called on several tensors has the shape of each: the first is its input.
    return shape(
        only.or(() -> shapes().flatMap(all -> all.members().values().stream().findFirst())));
  }

  /** One of the shapes of several inputs; empty if the configuration does not tell. */
  Optional<long[]> inputShape(String input) {
    return shape(shapes().flatMap(all -> all.find(input)));
  }

  private Optional<Json.Obj> shapes() {
    return layer
        .buildConfig()
        .flatMap(shapes -> shapes.find("shapes_dict"))
        .flatMap(LayerSpec::object);
  }

  private static Optional<long[]> shape(Optional<Json> shape) {
    return shape.flatMap(
        sizes -> sizes instanceof Json.Arr array ? Optional.of(integers(array)) : Optional.empty());
  }

  /** The shape of the weight that will be loaded under a name; empty if there is none. */
  Optional<long[]> weightShape(String name) {
    return weights
        .find(path + "." + name)
        .flatMap(
            weight ->
                weight instanceof Tensor tensor ? Optional.of(tensor.shape()) : Optional.empty());
  }

  /**
   * The size of an axis of the input.
   *
   * @param weight the weight that tells it if the configuration does not
   * @param dimension of the weight
   */
  long inputSize(long axis, String weight, int dimension) throws UnsupportedFeatureException {
    Optional<long[]> shape = inputShape();
    if (shape.isEmpty()) {
      return weightSize(weight, dimension);
    }
    long size = shape.get()[axisOf(axis, shape.get().length)];
    if (size == UNKNOWN) {
      throw unsupported(
          "it is built on a shape whose axis %d is not fixed, %s; give it a size in Keras"
              .formatted(axis, Arrays.toString(shape.get())));
    }
    return size;
  }

  /** The size of a weight that will be loaded. */
  long weightSize(String weight, int dimension) throws UnsupportedFeatureException {
    long[] shape =
        weightShape(weight)
            .orElseThrow(
                () ->
                    unsupported(
                        "neither a build_config nor a weight '%s' tells its input's size; load the"
                                .formatted(weight)
                            + " model's weights, or save it in Keras 3 after it was built"));
    if (dimension >= shape.length) {
      throw new IllegalArgumentException(
          "its weight '%s' is of shape %s".formatted(weight, Arrays.toString(shape)));
    }
    return shape[dimension];
  }

  /** An axis counted from the front. */
  static int axisOf(long axis, int rank) {
    long counted = axis < 0 ? axis + rank : axis;
    if (counted < 0 || counted >= rank) {
      throw new IllegalArgumentException("axis " + axis + " of a tensor of " + rank + " axes");
    }
    return (int) counted;
  }

  /**
   * The error for something that has no counterpart here.
   *
   * @param what what there is, and what to do
   */
  UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(layer.where() + what);
  }

  /** Returns if an option is off, null, or not there. */
  void requireOff(String option, String advice) throws UnsupportedFeatureException {
    Json value = config().find(option).orElse(Json.Null.NULL);
    if (!(value == Json.Null.NULL || value.equals(Json.of(false)))) {
      throw unsupported(
          "it has %s %s, which is not supported; %s".formatted(option, value.toText(), advice));
    }
  }

  /** Which of the options are set. */
  List<String> set(List<String> options) {
    return options.stream().filter(this::isSet).toList();
  }

  private static Optional<Json.Obj> object(Json json) {
    return json instanceof Json.Obj object ? Optional.of(object) : Optional.empty();
  }

  private static long[] filled(int count, long value) {
    long[] values = new long[count];
    Arrays.fill(values, value);
    return values;
  }
}
