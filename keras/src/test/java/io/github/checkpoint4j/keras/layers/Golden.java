package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A model of golden/keras/layers: its configuration, and its tensors in Keras and in PyTorch. */
record Golden(String name, Json.Obj document, Map<String, Tensor> tensors) {
  /** All of them, at least forty. */
  static List<Golden> all() {
    Path folder = Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "layers");
    try (Stream<Path> files = Files.list(folder)) {
      List<Golden> found = new ArrayList<>();
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        found.add(in(folder, file.getFileName().toString().replace(".json", "")));
      }
      if (found.size() < 35) {
        throw new AssertionError("only " + found.size() + " models in " + folder);
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Golden named(String name) throws IOException {
    return in(Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "layers"), name);
  }

  static Golden in(Path folder, String name) throws IOException {
    byte[] json = Files.readAllBytes(folder.resolve(name + ".json"));
    byte[] tensors = Files.readAllBytes(folder.resolve(name + ".safetensors"));
    return new Golden(
        name,
        (Json.Obj) Json.parsePython(MemorySegment.ofArray(json), name),
        SafeTensors.parse(MemorySegment.ofArray(tensors), name).tensors());
  }

  /** What a map has under a key, which is there. */
  static <T> T get(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  ModelConfig config() throws IOException {
    return ModelConfig.parse(document.object("config"), name);
  }

  ModelConfig legacyConfig() throws IOException {
    return ModelConfig.parse(document.object("legacy_config"), name);
  }

  /** The tensors whose names begin so, by the rest of the name. */
  Map<String, Tensor> of(String prefix) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    tensors.forEach(
        (key, tensor) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), tensor);
          }
        });
    return found;
  }

  /** The tensors {@code 0}, {@code 1} and so on after the prefix. */
  List<Tensor> numbered(String prefix) {
    Map<String, Tensor> found = of(prefix);
    List<Tensor> list = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      list.add(get(found, String.valueOf(i)));
    }
    return list;
  }

  /** The weights of a legacy file by their layer. */
  Map<String, List<Tensor>> legacy() {
    Map<String, List<Tensor>> weights = new LinkedHashMap<>();
    legacyNames().keySet().forEach(layer -> weights.put(layer, numbered("legacy:" + layer + ":")));
    return weights;
  }

  /** The names of the weights of a legacy file by their layer, in order. */
  Map<String, List<String>> legacyNames() {
    Map<String, List<String>> names = new LinkedHashMap<>();
    for (Json layer : document.array("legacy").items()) {
      List<Json> pair = ((Json.Arr) layer).items();
      names.put(((Json.Str) pair.get(0)).value(), texts(pair.get(1)));
    }
    return names;
  }

  List<String> texts(String member) {
    return texts(document.get(member));
  }

  private static List<String> texts(Json array) {
    return ((Json.Arr) array).items().stream().map(item -> ((Json.Str) item).value()).toList();
  }

  /** The {@code state_dict}, in PyTorch's order. */
  StateDict stateDict() {
    StateDict.Builder state = StateDict.builder();
    texts("torch").forEach(tensor -> state.put(tensor, get(of("torch:"), tensor)));
    return state.build();
  }

  /** What PyTorch's optimizer keeps, by parameter. */
  Map<String, Map<String, Tensor>> optimizerState() {
    Map<String, Map<String, Tensor>> state = new LinkedHashMap<>();
    of("state:")
        .forEach(
            (key, tensor) -> {
              int colon = key.lastIndexOf(':');
              state
                  .computeIfAbsent(key.substring(0, colon), parameter -> new LinkedHashMap<>())
                  .put(key.substring(colon + 1), tensor);
            });
    return state;
  }

  @Override
  public String toString() {
    return name;
  }
}
