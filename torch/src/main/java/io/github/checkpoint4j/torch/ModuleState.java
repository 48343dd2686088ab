package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.StringTensorDict;

/**
 * The weights of a module: its parameters and buffers under PyTorch's dotted names.
 *
 * <p>It keeps references of its own to the native tensors, which are the module's: training shows
 * here, and loading changes the module.
 */
public final class ModuleState implements Stateful {
  private final Map<String, org.bytedeco.pytorch.Tensor> namedParameters;
  private final Map<String, org.bytedeco.pytorch.Tensor> parameters;
  private final Map<String, org.bytedeco.pytorch.Tensor> buffers;
  private final Map<String, org.bytedeco.pytorch.Tensor> entries;
  private final HostTensors host = new HostTensors();

  private ModuleState(
      Map<String, org.bytedeco.pytorch.Tensor> namedParameters,
      Map<String, org.bytedeco.pytorch.Tensor> buffers,
      List<String> modules) {
    this.namedParameters = namedParameters;
    this.parameters = once(namedParameters);
    this.buffers = buffers;
    this.entries = byModule(namedParameters, buffers, modules);
  }

  /** The weights that {@code module} and its children have now; what is registered later is not. */
  public static ModuleState of(Module module) {
    return new ModuleState(
        kept(module.named_parameters()), kept(module.named_buffers()), names(module));
  }

  /**
   * The parameters by name, in the order they were registered; not to be closed. One that has
   * several names is here once, under the first, as in PyTorch's {@code named_parameters()}.
   */
  public Map<String, org.bytedeco.pytorch.Tensor> parameters() {
    return parameters;
  }

  /**
   * The names of the parameters that do not require a gradient now, so that no optimizer changes
   * them: those of frozen layers. Buffers are not among them, for a forward pass may change one.
   */
  public Set<String> frozen() {
    Set<String> names = new LinkedHashSet<>();
    namedParameters.forEach(
        (name, tensor) -> {
          if (!tensor.requires_grad()) {
            names.add(name);
          }
        });
    return names;
  }

  /** The parameters that have several names; not to be closed. */
  List<org.bytedeco.pytorch.Tensor> tied() {
    Map<Long, Long> names =
        namedParameters.values().stream()
            .collect(Collectors.groupingBy(NativeTensors::identity, Collectors.counting()));
    return parameters.values().stream()
        .filter(tensor -> names.getOrDefault(NativeTensors.identity(tensor), 0L) > 1)
        .toList();
  }

  /** The device of the first parameter or buffer, where the others are, too. */
  TorchDevice device() {
    return entries.values().stream().findFirst().map(TorchDevice::of).orElse(TorchDevice.cpu());
  }

  /** The buffers by name, in the order they were registered; not to be closed. */
  public Map<String, org.bytedeco.pytorch.Tensor> buffers() {
    return buffers;
  }

  /**
   * The parameters and buffers, as views of the module's memory, in the order of PyTorch's {@code
   * state_dict()}: module by module, of each the parameters first. A tied weight, a parameter that
   * has several names, is here under each, as it is there: one and the same tensor, which is
   * written once. On a GPU they are copies, which the next call overwrites.
   */
  @Override
  public StateDict stateDict() {
    StateDict.Builder state = StateDict.builder();
    Map<Long, Tensor> views = new HashMap<>();
    entries()
        .forEach(
            (name, tensor) ->
                state.put(
                    name,
                    views.computeIfAbsent(NativeTensors.identity(tensor), _ -> host.view(tensor))));
    return state.build();
  }

  /** The elements of all parameters, those of a tied weight counted once. */
  @Override
  public OptionalLong parameterCount() {
    return OptionalLong.of(
        parameters.values().stream()
            .mapToLong(org.bytedeco.pytorch.Tensor::numel)
            .reduce(0, Math::addExact));
  }

  /**
   * Copies every tensor of {@code state} into the module, as they are: {@link WeightLoading} loads
   * what fits only in part.
   *
   * @throws StateMismatchException if a tensor is missing, is not the module's, or has another
   *     shape or dtype than the module's; the message names all of them, and nothing was changed
   */
  @Override
  public void loadStateDict(StateDict state) {
    WeightLoading.EXACT.load(state, this, "the state");
  }

  /** The parameters and buffers under all their names: the entries of {@link #stateDict}. */
  Map<String, org.bytedeco.pytorch.Tensor> entries() {
    return entries;
  }

  private static Map<String, org.bytedeco.pytorch.Tensor> byModule(
      Map<String, org.bytedeco.pytorch.Tensor> parameters,
      Map<String, org.bytedeco.pytorch.Tensor> buffers,
      List<String> modules) {
    Map<String, Map<String, org.bytedeco.pytorch.Tensor>> ofModule = new LinkedHashMap<>();
    ofModule.put("", new LinkedHashMap<>());
    modules.forEach(module -> ofModule.put(module, new LinkedHashMap<>()));
    for (var tensors : List.of(parameters, buffers)) {
      tensors.forEach(
          (name, tensor) ->
              ofModule
                  .computeIfAbsent(
                      name.substring(0, Math.max(0, name.lastIndexOf('.'))),
                      _ -> new LinkedHashMap<>())
                  .put(name, tensor));
    }
    Map<String, org.bytedeco.pytorch.Tensor> entries = new LinkedHashMap<>();
    ofModule.values().forEach(entries::putAll);
    return Collections.unmodifiableMap(entries);
  }

  /** The names of the modules within one, each before those in it. */
  private static List<String> names(Module module) {
    try (var modules = module.named_modules("", false);
        var keys = modules.keys()) {
      List<String> names = new ArrayList<>();
      for (long i = 0; i < keys.size(); i++) {
        names.add(keys.get(i).getString());
      }
      return names;
    }
  }

  private static Map<String, org.bytedeco.pytorch.Tensor> once(
      Map<String, org.bytedeco.pytorch.Tensor> named) {
    Set<Long> seen = new HashSet<>();
    Map<String, org.bytedeco.pytorch.Tensor> once = new LinkedHashMap<>();
    named.forEach(
        (name, tensor) -> {
          if (seen.add(NativeTensors.identity(tensor))) {
            once.put(name, tensor);
          }
        });
    return Collections.unmodifiableMap(once);
  }

  private static Map<String, org.bytedeco.pytorch.Tensor> kept(StringTensorDict dict) {
    try (dict;
        var names = dict.keys()) {
      Map<String, org.bytedeco.pytorch.Tensor> tensors = new LinkedHashMap<>();
      for (long i = 0; i < names.size(); i++) {
        String name = names.get(i).getString();
        tensors.put(name, NativeTensors.kept(dict.get(name)));
      }
      return Collections.unmodifiableMap(tensors);
    }
  }
}
