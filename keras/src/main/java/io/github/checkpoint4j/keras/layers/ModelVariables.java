package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The variables of a model: those of its layers, each in a group {@code layers/NAME}, where the
 * name is the class's in snake case, with {@code _1}, {@code _2} from its second layer on.
 *
 * @see <a href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/saving/saving_lib.py">
 *     keras/src/saving/saving_lib.py: _save_container_state</a>
 */
final class ModelVariables {
  private ModelVariables() {}

  /**
   * The variables of one layer of the model.
   *
   * @param name the layer's name
   * @param variables in the order of {@code layer.weights}
   * @param legacyOrder in the order of a legacy file: those that are trained first, unless the
   *     whole layer is frozen
   * @see <a
   *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/legacy/saving/legacy_h5_format.py">
   *     keras/src/legacy/saving/legacy_h5_format.py: _legacy_weights</a>
   */
  record OfLayer(String name, List<LayerVariable> variables, List<LayerVariable> legacyOrder) {
    OfLayer {
      variables = List.copyOf(variables);
      legacyOrder = List.copyOf(legacyOrder);
    }

    static OfLayer of(LayerConfig layer, List<LayerVariable> variables)
        throws CorruptFileException {
      List<LayerVariable> trainedFirst = new ArrayList<>(variables);
      if (layer.isTrainable()) {
        trainedFirst.sort(Comparator.comparing(variable -> !variable.trainable()));
      }
      return new OfLayer(layer.name(), variables, trainedFirst);
    }
  }

  /** In the order of {@code model.weights}. */
  static List<LayerVariable> of(ModelConfig model)
      throws CorruptFileException, UnsupportedFeatureException {
    return byLayer(model).stream().flatMap(layer -> layer.variables().stream()).toList();
  }

  /** By the layers of the model itself, in order; layers without variables are there too. */
  static List<OfLayer> byLayer(ModelConfig model)
      throws CorruptFileException, UnsupportedFeatureException {
    List<OfLayer> all = new ArrayList<>();
    Map<String, Integer> used = new HashMap<>();
    for (LayerConfig layer : model.savedLayers()) {
      String group = snakeCase(layer.className());
      int count = used.merge(group, 1, Integer::sum) - 1;
      String path = "layers/" + (count == 0 ? group : group + "_" + count);
      List<LayerVariable> variables =
          LayerRules.variables(layer).stream()
              .map(variable -> variable.within(path, layer.name(), layer.name() + "."))
              .toList();
      all.add(OfLayer.of(layer, variables));
    }
    return all;
  }

  /** As {@code keras/src/utils/naming.py} has it: {@code p_re_lu}, {@code conv2d}. */
  static String snakeCase(String name) {
    return name.replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
