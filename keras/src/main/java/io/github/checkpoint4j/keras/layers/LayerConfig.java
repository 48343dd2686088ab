package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The configuration of a layer, of a model within a model, or of an operation on tensors.
 *
 * @param module the module of its class, {@code keras.layers}; files from before Keras 3 have none.
 *     Empty text for a class of a script that was run
 * @param className the class: {@code Dense}
 * @param registeredName under what name a class outside Keras was registered
 * @param name the layer's name
 * @param options the arguments it was made with
 * @param buildConfig the arguments it was built with, {@code input_shape} as a rule
 * @param sharedId a number that all places have which hold this very layer
 * @param calls how a {@link FunctionalConfig} calls it
 * @param model the model that it is, if it is one
 */
public record LayerConfig(
    Optional<String> module,
    String className,
    Optional<String> registeredName,
    String name,
    LayerOptions options,
    Optional<Json.Obj> buildConfig,
    Optional<Json> sharedId,
    List<LayerCall> calls,
    Optional<ModelConfig> model) {

  private static final Set<String> FUNCTIONAL = Set.of("Functional", "Model");

  public LayerConfig {
    calls = List.copyOf(calls);
  }

  /**
   * @param where what it is in, for messages, with a colon and a blank after it
   */
  static LayerConfig parse(Json.Obj layer, String where)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions outer = new LayerOptions(where, layer);
    String className = outer.text("class_name");
    Json config = outer.get("config");
    LayerOptions named = new LayerOptions(where, config instanceof Json.Obj ? config : layer);
    String name =
        outer.find("name").isPresent()
            ? outer.text("name")
            : named.find("name").isPresent() ? named.text("name") : className;
    Optional<String> module =
        layer.members().containsKey("module")
            ? Optional.of(outer.find("module").isPresent() ? outer.text("module") : "")
            : Optional.empty();
    String here = where + "layer '" + name + "' (" + className + "): ";
    Optional<String> registered =
        outer.find("registered_name").isPresent()
            ? Optional.of(outer.text("registered_name"))
            : Optional.empty();
    Optional<Json.Obj> buildConfig =
        outer.find("build_config").isPresent()
            ? Optional.of(outer.object("build_config"))
            : Optional.empty();
    return new LayerConfig(
        module,
        className,
        registered,
        name,
        new LayerOptions(here, config instanceof Json.Arr ? Json.object().build() : config),
        buildConfig,
        outer.find("shared_object_id"),
        List.of(),
        parseModel(className, name, config, here));
  }

  private static Optional<ModelConfig> parseModel(
      String className, String name, Json config, String where)
      throws CorruptFileException, UnsupportedFeatureException {
    if (className.equals("Sequential")) {
      return Optional.of(SequentialConfig.parse(name, config, where));
    }
    boolean graph = config instanceof Json.Obj object && object.find("output_layers").isPresent();
    return graph && FUNCTIONAL.contains(className)
        ? Optional.of(FunctionalConfig.parse(name, config, where))
        : Optional.empty();
  }

  /** The same, called so. */
  LayerConfig withCalls(List<LayerCall> newCalls) {
    return new LayerConfig(
        module, className, registeredName, name, options, buildConfig, sharedId, newCalls, model);
  }

  /** The file and the layer, for messages, with a colon and a blank after them. */
  public String where() {
    return options.where();
  }

  /**
   * Whether its variables are trained; those that never are, such as a moving mean, apart.
   *
   * @throws CorruptFileException if the configuration has something else than true or false there
   */
  public boolean isTrainable() throws CorruptFileException {
    return options.bool("trainable", true);
  }

  /** Whether this is what holds a model's input. */
  public boolean isInput() {
    return className.equals("InputLayer");
  }

  /**
   * Whether this is a function of {@code keras.ops} and not a layer: {@code x + y} is {@code Add}.
   */
  public boolean isOperation() {
    return module.filter(name -> name.startsWith("keras.src.ops.")).isPresent();
  }

  /**
   * Whether the class is not Keras's own, as far as the configuration tells. Files from before
   * Keras 3 tell only of registered classes, whose name has a {@code >}.
   */
  public boolean isCustom() {
    return registeredName.filter(name -> name.contains(">")).isPresent()
        || className.contains(">")
        || module.filter(name -> !name.equals("keras") && !name.startsWith("keras.")).isPresent();
  }

  /**
   * The layer that a wrapper has as its argument {@code argument}.
   *
   * @throws CorruptFileException if there is none, or it is not the configuration of a layer
   * @throws UnsupportedFeatureException if it is a model of a kind that is not read
   */
  public LayerConfig wrapped(String argument)
      throws CorruptFileException, UnsupportedFeatureException {
    return parse(options.object(argument), where());
  }

  /**
   * The layer that a wrapper may have as its argument {@code argument}; empty if it has none.
   *
   * @throws CorruptFileException if it is not the configuration of a layer
   * @throws UnsupportedFeatureException if it is a model of a kind that is not read
   */
  public Optional<LayerConfig> findWrapped(String argument)
      throws CorruptFileException, UnsupportedFeatureException {
    return options.find(argument).isPresent() ? Optional.of(wrapped(argument)) : Optional.empty();
  }
}
