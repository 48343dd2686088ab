package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.KerasLayout;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a Keras model's files hold, in PyTorch's terms, and such files of what PyTorch holds: for
 * each layout with the paths and the order that Keras reads.
 */
public final class ModelMapping {
  private final KerasModel model;
  private final WeightMapping weights;
  private final Optional<OptimizerMapping> optimizer;

  private ModelMapping(
      KerasModel model, WeightMapping weights, Optional<OptimizerMapping> optimizer) {
    this.model = model;
    this.weights = weights;
    this.optimizer = optimizer;
  }

  /**
   * The mapping of a model's files.
   *
   * @param source the file, for messages
   * @throws CorruptFileException if its configuration is not one that Keras writes
   * @throws UnsupportedFeatureException if it has no configuration, as weights files (see {@link
   *     KerasModel#withConfig}), or a layer has no counterpart in PyTorch, or it has an optimizer's
   *     variables and the optimizer has none (see {@link KerasModel#withVariables})
   */
  public static ModelMapping of(KerasModel model, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (model.config().isEmpty()) {
      throw new UnsupportedFeatureException(
          source
              + ": "
              + model.layout().title()
              + " does not say which layers the model has; take the configuration of a .keras file"
              + " or of model.to_json()");
    }
    WeightMapping weights = WeightMapping.of(ModelConfig.parse(model.config().get(), source));
    Optional<Json.Obj> compiled = model.compileConfig();
    if (model.optimizerVariables().isEmpty() || compiled.isEmpty()) {
      return new ModelMapping(model, weights, Optional.empty());
    }
    Optional<OptimizerConfig> config = OptimizerConfig.parse(compiled.get(), source);
    return new ModelMapping(
        model,
        weights,
        config.isEmpty()
            ? Optional.empty()
            : Optional.of(OptimizerMapping.of(weights, config.get())));
  }

  /**
   * PyTorch's {@code state_dict}; see {@link WeightMapping}.
   *
   * @throws StateMismatchException if the variables are not those of the configuration
   */
  public StateDict stateDict() {
    if (!model.layout().isLegacy()) {
      return weights.toPyTorch(model.variables());
    }
    Map<String, List<Tensor>> byLayer = new HashMap<>();
    model
        .names()
        .forEach(
            (group, name) ->
                byLayer.put(
                    name,
                    new ArrayList<>(
                        model.variables().entrySet().stream()
                            .filter(variable -> variable.getKey().startsWith(group + "/"))
                            .map(Map.Entry::getValue)
                            .toList())));
    return weights.legacyToPyTorch(byLayer);
  }

  /**
   * The optimizer's state; empty if the file has none. See {@link OptimizerMapping}.
   *
   * @throws StateMismatchException if the variables are not those of the configuration
   */
  public Optional<OptimizerState> optimizerState() {
    return optimizer.map(
        mapping -> mapping.toPyTorch(List.copyOf(model.optimizerVariables().values())));
  }

  /**
   * The same files with other weights. The state of random generators stays as it is.
   *
   * @param optimizerState the optimizer's state; empty to write none
   * @throws IllegalArgumentException if there is a state, and the files have no optimizer
   * @throws StateMismatchException if the state is not that of the configuration
   */
  public KerasModel with(StateDict stateDict, Optional<OptimizerState> optimizerState) {
    if (optimizerState.isPresent() && optimizer.isEmpty()) {
      throw new IllegalArgumentException(
          "the state of an optimizer, and the model's files have no optimizer");
    }
    Map<String, Tensor> optimizerVariables = new LinkedHashMap<>();
    optimizerState.ifPresent(
        state ->
            optimizer
                .orElseThrow()
                .toKeras(state)
                .forEach(
                    (name, tensor) ->
                        optimizerVariables.put(
                            model.layout().isLegacy()
                                ? "optimizer_weights/" + name
                                : "optimizer/vars/" + optimizerVariables.size(),
                            tensor)));
    return model.withVariables(variables(stateDict), optimizerVariables);
  }

  private Map<String, Tensor> variables(StateDict stateDict) {
    Map<String, Tensor> variables = new LinkedHashMap<>();
    if (model.layout().isLegacy()) {
      String prefix = model.layout() == KerasLayout.LEGACY_MODEL ? "model_weights/" : "";
      weights
          .toLegacyKeras(stateDict)
          .forEach(
              (layer, named) ->
                  named.forEach(
                      (name, tensor) -> variables.put(prefix + layer + "/" + name, tensor)));
      return variables;
    }
    variables.putAll(weights.toKeras(stateDict));
    model
        .variables()
        .forEach(
            (path, tensor) -> {
              if (WeightMapping.isRandomState(path)) {
                variables.put(path, tensor);
              }
            });
    return variables;
  }
}
