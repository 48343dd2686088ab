package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.Onnx;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The state dict of a PyTorch model that was exported to ONNX.
 *
 * <p>The export keeps the names of parameters but for the weights of linear layers on sequences:
 * {@code x W^T + b} becomes a MatMul with a transposed and unnamed weight, and an Add with the
 * bias, which has its name. So the graph tells whose weight it is.
 */
final class OnnxWeights {
  private final Onnx model;
  private final Map<String, List<Onnx.Node>> consumers = new HashMap<>();

  private OnnxWeights(Onnx model) {
    this.model = model;
    for (Onnx.Node node : model.nodes()) {
      for (String input : node.inputs()) {
        consumers.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
      }
    }
  }

  /**
   * The initializers of a model under the names of PyTorch, transposed where the export transposed
   * them. One of which the graph does not tell the name keeps the one it has.
   *
   * @return tensors that are windows on the model, or copies if they were transposed
   */
  static StateDict stateDict(Onnx model) {
    var weights = new OnnxWeights(model);
    Map<String, Tensor> state = new LinkedHashMap<>();
    model
        .initializers()
        .forEach(
            (name, tensor) -> {
              Optional<String> weight =
                  tensor.shape().length == 2 ? weights.linearWeight(name) : Optional.empty();
              if (weight.isPresent() && !model.initializers().containsKey(weight.get())) {
                state.put(weight.get(), transposed(tensor));
              } else {
                state.put(name, tensor);
              }
            });
    return StateDict.of(state);
  }

  /** The name of the weight of the linear layer that multiplies by this initializer alone. */
  private Optional<String> linearWeight(String initializer) {
    List<Onnx.Node> users = consumers.getOrDefault(initializer, List.of());
    if (users.size() != 1) {
      return Optional.empty();
    }
    Onnx.Node product = users.getFirst();
    if (!product.operator().equals("MatMul")
        || product.inputs().size() != 2
        || !product.inputs().get(1).equals(initializer)) {
      return Optional.empty();
    }
    String result = product.outputs().getFirst();
    return consumers.getOrDefault(result, List.of()).stream()
        .filter(node -> node.operator().equals("Add"))
        .flatMap(node -> node.inputs().stream())
        .filter(name -> name.endsWith(".bias") && model.initializers().containsKey(name))
        .map(name -> name.substring(0, name.length() - "bias".length()) + "weight")
        .findFirst();
  }

  private static Tensor transposed(Tensor tensor) {
    try (var copy = NativeTensors.copyOf(tensor);
        var turned = copy.t();
        var rows = turned.contiguous()) {
      return NativeTensors.view(rows);
    }
  }
}
