package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Layers that are frozen are written once, and a run that goes on has the bits it would have had.
 */
class IncrementalTrainingTest {
  private static final String TRAINED = "model-00001-of-00002.safetensors";
  private static final String FROZEN = "model-00002-of-00002.safetensors";

  @TempDir private Path folder;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  /** Trains a classifier whose first layer is frozen; returns its weights, copied. */
  private static StateDict train(Path output, long steps, boolean incrementally)
      throws IOException {
    torch.manual_seed(3);
    Classifier model = new Classifier(0.1, true);
    ModuleState state = ModuleState.of(model.module());
    state
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (name.startsWith("hidden.")) {
                parameter.set_requires_grad(false);
              }
            });
    assertThat(state.frozen()).containsExactly("hidden.weight", "hidden.bias");
    Trainer.<Classifier.Example>builder()
        .model(model)
        .arguments(
            TrainingArguments.builder()
                .outputDir(output)
                .maxSteps(steps)
                .saveSteps(2)
                .learningRate(0.01)
                .incrementalSave(incrementally)
                .build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(40, 1))
        .build()
        .train();
    return HeapCopy.of(state.stateDict());
  }

  @Test
  void frozen_layers_are_shared_by_the_checkpoints_and_trained_ones_are_not() throws IOException {
    train(folder, 6, true);

    for (String step : new String[] {"checkpoint-4", "checkpoint-6"}) {
      assertThat(same(FROZEN, step)).as(step).isTrue();
      assertThat(same(TRAINED, step)).as(step).isFalse();
      assertThat(Verification.of(folder.resolve(step)).problems()).isEmpty();
    }
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("checkpoint-6"))) {
      assertThat(checkpoint.manifest().orElseThrow().files().get(FROZEN))
          .extracting(file -> file.tensors().keySet())
          .asInstanceOf(InstanceOfAssertFactories.collection(String.class))
          .containsExactlyInAnyOrder("hidden.weight", "hidden.bias");
    }
  }

  private boolean same(String file, String checkpoint) throws IOException {
    return Files.isSameFile(
        folder.resolve("checkpoint-2").resolve(file), folder.resolve(checkpoint).resolve(file));
  }

  @Test
  void a_run_that_was_stopped_goes_on_bit_for_bit_from_shards() throws IOException {
    Path whole = folder.resolve("whole");
    Path stopped = folder.resolve("stopped");
    StateDict expected = train(whole, 6, false);
    assertThat(whole.resolve("checkpoint-6/model.safetensors")).exists();
    train(stopped, 6, true);
    remove(stopped.resolve("checkpoint-6"));
    StateDict found = train(stopped, 6, true);

    assertThat(found.names()).isEqualTo(expected.names());
    for (String name : expected.names()) {
      assertThat(found.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }

  private static void remove(Path checkpoint) throws IOException {
    try (var files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(checkpoint);
  }
}
