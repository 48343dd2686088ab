package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A model's weights in Keras and in PyTorch: which tensor of a {@code state_dict} is which
 * variable, and how its elements lie. Both ways nothing is lost but what the other side does not
 * have.
 *
 * <p>A tensor is named by the path of its layer, names joined by points, and by the parameter of
 * PyTorch's own counterpart of the layer:
 *
 * <table>
 * <caption>Layers and their tensors</caption>
 * <tr><th>Keras</th><th>PyTorch</th></tr>
 * <tr><td>{@code Dense}, {@code EinsumDense} of two matrices</td>
 *     <td>{@code weight} (transposed), {@code bias}</td></tr>
 * <tr><td>{@code Conv1D}-{@code 3D}, {@code Conv1DTranspose}-{@code 3D}, {@code
 *     DepthwiseConv1D}-{@code 2D}</td>
 *     <td>{@code weight} (channels first), {@code bias}</td></tr>
 * <tr><td>{@code SeparableConv1D}-{@code 2D}</td>
 *     <td>{@code depthwise.weight}, {@code pointwise.weight}, {@code pointwise.bias}</td></tr>
 * <tr><td>{@code BatchNormalization}</td>
 *     <td>{@code weight}, {@code bias}, {@code running_mean}, {@code running_var}, {@code
 *     num_batches_tracked} (0; not looked at on the way back)</td></tr>
 * <tr><td>{@code LayerNormalization}, {@code GroupNormalization}, {@code RMSNormalization}</td>
 *     <td>{@code weight}, {@code bias}</td></tr>
 * <tr><td>{@code Embedding}, {@code PReLU}</td><td>{@code weight}</td></tr>
 * <tr><td>{@code LSTM}, {@code SimpleRNN}, {@code GRU} with {@code reset_after}</td>
 *     <td>{@code weight_ih_l0}, {@code weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0} (for
 *     all but {@code GRU} zero; added to the other on the way back)</td></tr>
 * <tr><td>{@code Bidirectional}</td><td>those, and those with {@code _reverse}</td></tr>
 * <tr><td>{@code MultiHeadAttention}</td>
 *     <td>{@code query}, {@code key}, {@code value}, {@code output}, each a Linear</td></tr>
 * <tr><td>{@code TimeDistributed}</td><td>those of the layer in it</td></tr>
 * <tr><td>{@code Normalization}</td><td>{@code mean}, {@code variance}, {@code count}</td></tr>
 * </table>
 *
 * <p>The state of Keras's random generators has no tensor. Tensors whose bytes need not change are
 * windows on the same bytes, and live as long as those.
 */
public final class WeightMapping {
  /** A group of some files of Keras 3 for the state of a layer's random generator. */
  private static final String RANDOM_STATE = "/seed_generator/";

  private final List<ModelVariables.OfLayer> layers;

  private WeightMapping(List<ModelVariables.OfLayer> layers) {
    this.layers = List.copyOf(layers);
  }

  /**
   * The mapping for a model.
   *
   * @throws CorruptFileException if a layer's configuration lacks what tells its variables
   * @throws UnsupportedFeatureException if there is no rule for a layer, or the layer has no
   *     counterpart in PyTorch as it is configured, or is in two models at once; the message names
   *     layer and class
   */
  public static WeightMapping of(ModelConfig model)
      throws CorruptFileException, UnsupportedFeatureException {
    requireUnshared(model, new HashSet<>());
    WeightMapping mapping = new WeightMapping(ModelVariables.byLayer(model));
    Set<String> names = new HashSet<>();
    for (LayerVariable variable : mapping.variables()) {
      for (String name : variable.counterpart().shapes(variable.shape()).keySet()) {
        if (!names.add(name)) {
          throw new UnsupportedFeatureException(
              "model '"
                  + model.name()
                  + "': two tensors would be named '"
                  + name
                  + "'; rename a layer in Keras");
        }
      }
    }
    return mapping;
  }

