package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An optimizer of the caller's own in the Trainer. */
class OptimizerFactoryTest {
  @TempDir private Path folder;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  /** Steps down by the sign of the sum of all gradients so far. */
  private static final class SignOfSum extends Optimizer {
    SignOfSum(Module module) {
      super(
          List.of(
              new ParameterGroup(
                  ModuleState.of(module).parameters(),
                  StateDict.builder().put("lr", 0.01).put("weight_decay", 0.0).build())));
    }

    @Override
    protected void update(ParameterGroup group, Map<String, Tensor> gradients) {
      group
          .parameters()
          .forEach(
              (name, parameter) -> {
                Tensor gradient = gradients.get(name);
                if (gradient != null) {
                  Tensor sum = state(name, "sum", () -> torch.zeros_like(parameter));
                  sum.add_(gradient);
                  parameter.sub_(sum.sign().mul(new Scalar(group.learningRate())));
                }
              });
    }

    @Override
    protected StateDict defaults() {
      return StateDict.empty();
    }

    @Override
    protected List<String> stateNames(StateDict options) {
      return List.of("sum");
    }
  }

  private Trainer.Builder<Classifier.Example> trainer(String run, long steps) {
    torch.manual_seed(3);
    return Trainer.<Classifier.Example>builder()
        .model(new Classifier(0.3, true))
        .arguments(
            TrainingArguments.builder()
                .outputDir(folder.resolve(run))
                .perDeviceTrainBatchSize(8)
                .maxSteps(steps)
                .saveSteps(3)
                .learningRate(0.5)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(30, 1));
  }

  @Test
  void its_options_are_its_own_and_a_run_goes_on_with_its_state() throws IOException {
    trainer("straight", 6).optimizer(SignOfSum::new).build().train();
    trainer("stopped", 3).optimizer(SignOfSum::new).build().train();
    trainer("stopped", 6).optimizer(SignOfSum::new).build().train();

    for (String file : List.of("model.safetensors", "optimizer.pt")) {
      assertThat(folder.resolve("stopped/checkpoint-6").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("straight/checkpoint-6").resolve(file));
    }
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("straight/checkpoint-6"))) {
      assertThat(checkpoint.state("optimizer").toString()).contains("lr=Real[value=0.01]", "sum=");
      assertThat(checkpoint.manifest().orElseThrow().hyperparameters().text("optimizer"))
          .isEqualTo("SignOfSum");
    }
  }

  @Test
  void a_run_does_not_go_on_with_another_optimizer() throws IOException {
    trainer("run", 3).optimizer(SignOfSum::new).build().train();
    Trainer<Classifier.Example> other = trainer("run", 6).build();
    assertThatThrownBy(other::train)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the optimizer is that of the arguments and was \"SignOfSum\" when checkpoint-3 was"
                + " saved. Give the same again, or begin a new run from its weights in another"
                + " output directory");
  }

  @Test
  void beside_learning_rates_of_parts_it_is_an_error() {
    Trainer.Builder<Classifier.Example> builder =
        trainer("run", 3)
            .optimizer(SignOfSum::new)
            .learningRates(LearningRates.uniform().rate(NamePattern.glob("output.*"), 0.1));
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "learning rates of parts of the model are for the optimizer that the arguments name;"
                + " leave them out, or the optimizer");
  }
}
