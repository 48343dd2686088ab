package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.LocalStorage;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State goes from this process to a real PyTorch and back, and training goes on with it. */
@Tag("interop")
class PythonInteropTest {

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  private static String python(Object... arguments) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with torch and transformers").isNotEmpty();
    List<String> command =
        Stream.concat(Stream.of(python, Golden.path("interop.py")), Arrays.stream(arguments))
            .map(Object::toString)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static void write(Value value, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      for (FileContent.Part part : PyTorch.write(value, "archive").parts()) {
        out.write(part.bytes().toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  private static StateDict read(Path file) throws IOException {
    return (StateDict)
        PyTorch.read(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString());
  }

  /** A run of one optimizer; gradients are a function of the step alone. */
  private static final class Run {
    private final Map<String, org.bytedeco.pytorch.Tensor> parameters = new LinkedHashMap<>();
    private final Optimizer optimizer;
    private final LearningRateScheduler scheduler;
    private int step;

    Run(String kind) {
      parameters.put("weight", torch.ones(40, 30).set_requires_grad(true));
      parameters.put("embedding", torch.ones(17, 3).set_requires_grad(true));
      parameters.put("bias", torch.ones(30).set_requires_grad(true));
      var decayed = new LinkedHashMap<>(parameters);
      decayed.remove("bias");
      var exempt = new LinkedHashMap<>(parameters);
      exempt.keySet().retainAll(List.of("bias"));
      optimizer =
          kind.equals("sgd")
              ? Sgd.builder()
                  .learningRate(1e-2)
                  .momentum(0.9)
                  .weightDecay(0.1)
                  .over(decayed, exempt)
              : AdamW.builder()
                  .learningRate(1e-2)
                  .weightDecay(0.1)
                  .amsgrad(kind.equals("amsgrad"))
                  .over(decayed, exempt);
      scheduler = new LearningRateScheduler(optimizer, LearningRateSchedule.linear(2, 20));
    }

    void step() {
      optimizer.zeroGrad();
      parameters.forEach(
          (name, parameter) -> {
            float[] gradient = new float[Math.toIntExact(parameter.numel())];
            for (int i = 0; i < gradient.length; i++) {
              gradient[i] = ((i * 37L + step * 101L) % 211 - 105) / 64f;
            }
            parameter
                .mutable_grad()
                .put(NativeTensors.copyOf(Tensor.ofFloats(gradient, parameter.shape())));
          });
      optimizer.step();
      scheduler.step();
      step++;
    }

    StateDict model() {
      StateDict.Builder model = StateDict.builder();
      parameters.forEach((name, tensor) -> model.put(name, NativeTensors.view(tensor)));
      return model.build();
    }

    void save(Path folder) throws IOException {
      write(model(), folder.resolve("model.pt"));
      write(optimizer.stateDict(), folder.resolve("optimizer.pt"));
      write(scheduler.stateDict(), folder.resolve("scheduler.pt"));
    }

    void load(Path folder, int steps) throws IOException {
      StateDict model = read(folder.resolve("model.pt"));
      parameters.forEach(
          (name, parameter) -> NativeTensors.copyInto(model.tensor(name), parameter));
      optimizer.loadStateDict(read(folder.resolve("optimizer.pt")));
      scheduler.loadStateDict(read(folder.resolve("scheduler.pt")));
      step = steps;
    }

    void requireSameAs(Path folder) throws IOException {
      StateDict expected = read(folder.resolve("model.pt"));
      parameters.forEach(
          (name, parameter) ->
              assertThat(NativeTensors.view(parameter).hasSameBytes(expected.tensor(name)))
                  .as(name)
                  .isTrue());
      StateDict state = optimizer.stateDict();
      var theirs = (Value.Dict) read(folder.resolve("optimizer.pt")).get("state");
      assertThat(theirs.entries()).hasSize(3);
      ((Value.Dict) state.get("state"))
          .entries()
          .forEach(
              (index, entry) -> {
                var other = (StateDict) theirs.find(index).orElseThrow();
                ((StateDict) entry)
                    .entries()
                    .forEach(
                        (slot, tensor) ->
                            assertThat(((Tensor) tensor).hasSameBytes(other.tensor(slot)))
                                .as("%s of %s", slot, index)
                                .isTrue());
              });
      StateDict schedule = read(folder.resolve("scheduler.pt"));
      assertThat(scheduler.stateDict()).isEqualTo(schedule);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "amsgrad", "sgd"})
  void python_goes_on_with_a_run_of_java_to_the_same_bits(String kind, @TempDir Path folder)
      throws Exception {
    var run = new Run(kind);
    for (int i = 0; i < 5; i++) {
      run.step();
    }
    run.save(folder);

    python("train", kind, folder, 5, 4);

    for (int i = 0; i < 4; i++) {
      run.step();
    }
    run.requireSameAs(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "amsgrad", "sgd"})
  void java_goes_on_with_a_run_of_python_to_the_same_bits(String kind, @TempDir Path folder)
      throws Exception {
    python("train", kind, folder, 0, 5);
    var run = new Run(kind);
    run.load(folder, 5);
    for (int i = 0; i < 4; i++) {
      run.step();
    }
    python("train", kind, folder, 5, 4);
    run.requireSameAs(folder);
  }

  @Test
  void the_trainer_in_python_restores_the_random_state_of_java(@TempDir Path folder)
      throws Exception {
    RandomState state = RandomState.seeded(77);
    write(state.stateDict(), folder.resolve("rng_state.pth"));
    String drawn = python("restore", folder);
    String seeded = python("seed", 77);
    assertThat(drawn).isEqualTo(seeded).contains("torch ");
  }

  @Test
  void a_random_state_goes_from_python_through_java_to_python(@TempDir Path folder)
      throws Exception {
    python("save", folder);
    RandomState state = RandomState.seeded(0);
    state.loadStateDict(read(folder.resolve("rng_state.pth")));
    String before = python("restore", folder);
    write(state.stateDict(), folder.resolve("rng_state.pth"));
    assertThat(python("restore", folder)).isEqualTo(before).contains("torch ");
  }

  @Test
  void orders_are_those_of_a_real_accelerate(@TempDir Path folder) throws Exception {
    List<Integer> examples = Stream.iterate(0, i -> i + 1).limit(101).toList();
    var loader =
        new DataLoader<>(
            examples,
            chosen ->
                Batch.of(
                    Map.of(
                        "x",
                        NativeTensors.copyOf(
                            Tensor.ofLongs(
                                chosen.stream().mapToLong(i -> i).toArray(), chosen.size())))),
            8,
            true,
            2024,
            false);
    var order = new StringBuilder();
    for (int epoch = 0; epoch < 4; epoch++) {
      loader
          .epoch(epoch, 3)
          .forEachRemaining(
              batch -> {
                order.append(Arrays.toString(NativeTensors.view(batch.get("x")).toLongs()));
                order.append('\n');
              });
    }
    assertThat(python("orders", 101, 8, 2024, 4, 3)).isEqualTo(order.toString());
  }

  @Test
  void tied_weights_go_to_safetensors_load_model_and_come_back_from_save_model(@TempDir Path folder)
      throws Exception {
    Module module = TiedWeightsTest.tied();
    ModuleState state = ModuleState.of(module);
    Path ours = folder.resolve("ours.safetensors");
    FileContent written = SafeTensors.write(state.stateDict(), Map.of("format", "pt"));
    LocalStorage.instance().write(ours, written);
    Path theirs = folder.resolve("theirs.safetensors");
    python("tied", ours, theirs);

    try (MappedFile file = MappedFile.open(theirs)) {
      SafeTensors read = SafeTensors.parse(file.bytes(), "theirs");
      assertThat(read.metadata())
          .isEqualTo(
              Map.of("format", "pt", "output.weight", "input.weight", "output.bias", "input.bias"));
      assertThat(read.tensors().keySet())
          .containsExactly("body.bias", "body.weight", "input.bias", "input.weight");
      StateDict before = HeapCopy.of(state.stateDict());
      state.loadStateDict(read.stateDict());
      for (String name : before.names()) {
        float[] doubled = before.tensor(name).toFloats();
        for (int i = 0; i < doubled.length; i++) {
          doubled[i] *= 2;
        }
        assertThat(state.stateDict().tensor(name).toFloats()).as(name).containsExactly(doubled);
      }
      assertThat(SafeTensors.write(state.stateDict(), Map.of("format", "pt")).size())
          .isEqualTo(file.size());
    }
  }
}
