package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks of the models that the mapping of layers and the reading of files are tested with. */
class OtherGoldenTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras");

  static List<String> mapped() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve("layers"))) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith(".json"))
              .map(file -> file.replace(".json", ""))
              .sorted()
              .toList();
      assertThat(names).hasSizeGreaterThan(30);
      return names;
    }
  }

  private static MemorySegment bytes(String file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(FOLDER.resolve(file)));
  }

  @ParameterizedTest
  @MethodSource("mapped")
  void a_model_of_the_mapping_predicts_what_keras_did(String name) throws IOException {
    Json.Obj json = (Json.Obj) Json.parsePython(bytes("layers/" + name + ".json"), name);
    Map<String, Tensor> tensors =
        SafeTensors.parse(bytes("layers/" + name + ".safetensors"), name).tensors();
    Map<String, Value> weights = new LinkedHashMap<>();
    tensors.forEach(
        (key, tensor) -> {
          if (key.startsWith("torch:")) {
            weights.put(key.substring("torch:".length()), tensor);
          }
        });
    KerasNetwork network =
        KerasNetwork.of(ModelConfig.parse(json.object("config"), name), StateDict.of(weights));
    try (var _ = new PointerScope()) {
      List<org.bytedeco.pytorch.Tensor> inputs = new ArrayList<>();
      for (int i = 0; tensors.containsKey("input:" + i); i++) {
        inputs.add(NativeTensors.copyOf(Objects.requireNonNull(tensors.get("input:" + i))));
      }
      Golden.assertClose(
          "prediction",
          network.predict(inputs).getFirst(),
          Objects.requireNonNull(tensors.get("prediction")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp.keras",
        "mlp.h5",
        "cnn.keras",
        "cnn.h5",
        "lstm.keras",
        "lstm.h5",
        "transformer.keras",
        "transformer.h5",
        "nested.keras",
        "nested.h5"
      })
  void a_network_is_made_of_a_file_of_a_model(String file) throws IOException {
    KerasNetwork network = KerasNetwork.of(Keras.read(bytes("files/" + file), file), file);
    assertThat(network.inputs()).isNotEmpty();
    assertThat(network.outputs()).isNotEmpty();
  }
}
