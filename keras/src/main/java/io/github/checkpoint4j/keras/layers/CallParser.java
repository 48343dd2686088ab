package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads how the layers of a functional model are called: the members {@code inbound_nodes} of the
 * layers, {@code input_layers} and {@code output_layers}.
 *
 * <p>In Keras 3 a call is an object of {@code args} and {@code kwargs}, with {@code
 * __keras_tensor__}s among them; in Keras 2 it is an array of {@code [layer, call, output,
 * kwargs]}. Calls are counted from 0, except those of models within the model, which have a call of
 * their own, of their inputs: Keras 3 counts it in {@code output_layers}, Keras 2 everywhere. Here
 * it is not counted.
 *
 * @see <a href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/models/functional.py">
 *     keras/src/models/functional.py: Functional.get_config, serialize_node, deserialize_node</a>
 */
final class CallParser {
  private final List<LayerConfig> layers;
  private final String where;
  private final Map<String, LayerConfig> byName = new HashMap<>();
  private final Map<String, Integer> callCounts = new HashMap<>();
  private boolean fromKeras2;

  CallParser(List<LayerConfig> layers, String where) {
    this.layers = layers;
    this.where = where;
    layers.forEach(layer -> byName.put(layer.name(), layer));
  }

  /** The layers with their calls; {@code array} is the member {@code layers}. */
  List<LayerConfig> withCalls(Json.Arr array) throws CorruptFileException {
    List<List<Json>> nodes = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerOptions outer = new LayerOptions(layers.get(i).where(), array.items().get(i));
      List<Json> calls = outer.array("inbound_nodes").items();
      nodes.add(calls);
      callCounts.put(layers.get(i).name(), layers.get(i).isInput() ? 1 : calls.size());
      fromKeras2 |= calls.stream().anyMatch(Json.Arr.class::isInstance);
    }
    List<LayerConfig> called = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      List<LayerCall> calls = new ArrayList<>();
      for (Json node : nodes.get(i)) {
        calls.add(call(node, layers.get(i).where()));
      }
      called.add(layers.get(i).withCalls(calls));
    }
    return called;
  }

  /** The outputs of {@code input_layers} or {@code output_layers}. */
  CallArgument outputs(Json json) throws CorruptFileException {
    if (json instanceof Json.Arr(List<Json> items) && isLeaf(items)) {
      return output(items, true, where);
    }
    return switch (json) {
      case Json.Arr(List<Json> items) -> {
        List<CallArgument> values = new ArrayList<>();
        for (Json item : items) {
          values.add(outputs(item));
        }
        yield new CallArgument.Items(values);
      }
      case Json.Obj(Map<String, Json> members) -> {
        Map<String, CallArgument> values = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : members.entrySet()) {
          values.put(member.getKey(), outputs(member.getValue()));
        }
        yield new CallArgument.Fields(values);
      }
      default ->
          throw new CorruptFileException(
              where + "an input or output should be [layer, call, output] and is " + json.kind());
    };
  }

  private LayerCall call(Json node, String of) throws CorruptFileException {
    if (node instanceof Json.Arr(List<Json> inputs)) {
      return keras2Call(inputs, of);
    }
    LayerOptions call = new LayerOptions(of, node);
    List<CallArgument> args = new ArrayList<>();
    for (Json argument : call.array("args").items()) {
      args.add(argument(argument, of));
    }
    Map<String, CallArgument> kwargs = new LinkedHashMap<>();
    for (Map.Entry<String, Json> member : call.object("kwargs").members().entrySet()) {
      kwargs.put(member.getKey(), argument(member.getValue(), of));
    }
    return new LayerCall(args, kwargs);
  }

  private CallArgument argument(Json json, String of) throws CorruptFileException {
    return switch (json) {
      case Json.Obj tensor when isClass(tensor, "__keras_tensor__") -> {
        LayerOptions config = new LayerOptions(of, new LayerOptions(of, tensor).get("config"));
        yield output(config.array("keras_history").items(), false, of);
      }
      case Json.Arr(List<Json> items) -> {
        List<CallArgument> values = new ArrayList<>();
        for (Json item : items) {
          values.add(argument(item, of));
        }
        yield new CallArgument.Items(values);
      }
      case Json.Obj object when object.find("class_name").isEmpty() -> {
        Map<String, CallArgument> values = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
          values.put(member.getKey(), argument(member.getValue(), of));
        }
        yield new CallArgument.Fields(values);
      }
      default -> new CallArgument.Constant(json);
    };
  }

  /** A call with its inputs in an array, each with the arguments by name, which all share. */
  private LayerCall keras2Call(List<Json> inputs, String of) throws CorruptFileException {
    List<CallArgument> values = new ArrayList<>();
    Map<String, CallArgument> kwargs = new LinkedHashMap<>();
    for (Json input : inputs) {
      if (!(input instanceof Json.Arr(List<Json> items)) || items.size() < 3 || items.size() > 4) {
        throw new CorruptFileException(
            of + "an inbound node should be [layer, call, output, kwargs] and is " + input.kind());
      }
      values.add(output(items.subList(0, 3), true, of));
      if (items.size() == 4) {
        Json.Obj named = new LayerOptions(of, items.get(3)).members();
        for (Map.Entry<String, Json> member : named.members().entrySet()) {
          kwargs.put(member.getKey(), keras2Argument(member.getValue(), of));
        }
      }
    }
    CallArgument input = values.size() == 1 ? values.getFirst() : new CallArgument.Items(values);
    return new LayerCall(List.of(input), kwargs);
  }

  private CallArgument keras2Argument(Json json, String of) throws CorruptFileException {
    boolean leaf =
        json instanceof Json.Arr(List<Json> items)
            && isLeaf(items)
            && byName.containsKey(((Json.Str) items.getFirst()).value());
    return leaf ? output(((Json.Arr) json).items(), true, of) : argument(json, of);
  }

  /**
   * @param ownCall whether the call that a model within the model has of its own is counted
   */
  private CallArgument.Output output(List<Json> history, boolean ownCall, String of)
      throws CorruptFileException {
    if (!isLeaf(history)) {
      throw new CorruptFileException(
          of
              + "an output of a layer should be [layer, call, output] and is "
              + Json.array(history).toText());
    }
    String name = ((Json.Str) history.get(0)).value();
    LayerConfig layer = byName.get(name);
    if (layer == null) {
      throw new CorruptFileException(
          of + "it takes an output of layer '" + name + "', which is not in the model");
    }
    int call = index(history.get(1), of) - (ownCall && hasOwnCall(layer) ? 1 : 0);
    int calls = callCounts.getOrDefault(name, 0);
    if (call < 0 || call >= calls) {
      throw new CorruptFileException(
          of
              + "it takes an output of call "
              + call
              + " of layer '"
              + name
              + "', which is called "
              + calls
              + " times");
    }
    return new CallArgument.Output(name, call, index(history.get(2), of));
  }

  private boolean hasOwnCall(LayerConfig layer) {
    if (layer.model().isEmpty()) {
      return false;
    }
    ModelConfig model = layer.model().get();
    return fromKeras2
        ? !model.layers().isEmpty() && model.layers().getFirst().isInput()
        : model instanceof FunctionalConfig;
  }

  private static int index(Json json, String of) throws CorruptFileException {
    try {
      int index = Math.toIntExact(((Json.Num) json).asLong());
      if (index >= 0) {
        return index;
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CorruptFileException(of + "a call or an output is counted as " + json.toText(), e);
    }
    throw new CorruptFileException(of + "a call or an output is counted as " + json.toText());
  }

  private static boolean isLeaf(List<Json> items) {
    return items.size() == 3
        && items.get(0) instanceof Json.Str
        && items.get(1) instanceof Json.Num
        && items.get(2) instanceof Json.Num;
  }

  private static boolean isClass(Json.Obj object, String name) {
    return object.find("class_name").equals(Optional.of(Json.of(name)));
  }
}
