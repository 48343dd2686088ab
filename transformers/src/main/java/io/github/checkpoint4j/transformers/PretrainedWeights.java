package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Weights of a file, on their way into a model. */
final class PretrainedWeights {
  private static final Set<Dtype> FLOATS = Set.of(Dtype.F16, Dtype.BF16, Dtype.F64);

  private final String source;
  private final Map<String, org.bytedeco.pytorch.Tensor> parameters;
  private final Map<String, Tensor> matched = new LinkedHashMap<>();
  private final List<String> unexpected = new ArrayList<>();
  private final List<String> mismatched = new ArrayList<>();

  private PretrainedWeights(String source, Map<String, org.bytedeco.pytorch.Tensor> parameters) {
    this.source = source;
    this.parameters = parameters;
  }

  /**
   * Copies the tensors into the model's parameters, and draws those that are missing.
   *
   * @param source where the tensors are from, for messages
   * @throws StateMismatchException if no tensor is the model's, or one has another shape; then
   *     nothing was changed
   */
  static LoadReport load(BertForSequenceClassification model, StateDict tensors, String source) {
    var weights = new PretrainedWeights(source, ModuleState.of(model).parameters());
    weights.match(tensors);
    return weights.copyInto(model);
  }

  private void match(StateDict tensors) {
    var names = new WeightNames(parameters.keySet());
    for (Map.Entry<String, Value> entry : tensors.entries().entrySet()) {
      String parameter = names.parameter(entry.getKey()).orElse("");
      if (parameter.isEmpty() || !(entry.getValue() instanceof Tensor tensor)) {
        unexpected.add(entry.getKey());
        continue;
      }
      if (matched.put(parameter, tensor) != null) {
        throw new StateMismatchException(
            source + ": two tensors are " + parameter + "; the second is " + entry.getKey());
      }
      compare(entry.getKey(), tensor, Objects.requireNonNull(parameters.get(parameter)));
    }
    if (matched.isEmpty()) {
      throw new StateMismatchException(nothingMatches(names, tensors.names()));
    }
    if (!mismatched.isEmpty()) {
      throw new StateMismatchException(
          source
              + ": "
              + String.join("; ", mismatched)
              + ". Load it with the config.json and the labels it was trained with");
    }
  }

  private void compare(String name, Tensor found, org.bytedeco.pytorch.Tensor parameter) {
    Tensor expected = NativeTensors.view(parameter);
    boolean readable = found.dtype() == expected.dtype() || FLOATS.contains(found.dtype());
    if (!readable || !Arrays.equals(found.shape(), expected.shape())) {
      mismatched.add(name + " is " + found + " and the model's is " + expected);
    }
  }

  private String nothingMatches(WeightNames names, Set<String> found) {
    String start =
        "%s: none of its %d entries is one of the model's %d parameters"
            .formatted(source, found.size(), parameters.size());
    return names
        .hidingPrefix(found)
        .map(
            prefix ->
                start
                    + "; without the prefix '%s' %d are: rename them first"
                        .formatted(prefix, names.countWithout(prefix, found)))
        .orElseGet(
            () ->
                start
                    + "; the first are %s, and the model's %s"
                        .formatted(found.stream().limit(3).toList(), names.examples()));
  }

  private LoadReport copyInto(BertForSequenceClassification model) {
    List<String> missing =
        parameters.keySet().stream().filter(name -> !matched.containsKey(name)).toList();
    List<String> converted = new ArrayList<>();
    parameters.forEach(
        (name, parameter) -> {
          Tensor tensor = matched.get(name);
          if (tensor == null) {
            return;
          }
          if (tensor.dtype() == Dtype.F32) {
            NativeTensors.copyInto(tensor, parameter);
          } else {
            convert(tensor, parameter);
            converted.add(name);
          }
        });
    InitialWeights.draw(model, model.config(), missing::contains);
    return new LoadReport(
        parameters.keySet().stream().filter(matched::containsKey).toList(),
        missing,
        unexpected,
        converted);
  }

  private static void convert(Tensor tensor, org.bytedeco.pytorch.Tensor parameter) {
    try (var _ = new NoGradGuard();
        var copy = NativeTensors.copyOf(tensor);
        var floats = copy.to(ScalarType.Float)) {
      parameter.copy_(floats);
    }
  }
}
