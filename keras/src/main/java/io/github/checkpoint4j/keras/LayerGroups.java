package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The layers of a model as its configuration has them, beside the groups of its variables. */
final class LayerGroups {
  private static final String LAYERS = "layers/";

  /** Classes whose layers have variables once they are built, whatever their options. */
  private static final Set<String> WITH_VARIABLES =
      Set.of(
          "BatchNormalization",
          "Bidirectional",
          "Conv1D",
          "Conv1DTranspose",
          "Conv2D",
          "Conv2DTranspose",
          "Conv3D",
          "Conv3DTranspose",
          "Dense",
          "DepthwiseConv1D",
          "DepthwiseConv2D",
          "EinsumDense",
          "Embedding",
          "GRU",
          "LSTM",
          "MultiHeadAttention",
          "SeparableConv1D",
          "SeparableConv2D",
          "SimpleRNN");

  private LayerGroups() {}

  /** What the two do not agree on, in words. */
  static List<String> mismatches(KerasModel model) {
    Map<String, Json.Obj> expected =
        model.layout().isLegacy() ? byName(model) : ModelOrder.groups(LAYERS, model.layers());
    Set<String> found = found(model);
    List<String> mismatches = new ArrayList<>();
    for (String group : found) {
      if (!expected.containsKey(group)) {
        mismatches.add(
            "there are variables in '" + group + "', and the configuration has no such layer");
      }
    }
    // A model that was not built has none at all; a layer that a nested model shares has them
    // there.
    if (!found.isEmpty() && expected.values().stream().noneMatch(LayerGroups::isModel)) {
      expected.forEach(
          (group, layer) -> {
            String className = text(layer, "class_name").orElse("");
            if (WITH_VARIABLES.contains(className) && !found.contains(group)) {
              mismatches.add(
                  "the configuration has a layer "
                      + className
                      + " with variables in '"
                      + group
                      + "', and there are none");
            }
          });
    }
    return mismatches;
  }

  private static Map<String, Json.Obj> byName(KerasModel model) {
    Map<String, Json.Obj> layers = new LinkedHashMap<>();
    for (Json item : model.layers()) {
      if (item instanceof Json.Obj layer) {
        inner(layer)
            .flatMap(config -> text(config, "name"))
            .ifPresent(name -> layers.put(model.layout().weightsPrefix() + name, layer));
      }
    }
    return layers;
  }

  /** The groups of layers that have variables. */
  private static Set<String> found(KerasModel model) {
    Set<String> found = new LinkedHashSet<>();
    for (String path : model.variables().keySet()) {
      if (model.layout().isLegacy()) {
        DatasetPaths.layerOf(model.layout(), path, model.names().keySet())
            .filter(group -> !group.endsWith(DatasetPaths.TOP_LEVEL))
            .ifPresent(found::add);
      } else if (path.startsWith(LAYERS) && path.indexOf('/', LAYERS.length()) > 0) {
        found.add(path.substring(0, path.indexOf('/', LAYERS.length())));
      }
    }
    return found;
  }

  private static boolean isModel(Json.Obj layer) {
    return inner(layer).filter(config -> config.find("layers").isPresent()).isPresent();
  }

  private static Optional<Json.Obj> inner(Json.Obj layer) {
    return layer.find("config").filter(Json.Obj.class::isInstance).map(Json.Obj.class::cast);
  }

  private static Optional<String> text(Json.Obj object, String name) {
    return object
        .find(name)
        .filter(Json.Str.class::isInstance)
        .map(member -> ((Json.Str) member).value());
  }
}