  private static void requireUnshared(ModelConfig model, Set<Object> seen)
      throws UnsupportedFeatureException {
    for (LayerConfig layer : model.layers()) {
      if (layer.sharedId().isPresent() && !layer.isInput() && !seen.add(layer.sharedId().get())) {
        throw LayerRule.refusal(
            layer,
            "the layer is also in another model within this one, which is not supported; build it"
                + " as a model of its own and call that in both");
      }
      if (layer.model().isPresent()) {
        requireUnshared(layer.model().get(), seen);
      }
    }
  }

  /** All variables, in the order of {@code model.weights}. */
  List<LayerVariable> variables() {
    return layers.stream().flatMap(layer -> layer.variables().stream()).toList();
  }

  /** As {@link #toPyTorch(Map, SegmentAllocator)}, with new memory off the heap. */
  public StateDict toPyTorch(Map<String, Tensor> variables) {
    return toPyTorch(variables, Arena.ofAuto());
  }

  /**
   * PyTorch's {@code state_dict} of the variables of a {@code .keras} or {@code .weights.h5} file.
   *
   * @param variables by their path: {@code layers/dense/vars/0}. The state of random generators may
   *     be among them
   * @param memory where tensors are put whose bytes change
   * @throws StateMismatchException if a variable is missing, not known, or of another shape; the
   *     message names all
   */
  public StateDict toPyTorch(Map<String, Tensor> variables, SegmentAllocator memory) {
    Mismatches mismatches = new Mismatches("the variables are not those of the model");
    Set<String> known = new HashSet<>();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (LayerVariable variable : variables()) {
      known.add(variable.path());
      mismatches
          .fitting(variable.path(), variable.shape(), variables.get(variable.path()))
          .ifPresent(found -> tensors.putAll(variable.counterpart().toTorch(found, memory)));
    }
    for (String path : variables.keySet()) {
      if (!known.contains(path) && !isRandomState(path)) {
        mismatches.unexpected(path);
      }
    }
    mismatches.requireNone();
    return StateDict.of(tensors);
  }

  /** Whether a variable is the state of a random generator, which PyTorch's modules do not have. */
  static boolean isRandomState(String path) {
    return ("/" + path).contains(RANDOM_STATE);
  }

  /** As {@link #toKeras(StateDict, SegmentAllocator)}, with new memory off the heap. */
  public Map<String, Tensor> toKeras(StateDict state) {
    return toKeras(state, Arena.ofAuto());
  }

  /**
   * The variables for a {@code .keras} or {@code .weights.h5} file, by their path, of a {@code
   * state_dict}.
   *
   * @param memory where variables are put whose bytes change
   * @throws StateMismatchException if a tensor is missing, not known, or of another shape; the
   *     message names all
   */
  public Map<String, Tensor> toKeras(StateDict state, SegmentAllocator memory) {
    Map<LayerVariable, Tensor> converted = convert(state, memory);
    Map<String, Tensor> variables = new LinkedHashMap<>();
    converted.forEach((variable, tensor) -> variables.put(variable.path(), tensor));
    return Collections.unmodifiableMap(variables);
  }

  private Map<LayerVariable, Tensor> convert(StateDict state, SegmentAllocator memory) {
    Mismatches mismatches = new Mismatches("the tensors are not those of the model");
    Set<String> known = new HashSet<>();
    Map<LayerVariable, Tensor> converted = new LinkedHashMap<>();
    for (LayerVariable variable : variables()) {
      Counterpart counterpart = variable.counterpart();
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      boolean complete = true;
      for (Map.Entry<String, Shape> wanted : counterpart.shapes(variable.shape()).entrySet()) {
        String name = wanted.getKey();
        known.add(name);
        if (counterpart.isOptional(name)) {
          continue;
        }
        Optional<Tensor> tensor =
            mismatches.fitting(
                name, wanted.getValue(), state.contains(name) ? state.tensor(name) : null);
        tensor.ifPresent(found -> tensors.put(name, found));
        complete &= tensor.isPresent();
      }
      if (complete) {
        converted.put(variable, counterpart.toKeras(tensors, memory));
      }
    }
    state.names().stream().filter(name -> !known.contains(name)).forEach(mismatches::unexpected);
    mismatches.requireNone();
    return converted;
  }

