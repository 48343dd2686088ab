package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.OptimizerFactory;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Keras model in the Trainer. */
class KerasTrainerTest {
  @TempDir private Path folder;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  /** Four numbers and a class. */
  private record Example(List<Float> x, long label) {
    Example {
      x = List.copyOf(x);
    }
  }

  private static List<Example> examples(int count, long seed) {
    var random = new Random(seed);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Float> x = new ArrayList<>();
      for (int j = 0; j < 4; j++) {
        x.add(random.nextFloat() * 2 - 1);
      }
      examples.add(new Example(x, x.get(0) + x.get(1) * x.get(2) > 0 ? 1 : 0));
    }
    return examples;
  }

  private static Batch collate(List<Example> examples) {
    float[] x = new float[4 * examples.size()];
    long[] labels = new long[examples.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = examples.get(i).label();
      for (int j = 0; j < 4; j++) {
        x[4 * i + j] = examples.get(i).x().get(j);
      }
    }
    return Batch.of(
        Map.of(
            "x",
            Configs.tensor(x, labels.length, 4),
            "labels",
            io.github.checkpoint4j.torch.NativeTensors.copyOf(
                io.github.checkpoint4j.state.Tensor.ofLongs(labels, labels.length))));
  }

  /** Dense, batch normalisation, dropout, dense. */
  private static KerasNetwork network() throws IOException {
    torch.manual_seed(3);
    return KerasNetwork.of(
            Configs.sequential(
                Configs.dense("hidden", 4, 8),
                Configs.layer(
                    "bn",
                    "BatchNormalization",
                    "'axis': -1, 'momentum': 0.9, 'epsilon': 0.001, 'scale': true, 'center': true,"
                        + " 'gamma_initializer': "
                        + Configs.initializer("Ones", ""),
                    "null, 8"),
                Configs.layer("relu", "ReLU", "", "null, 8"),
                Configs.layer("dropout", "Dropout", "'rate': 0.3", "null, 8"),
                Configs.dense("classes", 8, 2)))
        .withLoss(KerasLoss.sparseCategoricalCrossentropy(true));
  }

  private Trainer.Builder<Example> trainer(String run, long steps, OptimizerFactory optimizer)
      throws IOException {
    return Trainer.<Example>builder()
        .model(network())
        .arguments(
            TrainingArguments.builder()
                .outputDir(folder.resolve(run))
                .perDeviceTrainBatchSize(8)
                .maxSteps(steps)
                .saveSteps(5)
                .maxGradNorm(0)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .build())
        .collator(KerasTrainerTest::collate)
        .trainDataset(examples(60, 1))
        .optimizer(optimizer);
  }

  private static OptimizerFactory optimizer(String name) {
    return switch (name) {
      case "adam" -> KerasAdam.builder().learningRate(0.02).globalClipNorm(1)::over;
      case "amsgrad" -> KerasAdam.builder().amsgrad(true).weightDecay(0.01)::over;
      default -> KerasSgd.builder().learningRate(0.1).momentum(0.9).nesterov(true)::over;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"adam", "amsgrad", "sgd"})
  void a_run_that_was_stopped_goes_on_with_the_same_bits(String name) throws IOException {
    trainer("straight", 20, optimizer(name)).build().train();
    trainer("stopped", 10, optimizer(name)).build().train();
    Trainer<Example> trainer = trainer("stopped", 20, optimizer(name)).build();
    torch.manual_seed(99);
    TrainResult resumed = trainer.train();

    assertThat(resumed.globalStep()).isEqualTo(20);
    try (Checkpoint straight = Checkpoint.open(folder.resolve("straight/checkpoint-20"));
        Checkpoint stopped = Checkpoint.open(folder.resolve("stopped/checkpoint-20"))) {
      StateDict expected = straight.state("model");
      StateDict found = stopped.state("model");
      assertThat(found.names()).isEqualTo(expected.names()).contains("bn.running_var");
      for (String weight : expected.names()) {
        assertThat(found.tensor(weight).hasSameBytes(expected.tensor(weight))).as(weight).isTrue();
      }
    }
    for (String file : List.of("optimizer.pt", "scheduler.pt", "rng_state.pth")) {
      assertThat(folder.resolve("stopped/checkpoint-20").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("straight/checkpoint-20").resolve(file));
    }
  }

  @Test
  void a_network_learns() throws IOException {
    Trainer<Example> trainer =
        trainer("run", 150, optimizer("adam")).evalDataset(examples(60, 2)).build();
    double before = trainer.evaluate().getOrDefault("eval_loss", Double.NaN);
    trainer.train();
    assertThat(trainer.evaluate().get("eval_loss")).isLessThan(0.7 * before);
  }

  @Test
  void an_optimizer_beside_learning_rates_of_parts_is_an_error() throws IOException {
    Trainer.Builder<Example> builder =
        trainer("run", 5, optimizer("adam"))
            .learningRates(LearningRates.uniform().rate(NamePattern.glob("classes.*"), 0.1));
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "learning rates of parts of the model are for the optimizer that the arguments name;"
                + " leave them out, or the optimizer");
  }
}
