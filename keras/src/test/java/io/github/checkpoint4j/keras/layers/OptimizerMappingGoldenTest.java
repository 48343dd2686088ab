package io.github.checkpoint4j.keras.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Optimizers of the models of golden/keras/layers; torch.optim goes on from their state as Keras
 * does.
 */
class OptimizerMappingGoldenTest {
  static List<Golden> models() {
    return Golden.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void variables_become_the_state_of_torchs_optimizer(Golden model) throws IOException {
    OptimizerState state = mapping(model).toPyTorch(model.numbered("optimizer:"));

    assertThat(state.step()).isEqualTo(3);
    assertThat(state.parameters().names()).isEqualTo(model.optimizerState().keySet());
    model
        .optimizerState()
        .forEach(
            (parameter, entries) -> {
              assertThat(state.parameters().dict(parameter).names()).isEqualTo(entries.keySet());
              entries.forEach(
                  (entry, tensor) ->
                      assertThat(
                              state.parameters().dict(parameter).tensor(entry).hasSameBytes(tensor))
                          .as(parameter + " " + entry)
                          .isTrue());
            });
  }

  @ParameterizedTest
  @MethodSource("models")
  void the_state_becomes_the_variables_again(Golden model) throws IOException {
    OptimizerMapping mapping = mapping(model);
    List<Tensor> variables = model.numbered("optimizer:");

    Map<String, Tensor> again = mapping.toKeras(mapping.toPyTorch(variables));

    List<Tensor> found = new ArrayList<>(again.values());
    assertThat(found).hasSameSizeAs(variables);
    for (int i = 0; i < found.size(); i++) {
      if (model.name().startsWith("sgd_") && i >= 2) {
        assertWithinTwoUlps(found.get(i).toFloats(), variables.get(i).toFloats());
      } else {
        assertThat(found.get(i).hasSameBytes(variables.get(i))).as("variable " + i).isTrue();
      }
    }
  }

  private static void assertWithinTwoUlps(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(2 * Math.ulp(expected[i])));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void variables_are_named_in_legacy_files_as_keras_names_them(Golden model) throws IOException {
    OptimizerMapping mapping = mapping(model);

    List<String> names =
        List.copyOf(mapping.toKeras(mapping.toPyTorch(model.numbered("optimizer:"))).keySet());

    List<String> expected = model.texts("optimizer");
    assertThat(names).hasSameSizeAs(expected).startsWith(expected.getFirst());
    for (int i = 0; i < names.size(); i++) {
      assertThat(lastWords(names.get(i))).isEqualTo(lastWords(expected.get(i)));
    }
  }

  private static String lastWords(String name) {
    String[] words = name.split("_", -1);
    return words.length < 2 ? name : words[words.length - 2] + "_" + words[words.length - 1];
  }

  private static OptimizerMapping mapping(Golden model) throws IOException {
    Json.Obj compiled = model.document().object("config").object("compile_config");
    OptimizerConfig optimizer = OptimizerConfig.parse(compiled, model.name()).orElseThrow();
    return OptimizerMapping.of(WeightMapping.of(model.config()), optimizer);
  }
}
