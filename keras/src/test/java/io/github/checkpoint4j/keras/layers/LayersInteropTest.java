package io.github.checkpoint4j.keras.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ways with real Keras and torch.nn, see golden/keras/layers/interop.py. */
@Tag("interop")
class LayersInteropTest {
  @TempDir Path folder;

  @Test
  void weights_of_keras_give_the_same_in_torch_and_weights_of_torch_give_the_same_in_keras()
      throws IOException, InterruptedException {
    long seed = System.nanoTime();
    python("make", folder, seed);
    List<Path> models = models();
    assertThat(models).hasSizeGreaterThan(25);

    for (Path file : models) {
      StateDict state = mapping(file).stateDict();
      write(SafeTensors.write(state, Map.of()), sibling(file, ".torch.safetensors"));
    }
    assertThat(python("forward", folder))
        .as("seed " + seed)
        .contains(models.size() + " models give the same in PyTorch");

    for (Path file : models) {
      StateDict random =
          StateDict.of(
              SafeTensors.parse(bytes(sibling(file, ".random.safetensors")), "random").tensors());
      back(file, random, ".keras");
      if (!file.endsWith("prelu_shared.keras")) {
        back(sibling(file, ".h5"), random, ".h5");
      }
    }
    assertThat(python("back", folder))
        .as("seed " + seed)
        .contains(models.size() + " models give the same in Keras");
  }

  private static void back(Path file, StateDict random, String suffix) throws IOException {
    ModelMapping mapping = mapping(file);
    KerasModel model = mapping.with(random, mapping.optimizerState());
    write(Keras.write(model), sibling(file, ".back" + suffix));
  }

  private static ModelMapping mapping(Path file) throws IOException {
    return ModelMapping.of(Keras.read(bytes(file), file.toString()), file.toString());
  }

  private List<Path> models() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".keras")).sorted().toList();
    }
  }

  private static Path sibling(Path file, String suffix) {
    String name = file.getFileName().toString();
    return file.resolveSibling(name.substring(0, name.lastIndexOf('.')) + suffix);
  }

  private static MemorySegment bytes(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file));
  }

  private static void write(FileContent content, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      for (FileContent.Part part : content.parts()) {
        out.write(part.bytes().toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  private static String python(Object... arguments) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with keras and torch").isNotEmpty();
    Path script =
        Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "layers", "interop.py");
    List<String> command =
        Stream.concat(Stream.of(python, "-B", script), Arrays.stream(arguments))
            .map(Object::toString)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
