package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.NativeTensors;
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
import org.assertj.core.data.Offset;

/** Files of {@code golden/keras/network}, which Keras made: configurations and tensors by case. */
final class Golden {
  /** How far apart numbers near 1 may be. */
  static final double TOLERANCE = 1e-5;

  private final String name;
  private final Json.Obj cases;
  private final Map<String, Tensor> tensors;

  private Golden(String name) throws IOException {
    this.name = name;
    Path directory = Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "network");
    byte[] json = Files.readAllBytes(directory.resolve(name + ".json"));
    byte[] file = Files.readAllBytes(directory.resolve(name + ".safetensors"));
    cases = (Json.Obj) Json.parse(MemorySegment.ofArray(json), name + ".json");
    tensors = SafeTensors.parse(MemorySegment.ofArray(file), name + ".safetensors").tensors();
  }

  /** The two files of a name. */
  static Golden named(String name) {
    try {
      return new Golden(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> cases() {
    return List.copyOf(cases.members().keySet());
  }

  Json.Obj json(String id) {
    return cases.object(id);
  }

  /** The model of a configuration. */
  ModelConfig config(Json.Obj configuration) throws IOException {
    return ModelConfig.parse(configuration, name + ".json");
  }

  boolean has(String key) {
    return tensors.containsKey(key);
  }

  Tensor tensor(String key) {
    return Objects.requireNonNull(tensors.get(key), key);
  }

  /** The tensors whose keys begin with {@code prefix}, by the rest of the key. */
  StateDict state(String prefix) {
    Map<String, Value> state = new LinkedHashMap<>();
    tensors.forEach(
        (key, tensor) -> {
          if (key.startsWith(prefix)) {
            state.put(key.substring(prefix.length()), tensor);
          }
        });
    return StateDict.of(state);
  }

  /** The tensors {@code 0}, {@code 1} and so on after {@code prefix}, as libtorch's. */
  List<org.bytedeco.pytorch.Tensor> numbered(String prefix) {
    List<org.bytedeco.pytorch.Tensor> found = new ArrayList<>();
    for (int i = 0; tensors.containsKey(prefix + i); i++) {
      found.add(NativeTensors.copyOf(tensor(prefix + i)));
    }
    return found;
  }

  /** Holds if shapes are the same and numbers are within 1e-5, or that share of large ones. */
  static void assertClose(String what, org.bytedeco.pytorch.Tensor found, Tensor expected) {
    assertClose(what, NativeTensors.heapCopy(found.detach()), expected);
  }

  static void assertClose(String what, Tensor found, Tensor expected) {
    assertThat(found.shape()).as(what).isEqualTo(expected.shape());
    float[] numbers = found.toFloats();
    float[] wanted = expected.toFloats();
    for (int i = 0; i < wanted.length; i++) {
      double tolerance = TOLERANCE * Math.max(1, Math.abs(wanted[i]));
      assertThat(numbers[i])
          .as("%s[%s]", what, i)
          .isEqualTo(wanted[i], Offset.offset((float) tolerance));
    }
  }
}