  /** As {@link #legacyToPyTorch(Map, SegmentAllocator)}, with new memory off the heap. */
  public StateDict legacyToPyTorch(Map<String, List<Tensor>> weights) {
    return legacyToPyTorch(weights, Arena.ofAuto());
  }

  /**
   * PyTorch's {@code state_dict} of the weights of a legacy {@code .h5} file. They are known by
   * their order, as to Keras, since their names differ between its versions.
   *
   * @param weights by the name of the layer; those of a layer in the order of its attribute {@code
   *     weight_names}. Layers without weights may be missing
   * @param memory where tensors are put whose bytes change
   * @throws StateMismatchException if a layer is missing or not known, has another number of
   *     weights, or one of another shape; the message names all
   */
  public StateDict legacyToPyTorch(Map<String, List<Tensor>> weights, SegmentAllocator memory) {
    Mismatches mismatches = new Mismatches("the weights are not those of the model");
    Map<String, Tensor> byPath = new LinkedHashMap<>();
    Set<String> known = new HashSet<>();
    for (ModelVariables.OfLayer layer : layers) {
      String name = layer.name();
      known.add(name);
      List<LayerVariable> expected = layer.legacyOrder();
      List<Tensor> found = weights.getOrDefault(name, List.of());
      if (found.size() != expected.size()) {
        mismatches.add(
            "layer '%s' (expected %d weights, found %d)"
                .formatted(name, expected.size(), found.size()));
        continue;
      }
      for (int i = 0; i < expected.size(); i++) {
        LayerVariable variable = expected.get(i);
        mismatches
            .fitting(variable.legacyName(), variable.shape(), found.get(i))
            .ifPresent(weight -> byPath.put(variable.path(), weight));
      }
    }
    weights.forEach(
        (name, tensors) -> {
          if (!known.contains(name) && !tensors.isEmpty()) {
            mismatches.unexpected("layer " + name);
          }
        });
    mismatches.requireNone();
    return toPyTorch(byPath, memory);
  }

  /** As {@link #toLegacyKeras(StateDict, SegmentAllocator)}, with new memory off the heap. */
  public Map<String, Map<String, Tensor>> toLegacyKeras(StateDict state) {
    return toLegacyKeras(state, Arena.ofAuto());
  }

  /**
   * The weights for a legacy {@code .h5} file of a {@code state_dict}: for each layer by its name,
   * in order, its weights by their names, in the order in which Keras reads them.
   *
   * @param memory where weights are put whose bytes change
   * @throws StateMismatchException if a tensor is missing, not known, or of another shape; the
   *     message names all
   */
  public Map<String, Map<String, Tensor>> toLegacyKeras(StateDict state, SegmentAllocator memory) {
    Map<LayerVariable, Tensor> converted = convert(state, memory);
    Map<String, Map<String, Tensor>> weights = new LinkedHashMap<>();
    for (ModelVariables.OfLayer layer : layers) {
      Map<String, Tensor> named = new LinkedHashMap<>();
      for (LayerVariable variable : layer.legacyOrder()) {
        named.put(variable.legacyName(), Objects.requireNonNull(converted.get(variable)));
      }
      weights.put(layer.name(), Collections.unmodifiableMap(named));
    }
    return Collections.unmodifiableMap(weights);
  }

  /** The variables that an optimizer trains, in its order. */
  List<LayerVariable> trainable() {
    List<LayerVariable> trained = new ArrayList<>(variables());
    trained.removeIf(variable -> !variable.trainable());
    return trained;
  }
}
