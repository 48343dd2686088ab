package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.layers.ModelMapping;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that Keras begins, Java goes on with, and Keras again; see interop.py. */
@Tag("interop")
class NetworkInteropTest {
  private static final int CASES = 8;

  @TempDir private Path folder;

  @Test
  void a_run_goes_from_keras_to_java_and_back_with_the_losses_of_keras_alone()
      throws IOException, InterruptedException {
    torch.set_num_threads(1);
    python("begin");
    List<Path> models;
    try (Stream<Path> files = Files.list(folder)) {
      models = files.filter(file -> file.toString().endsWith(".keras")).sorted().toList();
    }
    assertThat(models).hasSize(CASES);
    for (Path model : models) {
      goOn(model);
    }
    assertThat(python("proceed").lines().filter(line -> line.endsWith(" went on"))).hasSize(CASES);
  }

  private void goOn(Path file) throws IOException {
    String name = file.getFileName().toString().replace(".keras", "");
    KerasModel model = Keras.read(bytes(file), file.toString());
    ModelMapping mapping = ModelMapping.of(model, file.toString());
    Json.Obj compiled = model.compileConfig().orElseThrow();
    KerasNetwork network =
        KerasNetwork.of(model, file.toString()).compiled(compiled, file.toString());
    KerasOptimizer optimizer =
        CompiledOptimizer.of(compiled, file.toString()).over(network.module());
    optimizer.takeOn(mapping.optimizerState().orElseThrow());
    Map<String, Tensor> tensors = tensors(name + ".safetensors");
    Json.Arr losses =
        ((Json.Obj) Json.parse(bytes(folder.resolve(name + ".losses")), name)).array("losses");

    Golden.assertClose(
        name + ": prediction", predict(network, tensors, 3), tensor(tensors, "prediction"));
    for (int step = 4; step <= 6; step++) {
      assertThat(step(network, optimizer, tensors, step))
          .as("%s: loss of step %s", name, step)
          .isEqualTo(((Json.Num) losses.items().get(step - 1)).asDouble(), Offset.offset(5e-5));
    }
    write(
        SafeTensors.write(
            StateDict.of(Map.of("prediction", predict(network, tensors, 6))), Map.of()),
        name + ".java.safetensors");
    KerasModel trained =
        mapping.with(ModuleState.of(network.module()).stateDict(), Optional.of(optimizer.state(6)));
    write(Keras.write(trained), name + ".java.keras");
  }

  private static Tensor predict(KerasNetwork network, Map<String, Tensor> tensors, int step) {
    try (var _ = new PointerScope()) {
      return NativeTensors.heapCopy(
          network.predict(List.of(NativeTensors.copyOf(tensor(tensors, "x/" + step)))).getFirst());
    }
  }

  private static double step(
      KerasNetwork network, KerasOptimizer optimizer, Map<String, Tensor> tensors, int step) {
    try (var _ = new PointerScope()) {
      network.module().train(true);
      Batch batch =
          Batch.of(
              Map.of(
                  network.inputs().getFirst(),
                  NativeTensors.copyOf(tensor(tensors, "x/" + step)),
                  "labels",
                  NativeTensors.copyOf(tensor(tensors, "y/" + step))));
      optimizer.zeroGrad();
      var loss = network.forward(batch).requireLoss();
      loss.backward();
      optimizer.step();
      return loss.item_float();
    }
  }

  private static Tensor tensor(Map<String, Tensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  private Map<String, Tensor> tensors(String file) throws IOException {
    return SafeTensors.parse(bytes(folder.resolve(file)), file).tensors();
  }

  private void write(FileContent content, String file) throws IOException {
    try (OutputStream out = Files.newOutputStream(folder.resolve(file))) {
      for (FileContent.Part part : content.parts()) {
        out.write(part.bytes().toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  private static MemorySegment bytes(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file));
  }

  private String python(String command) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with keras").isNotEmpty();
    Path script =
        Path.of(
            System.getProperty("checkpoint4j.root"), "golden", "keras", "network", "interop.py");
    Process process =
        new ProcessBuilder(python, "-B", script.toString(), command, folder.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
