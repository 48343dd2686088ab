package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.ModuleState;
import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks of Keras's configurations and weights next to what Keras predicted with them. */
class PredictionTest {
  private static final Golden GOLDEN = Golden.named("predictions");

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  static List<String> cases() {
    return GOLDEN.cases();
  }

  static List<String> trainedCases() {
    return cases().stream()
        .filter(name -> !GOLDEN.state(name + "/trained/").names().isEmpty())
        .toList();
  }

  private static KerasNetwork network(String name) throws IOException {
    return KerasNetwork.of(GOLDEN.config(GOLDEN.json(name)), GOLDEN.state(name + "/weights/"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_prediction_equals_that_of_keras(String name) throws IOException {
    KerasNetwork network = network(name);
    try (var _ = new PointerScope()) {
      var outputs = network.predict(GOLDEN.numbered(name + "/input/"));
      StateDict expected = GOLDEN.state(name + "/output/");
      assertThat(outputs).hasSameSizeAs(expected.names()).isNotEmpty();
      for (int i = 0; i < outputs.size(); i++) {
        Golden.assertClose("output " + i, outputs.get(i), expected.tensor(String.valueOf(i)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("trainedCases")
  void in_training_mode_outputs_and_running_statistics_equal_those_of_keras(String name)
      throws IOException {
    KerasNetwork network = network(name);
    network.module().train(true);
    try (var _ = new PointerScope()) {
      var inputs = GOLDEN.numbered(name + "/input/");
      var output =
          network
              .forward(
                  io.github.checkpoint4j.torch.Batch.of(
                      java.util.Map.of(network.inputs().getFirst(), inputs.getFirst())))
              .logits();
      Golden.assertClose("output", output, GOLDEN.tensor(name + "/trained/0"));
    }
    StateDict state = ModuleState.of(network.module()).stateDict();
    StateDict after = GOLDEN.state(name + "/after/");
    assertThat(after.names()).isNotEmpty();
    for (String statistic : after.names()) {
      Tensor expected = after.tensor(statistic);
      Golden.assertClose(statistic, state.tensor(statistic), expected);
    }
  }
}
