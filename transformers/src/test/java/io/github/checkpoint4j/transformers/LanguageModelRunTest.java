package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Language models in the trainer: with dropout, stopped, and gone on with. */
final class LanguageModelRunTest {
  private static final int STEPS = 8;

  @TempDir Path folder;

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-mlm", "t5"})
  void a_run_with_dropout_that_is_stopped_goes_on_bit_for_bit(String model) throws IOException {
    Path whole = folder.resolve("whole");
    TrainResult straight = trainer(model, whole, 5).train();
    Path output = folder.resolve("stopped");
    var stopper = new Stopper();
    Trainer<Integer> first = trainer(model, output, 5, stopper);
    stopper.stop = first::requestStop;
    assertThat(first.train().globalStep()).isEqualTo(3);
    TrainResult last = trainer(model, output, 99).train();

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
    Trainer<Integer> trainer = trainer(model, folder, 5);
    trainer.train();

    var loaded = load(model, checkpoint(folder));
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

  private static Pretrained<? extends TrainableModel> load(String model, Path directory)
      throws IOException {
    return switch (model) {
      case "gpt2" -> Gpt2LMHeadModel.fromDirectory(directory);
      case "bert-mlm" -> BertForMaskedLM.fromDirectory(directory);
      case "t5" -> T5ForConditionalGeneration.fromDirectory(directory);
      default -> throw new IllegalArgumentException(model);
    };
  }

  private static TrainableModel fresh(String model) {
    return switch (model) {
      case "gpt2" -> new Gpt2LMHeadModel(Gpt2Config.of(30, 16, 16, 2, 2));
      case "bert-mlm" -> new BertForMaskedLM(TinyBert.config());
      case "t5" -> new T5ForConditionalGeneration(T5Config.of(30, 16, 8, 24, 2, 2));
      default -> throw new IllegalArgumentException(model);
    };
  }

  private static Trainer<Integer> trainer(
      String model, Path output, long seed, TrainerCallback... callbacks) throws IOException {
    torch.manual_seed(seed);
    Trainer.Builder<Integer> builder =
        Trainer.<Integer>builder()
            .model(fresh(model))
            .arguments(
                TrainingArguments.builder()
                    .outputDir(output)
                    .maxSteps(STEPS)
                    .perDeviceTrainBatchSize(4)
                    .learningRate(0.01)
                    .weightDecay(0.1)
                    .loggingSteps(1)
                    .saveSteps(4)
                    .build())
            .trainDataset(IntStream.range(0, 18).boxed().toList())
            .collator(LanguageModelRunTest::collate);
    List.of(callbacks).forEach(builder::callback);
    return builder.build();
  }

  /** Rows of tokens that count up, the longer the later; the rest is padding. */
  private static Batch collate(List<Integer> examples) {
    int length = 9;
    long[] ids = new long[examples.size() * length];
    long[] mask = new long[ids.length];
    long[] labels = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int example = examples.get(i / length);
      boolean there = i % length < 3 + example % 6;
      ids[i] = there ? 1 + (example + i % length) % 29 : 0;
      mask[i] = there ? 1 : 0;
      labels[i] = there ? ids[i] : TokenLoss.IGNORED;
    }
    return Batch.of(
        Map.of(
            "input_ids", PaddedTexts.longs(ids, examples.size(), length),
            "attention_mask", PaddedTexts.longs(mask, examples.size(), length),
            "labels", PaddedTexts.longs(labels, examples.size(), length)));
  }

  private static Path checkpoint(Path output) {
    assertThat(Files.exists(output.resolve("checkpoint-" + STEPS))).isTrue();
    return output.resolve("checkpoint-" + STEPS);
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
