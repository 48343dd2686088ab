package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.CallArgument;
import io.github.checkpoint4j.keras.layers.FunctionalConfig;
import io.github.checkpoint4j.keras.layers.LayerCall;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A graph of layers, which may have several inputs and outputs and call a layer several times. */
final class FunctionalModel extends NestedModel {
  private final FunctionalConfig config;
  private final List<Step> steps;

  /** A call of a layer. */
  private record Step(Layer layer, Call call, LayerCall arguments) {}

  /** Which call of which layer. */
  private record Call(String layer, int index) {}

  FunctionalModel(LayerSpec spec, FunctionalConfig config)
      throws CorruptFileException, UnsupportedFeatureException {
    super(spec);
    this.config = config;
    List<Step> calls = new ArrayList<>();
    for (LayerConfig layer : config.layers()) {
      if (layer.isInput()) {
        continue;
      }
      Layer built = LayerClasses.build(spec.child(layer));
      // An operation has no weights, and Keras has it in no list of layers.
      Layer added = layer.isOperation() ? built : add(built);
      for (int i = 0; i < layer.calls().size(); i++) {
        calls.add(new Step(added, new Call(layer.name(), i), layer.calls().get(i)));
      }
    }
    steps = ordered(calls);
  }

  /** The calls, each after those whose outputs it takes. */
  private List<Step> ordered(List<Step> calls) throws CorruptFileException {
    Set<Call> done = new HashSet<>();
    config.layers().stream()
        .filter(LayerConfig::isInput)
        .forEach(input -> done.add(new Call(input.name(), 0)));
    List<Step> ordered = new ArrayList<>();
    List<Step> left = new ArrayList<>(calls);
    while (!left.isEmpty()) {
      int before = left.size();
      left.removeIf(
          step -> {
            boolean ready = taken(step.arguments()).allMatch(done::contains);
            if (ready) {
              done.add(step.call());
              ordered.add(step);
            }
            return ready;
          });
      if (left.size() == before) {
        throw new CorruptFileException(
            "%sit is called on outputs that depend on its own, in a circle"
                .formatted(left.getFirst().layer().spec().layer().where()));
      }
    }
    return List.copyOf(ordered);
  }

  private static Stream<Call> taken(LayerCall call) {
    return outputs(call).map(output -> new Call(output.layer(), output.call()));
  }

  private static Stream<CallArgument.Output> outputs(LayerCall call) {
    return Stream.concat(call.args().stream(), call.kwargs().values().stream())
        .flatMap(CallArgument::allOutputs);
  }

  private static void withoutMask(CallArgument.Output output, Map<Call, List<MaskedTensor>> made) {
    made.computeIfPresent(
        new Call(output.layer(), output.call()),
        (_, tensors) -> {
          List<MaskedTensor> changed = new ArrayList<>(tensors);
          changed.set(output.tensor(), changed.get(output.tensor()).withoutMask());
          return changed;
        });
  }

  @Override
  List<String> inputs() {
    return config.inputs() instanceof CallArgument.Fields fields
        ? List.copyOf(fields.values().keySet())
        : config.inputs().allOutputs().map(CallArgument.Output::layer).toList();
  }

  @Override
  List<String> outputs() {
    return config.outputs() instanceof CallArgument.Fields fields
        ? List.copyOf(fields.values().keySet())
        : config.outputs().allOutputs().map(CallArgument.Output::layer).toList();
  }

  /** The layers of the inputs, in the order of {@link #inputs}. */
  private List<String> inputLayers() {
    return config.inputs().allOutputs().map(CallArgument.Output::layer).toList();
  }

  /**
   * @throws IllegalArgumentException if there are not as many tensors as the model has inputs
   */
  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    List<MaskedTensor> given = arguments.tensors();
    List<String> names = inputLayers();
    if (given.size() != names.size()) {
      throw new IllegalArgumentException(
          "model '%s' has %d inputs and is called on %d tensors"
              .formatted(config.name(), names.size(), given.size()));
    }
    Map<Call, List<MaskedTensor>> made = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      made.put(new Call(names.get(i), 0), List.of(given.get(i)));
    }
    for (Step step : steps) {
      made.put(step.call(), step.layer().apply(resolved(step.arguments(), made)));
      if (step.layer().takesMasks()) {
        outputs(step.arguments()).forEach(output -> withoutMask(output, made));
      }
    }
    return config.outputs().allOutputs().map(output -> tensor(output, made)).toList();
  }

  private static CallArguments resolved(LayerCall call, Map<Call, List<MaskedTensor>> made) {
    Map<String, Argument> named = new LinkedHashMap<>();
    call.kwargs().forEach((name, argument) -> named.put(name, resolved(argument, made)));
    return new CallArguments(
        call.args().stream().map(argument -> resolved(argument, made)).toList(), named);
  }

  private static Argument resolved(CallArgument argument, Map<Call, List<MaskedTensor>> made) {
    return switch (argument) {
      case CallArgument.Output output -> new Argument.Single(tensor(output, made));
      case CallArgument.Items(List<CallArgument> values) ->
          new Argument.Several(values.stream().map(value -> resolved(value, made)).toList());
      case CallArgument.Fields(Map<String, CallArgument> values) ->
          new Argument.Several(
              values.values().stream().map(value -> resolved(value, made)).toList());
      case CallArgument.Constant(var value) -> new Argument.Constant(value);
    };
  }

  private static MaskedTensor tensor(
      CallArgument.Output output, Map<Call, List<MaskedTensor>> made) {
    return Optional.ofNullable(made.get(new Call(output.layer(), output.call())))
        .filter(tensors -> output.tensor() < tensors.size())
        .map(tensors -> tensors.get(output.tensor()))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "layer '%s' has no output %d in call %d"
                        .formatted(output.layer(), output.tensor(), output.call())));
  }
}
