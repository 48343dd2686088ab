package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingArgumentsBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Language models in the trainer: with dropout, stopped, and gone on with. */
final class LanguageModelRunTest {
  @TempDir Path folder;

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  /** How the loss of a step is computed. */
  enum Loss {
    OF_A_BATCH {
      @Override
      void set(TrainingArgumentsBuilder arguments) {}
    },
    OF_TWO_BATCHES {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments.gradientAccumulationSteps(2);
      }
    },
    SMOOTHED_IN_BF16 {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments.labelSmoothingFactor(0.1).bf16(true);
      }
    };

    abstract void set(TrainingArgumentsBuilder arguments);

    TrainingArguments arguments(Path output) {
      TrainingArgumentsBuilder arguments = LanguageModelRun.arguments(output);
      set(arguments);
      return arguments.build();
    }
  }

  static Stream<Arguments> runs() {
    return Stream.of("gpt2", "bert-mlm", "t5")
        .flatMap(model -> Stream.of(Loss.values()).map(loss -> Arguments.of(model, loss)));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void a_run_with_dropout_that_is_stopped_goes_on_bit_for_bit(String model, Loss loss)
      throws IOException {
    Path whole = folder.resolve("whole");
    TrainResult straight = LanguageModelRun.trainer(fresh(model, 5), loss.arguments(whole)).train();
    Path output = folder.resolve("stopped");
    var stopper = new Stopper();
    Trainer<Integer> first =
        LanguageModelRun.trainer(fresh(model, 5), loss.arguments(output), stopper);
    stopper.stop = first::requestStop;
    assertThat(first.train().globalStep()).isEqualTo(3);
    TrainResult last = LanguageModelRun.trainer(fresh(model, 99), loss.arguments(output)).train();

    assertThat(last.trainingLoss()).isEqualTo(straight.trainingLoss());
    for (String file : List.of("model.safetensors", "optimizer.pt", "rng_state.pth")) {
      assertThat(checkpoint(output).resolve(file))
          .hasSameBinaryContentAs(checkpoint(whole).resolve(file));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-mlm", "t5"})
  void a_checkpoint_is_a_directory_of_the_model_and_holds_tied_weights_once(String model)
      throws IOException {
    Trainer<Integer> trainer = LanguageModelRun.trainer(fresh(model, 5), folder);
    trainer.train();

    var loaded = LanguageModelRun.load(model, checkpoint(folder));
    var state = ModuleState.of(loaded.module()).stateDict();
    assertThat(loaded.report().missing()).isEmpty();
    try (Checkpoint checkpoint = Checkpoint.open(checkpoint(folder))) {
      assertThat(checkpoint.verify().problems()).isEmpty();
      assertThat(checkpoint.manifest().orElseThrow().files().get("model.safetensors"))
          .extracting(
              file -> file.tensors().keySet(), InstanceOfAssertFactories.collection(String.class))
          .containsExactlyInAnyOrderElementsOf(
              ModuleState.of(loaded.module()).parameters().keySet());
      for (String name : state.names()) {
        assertThat(state.tensor(name).hasSameBytes(checkpoint.state("model").tensor(name)))
            .as(name)
            .isTrue();
      }
    }
  }

  private static TrainableModel fresh(String model, long seed) {
    torch.manual_seed(seed);
    return LanguageModelRun.fresh(model, 0.1);
  }

  private static Path checkpoint(Path output) {
    assertThat(Files.exists(output.resolve("checkpoint-" + LanguageModelRun.STEPS))).isTrue();
    return output.resolve("checkpoint-" + LanguageModelRun.STEPS);
  }

  private static final class Stopper implements TrainerCallback {
    private Runnable stop = () -> {};

    @Override
    public void onStepBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      if (state.globalStep() == 2) {
        stop.run();
      }
    }
  }
}
