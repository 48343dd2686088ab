package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AveragedWeightsTest {
  @TempDir Path temporary;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    torch.manual_seed(1);
  }

  private static StateDict named(Map<String, Tensor> tensors, String prefix) {
    StateDict.Builder state = StateDict.builder();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            state.put(name.substring(prefix.length()), tensor);
          }
        });
    return state.build();
  }

  private static void assertSame(StateDict found, StateDict expected) {
    assertThat(found.names()).containsExactlyInAnyOrderElementsOf(expected.names()).isNotEmpty();
    for (String name : expected.names()) {
      Tensor a = found.tensor(name);
      Tensor b = expected.tensor(name);
      // A count is a scalar in PyTorch.
      assertThat(a.bytes().mismatch(b.bytes())).as(name).isEqualTo(-1);
    }
  }

  private static void follows(String kind, AveragedWeights averages, ModuleState module)
      throws IOException {
    Map<String, Tensor> golden = Golden.tensors("averages.safetensors");
    for (int step = 0; step < 6; step++) {
      module.loadStateDict(named(golden, step + ".model."));
      averages.update();
      assertSame(averages.stateDict(), named(golden, step + "." + kind + "."));
    }
    assertThat(averages.averaged()).isEqualTo(6);
    byte[] file = Files.readAllBytes(Golden.path("averages." + kind + ".pt"));
    StateDict saved = (StateDict) PyTorch.read(MemorySegment.ofArray(file), kind);
    assertSame(averages.stateDict(), saved);
  }

  @Test
  void exponential_averages_are_pytorchs_bit_for_bit() throws IOException {
    Classifier model = new Classifier(0, true);
    follows(
        "ema", AveragedWeights.exponential(model.module(), 0.9), ModuleState.of(model.module()));
  }

  @Test
  void stochastic_averages_are_pytorchs_bit_for_bit() throws IOException {
    Classifier model = new Classifier(0, true);
    follows(
        "swa", AveragedWeights.stochastic(model.module(), 1, 1), ModuleState.of(model.module()));
  }

  @Test
  void a_state_of_pytorch_is_loaded_and_gone_on_from() throws IOException {
    Classifier model = new Classifier(0, true);
    AveragedWeights averages = AveragedWeights.exponential(model.module(), 0.9);
    byte[] file = Files.readAllBytes(Golden.path("averages.ema.pt"));
    StateDict saved = (StateDict) PyTorch.read(MemorySegment.ofArray(file), "ema");

    averages.loadStateDict(saved);

    assertThat(averages.averaged()).isEqualTo(6);
    assertSame(averages.stateDict(), saved);
    averages.update();
    assertThat(averages.averaged()).isEqualTo(7);
  }

  @Test
  void swapping_gives_the_module_the_averages_and_back() {
    Classifier model = new Classifier(0, true);
    ModuleState module = ModuleState.of(model.module());
    AveragedWeights averages = AveragedWeights.exponential(model.module(), 0.5);
    averages.update();
    StateDict first = copy(module.stateDict());
    module.parameters().values().forEach(p -> p.data().add_(new org.bytedeco.pytorch.Scalar(1)));
    StateDict second = copy(module.stateDict());

    averages.swap();
    assertSame(module.stateDict(), first);
    averages.swap();
    assertSame(module.stateDict(), second);
  }

  @Test
  void swapping_before_an_update_is_refused() {
    AveragedWeights averages = AveragedWeights.exponential(new Classifier(0, false).module(), 0.9);

    assertThatThrownBy(averages::swap)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "no weights were averaged yet; train, or call update, before the averages are used");
  }

  @Test
  void values_out_of_their_range_are_refused() {
    var module = new Classifier(0, false).module();
    for (double decay : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> AveragedWeights.exponential(module, decay))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a decay of %s; give one from 0 to 1".formatted(decay));
    }
    assertThatThrownBy(() -> AveragedWeights.stochastic(module, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("first");
    assertThatThrownBy(() -> AveragedWeights.stochastic(module, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("every");
  }

  @Test
  void a_state_of_another_module_changes_nothing_and_names_all_differences() {
    AveragedWeights plain = AveragedWeights.exponential(new Classifier(0, false).module(), 0.9);
    AveragedWeights normalised = AveragedWeights.exponential(new Classifier(0, true).module(), 0.9);
    plain.update();
    StateDict before = copy(plain.stateDict());

    assertThatThrownBy(() -> plain.loadStateDict(normalised.stateDict()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("module.bn.weight");
    assertThatThrownBy(() -> normalised.loadStateDict(before))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("module.bn.weight");
    assertThatThrownBy(() -> plain.loadStateDict(StateDict.empty()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("n_averaged");
    assertSame(plain.stateDict(), before);
  }

  @Test
  void in_a_trainer_they_are_updated_at_their_steps_and_a_resumed_run_has_the_same()
      throws Exception {
    Path straight = temporary.resolve("straight");
    Path resumed = temporary.resolve("resumed");

    AveragedWeights whole = train(straight, 12, 7);
    train(resumed, 5, 7);
    AveragedWeights second = train(resumed, 12, 8);

    assertThat(whole.averaged()).isEqualTo(5);
    assertThat(second.averaged()).isEqualTo(5);
    assertSame(second.stateDict(), whole.stateDict());
    for (String file : List.of("averaged_weights.pt", "model.safetensors", "optimizer.pt")) {
      assertThat(resumed.resolve("checkpoint-12").resolve(file))
          .hasBinaryContent(Files.readAllBytes(straight.resolve("checkpoint-12").resolve(file)));
    }
  }

  private static AveragedWeights train(Path output, long steps, long seed) throws IOException {
    torch.manual_seed(seed);
    Classifier model = new Classifier(0.3, true);
    AveragedWeights averages = AveragedWeights.stochastic(model.module(), 3, 2);
    trainer(output, steps, model).averagedWeights(averages).build().train();
    return averages;
  }

  private static Trainer.Builder<Classifier.Example> trainer(
      Path output, long steps, Classifier model) {
    return Trainer.<Classifier.Example>builder()
        .model(model)
        .arguments(
            TrainingArguments.builder()
                .outputDir(output)
                .perDeviceTrainBatchSize(4)
                .maxSteps(steps)
                .learningRate(0.01)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .saveSteps(5)
                .build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(38, 1));
  }

  @Test
  void a_checkpoint_without_them_is_not_gone_on_from_in_silence() throws Exception {
    trainer(temporary, 5, new Classifier(0.3, true)).build().train();

    assertThatThrownBy(() -> train(temporary, 12, 7)).hasMessageContaining("averaged_weights.pt");
  }

  @Test
  void a_checkpoint_with_them_gone_on_from_without_them_is_told() throws Exception {
    train(temporary, 5, 7);
    List<String> changes = new ArrayList<>();

    trainer(temporary, 6, new Classifier(0.3, true))
        .callback(
            new TrainerCallback() {
              @Override
              public void onResume(
                  TrainingArguments arguments,
                  TrainerState state,
                  TrainerControl control,
                  Resumption resumption) {
                resumption.changes().forEach(change -> changes.add(change.name()));
              }
            })
        .build()
        .train();

    assertThat(changes).contains("averaged_weights.pt");
  }

  private static StateDict copy(StateDict state) {
    return state.mapTensors(
        tensor ->
            Tensor.of(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(tensor.toByteArray())));
  }
}
