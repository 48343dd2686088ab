package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.keras.layers.OptimizerState;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps of training next to those that Keras made of the same weights and batches. */
class TrainingTest {
  private static final Golden GOLDEN = Golden.named("training");
  private static final int STEPS = 6;

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  static List<String> cases() {
    return GOLDEN.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void every_step_has_the_loss_the_weights_and_the_moments_of_keras(String name)
      throws IOException {
    var run = new Run(name, GOLDEN.state(name + "/start/"));
    for (int step = 1; step <= STEPS; step++) {
      run.step(step);
      run.requireKeras(step);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_run_of_keras_goes_on_from_its_middle_with_its_losses_and_weights(String name)
      throws IOException {
    int middle = STEPS / 2;
    var run = new Run(name, GOLDEN.state(name + "/weights/" + middle + "/"));
    run.takeOnState(middle);
    for (int step = middle + 1; step <= STEPS; step++) {
      run.step(step);
      run.requireKeras(step);
    }
  }

  /** A network and its optimizer. */
  private static final class Run {
    private final String name;
    private final Json.Obj json;
    private final KerasNetwork network;
    private final KerasOptimizer optimizer;

    Run(String name, StateDict weights) throws IOException {
      this.name = name;
      json = GOLDEN.json(name);
      Json.Obj model = json.object("model");
      Json.Obj compiled = model.object("compile_config");
      network = KerasNetwork.of(GOLDEN.config(model), weights).compiled(compiled, "training.json");
      optimizer = CompiledOptimizer.of(compiled, "training.json").over(network.module());
    }

    void takeOnState(int step) {
      Map<String, Value> parameters = new LinkedHashMap<>();
      for (String parameter : optimizer.groups().getFirst().parameters().keySet()) {
        Map<String, Value> entry = new LinkedHashMap<>();
        for (String slot : List.of("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer")) {
          String key = name + "/" + slot + "/" + step + "/" + parameter;
          if (GOLDEN.has(key)) {
            entry.put(slot, GOLDEN.tensor(key));
          }
        }
        if (entry.containsKey("exp_avg")) {
          entry.put("step", Tensor.scalar(step));
        }
        if (!entry.isEmpty()) {
          parameters.put(parameter, StateDict.of(entry));
        }
      }
      setRate(step);
      optimizer.takeOn(new OptimizerState(step, OptionalDouble.empty(), StateDict.of(parameters)));
    }

    void setRate(int step) {
      json.find("rates")
          .ifPresent(
              rates ->
                  optimizer
                      .groups()
                      .getFirst()
                      .learningRate(
                          ((Json.Num) ((Json.Arr) rates).items().get(step - 1)).asDouble()));
    }

    void step(int step) {
      try (var _ = new PointerScope()) {
        setRate(step);
        network.module().train(true);
        Batch batch =
            Batch.of(
                Map.of(
                    network.inputs().getFirst(),
                    NativeTensors.copyOf(GOLDEN.tensor(name + "/x/" + step)),
                    "labels",
                    NativeTensors.copyOf(GOLDEN.tensor(name + "/y/" + step))));
        var loss = network.forward(batch).requireLoss();
        double expected = ((Json.Num) json.array("losses").items().get(step - 1)).asDouble();
        assertThat((double) loss.item_float())
            .as("loss of step %s", step)
            .isEqualTo(expected, Offset.offset(Golden.TOLERANCE * Math.max(1, expected)));
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      }
    }

    void requireKeras(int step) {
      StateDict weights = ModuleState.of(network.module()).stateDict();
      StateDict expected = GOLDEN.state(name + "/weights/" + step + "/");
      assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String weight : expected.names()) {
        if (!weight.endsWith("num_batches_tracked")) {
          Golden.assertClose(
              weight + " after step " + step, weights.tensor(weight), expected.tensor(weight));
        }
      }
      requireMoments(step);
    }

    private void requireMoments(int step) {
      Map<Value, Value> state = ((Value.Dict) optimizer.stateDict().get("state")).entries();
      int compared = 0;
      long index = 0;
      for (String parameter : optimizer.groups().getFirst().parameters().keySet()) {
        if (state.get(Value.of(index++)) instanceof StateDict entry) {
          for (String slot : entry.names()) {
            String key = name + "/" + slot + "/" + step + "/" + parameter;
            if (!slot.equals("step") && GOLDEN.has(key)) {
              Golden.assertClose(slot + " of " + parameter, entry.tensor(slot), GOLDEN.tensor(key));
              compared++;
            }
          }
        }
      }
      boolean hasMoments =
          List.of("exp_avg", "momentum_buffer").stream()
              .anyMatch(
                  slot -> !GOLDEN.state(name + "/" + slot + "/" + step + "/").names().isEmpty());
      assertThat(compared > 0).isEqualTo(hasMoments);
    }
  }
}
