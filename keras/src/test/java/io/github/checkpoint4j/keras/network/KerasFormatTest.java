package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.callbacks.ModelCheckpoint;
import io.github.checkpoint4j.keras.layers.ModelMapping;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ModelCheckpoint writes Keras's own files of a model that is trained on in Java. */
class KerasFormatTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "files");

  @TempDir private Path folder;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private static KerasModel read(Path path) throws IOException {
    return Keras.read(MemorySegment.ofArray(Files.readAllBytes(path)), path.toString());
  }

  /** Trains the model of a file for two epochs of three batches, saving after each. */
  private KerasNetwork train(Path file, String saved, boolean weightsOnly) throws IOException {
    KerasModel model = read(file);
    String source = file.toString();
    ModelMapping mapping = ModelMapping.of(model, source);
    KerasNetwork network = KerasNetwork.of(model, source).withLoss(KerasLoss.meanSquaredError());
    Json.Obj compiled = model.compileConfig().orElseThrow();
    long before = mapping.optimizerState().orElseThrow().step();
    long inputs = firstSize(model);
    int outputs = Math.toIntExact(predicted(network, inputs));
    ModelCheckpoint.Builder checkpoint =
        ModelCheckpoint.to(folder.resolve(saved).toString()).saveWeightsOnly(weightsOnly);
    KerasFormat.all(model, source, before).forEach(checkpoint::format);
    Trainer.<float[]>builder()
        .model(network)
        .arguments(
            TrainingArguments.builder()
                .outputDir(folder.resolve("run"))
                .numTrainEpochs(2)
                .perDeviceTrainBatchSize(4)
                .maxGradNorm(0)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .build())
        .collator(rows -> collate(rows, network.inputs().getFirst(), outputs))
        .trainDataset(rows(12, (int) inputs))
        .optimizer(
            module -> {
              KerasOptimizer optimizer = compiledOptimizer(compiled, source).over(module);
              optimizer.takeOn(mapping.optimizerState().orElseThrow());
              return optimizer;
            })
        .callback(checkpoint.build())
        .build()
        .train();
    return network;
  }

  private static CompiledOptimizer compiledOptimizer(Json.Obj compiled, String source) {
    try {
      return CompiledOptimizer.of(compiled, source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long firstSize(KerasModel model) {
    return model.variables().values().iterator().next().shape()[0];
  }

  private static long predicted(KerasNetwork network, long inputs) {
    return network
        .predict(List.of(Configs.tensor(new float[(int) inputs], 1, inputs)))
        .getFirst()
        .size(1);
  }

  private static List<float[]> rows(int count, int width) {
    var random = new Random(4);
    return IntStream.range(0, count)
        .mapToObj(
            _ -> {
              float[] row = new float[width];
              for (int i = 0; i < width; i++) {
                row[i] = random.nextFloat();
              }
              return row;
            })
        .toList();
  }

  private static Batch collate(List<float[]> rows, String input, int outputs) {
    int width = rows.getFirst().length;
    float[] x = new float[rows.size() * width];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, x, i * width, width);
    }
    float[] y = new float[rows.size() * outputs];
    Arrays.fill(y, 0.5f);
    return Batch.of(
        Map.of(
            input,
            Configs.tensor(x, rows.size(), width),
            "labels",
            Configs.tensor(y, rows.size(), outputs)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"keras", "h5"})
  void a_whole_model_is_saved_with_its_optimizer(String ending) throws IOException {
    Path source = GOLDEN.resolve("mlp." + ending);
    KerasNetwork network = train(source, "{epoch}." + ending, false);

    KerasModel last = read(folder.resolve("2." + ending));
    ModelMapping mapping = ModelMapping.of(last, "2");
    assertSame(mapping.stateDict(), ModuleState.of(network.module()).stateDict());
    assertThat(last.config()).isEqualTo(read(source).config());
    assertThat(mapping.optimizerState().orElseThrow().step())
        .isEqualTo(ModelMapping.of(read(source), "0").optimizerState().orElseThrow().step() + 6);
    assertThat(folder.resolve("1." + ending)).exists();
  }

  @Test
  void weights_alone_are_saved_as_keras_saves_them() throws IOException {
    KerasNetwork network = train(GOLDEN.resolve("mlp.keras"), "{epoch}.weights.h5", true);

    KerasModel last = read(folder.resolve("2.weights.h5"));
    assertThat(last.config()).isEmpty();
    assertThat(last.optimizerVariables()).isNotEmpty();
    KerasModel whole = last.withConfig(read(GOLDEN.resolve("mlp.keras")).config().orElseThrow());
    assertSame(
        ModelMapping.of(whole, "2").stateDict(), ModuleState.of(network.module()).stateDict());
  }

  @Test
  void a_model_without_a_configuration_is_refused() throws IOException {
    KerasModel weights = read(GOLDEN.resolve("mlp.weights.h5"));

    assertThatThrownBy(() -> KerasFormat.all(weights, "mlp.weights.h5", 0))
        .hasMessageStartingWith("mlp.weights.h5: a Keras weights file does not say which layers");
  }

  private static void assertSame(StateDict found, StateDict expected) {
    for (String name : expected.names()) {
      if (!name.endsWith("num_batches_tracked")) {
        assertThat(found.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
      }
    }
    assertThat(found.names()).isEqualTo(expected.names());
  }
}
