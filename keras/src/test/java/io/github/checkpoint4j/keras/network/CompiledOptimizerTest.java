package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompiledOptimizerTest {
  private static StateDict options(String compileConfig) throws IOException {
    KerasNetwork network = KerasNetwork.of(Configs.sequential(Configs.dense("first", 3, 2)));
    return CompiledOptimizer.of(Configs.json(compileConfig), "model.keras")
        .over(network.module())
        .groups()
        .getFirst()
        .options();
  }

  @Test
  void a_name_alone_has_kerass_defaults() throws IOException {
    assertThat(options("{'optimizer': 'adam'}")).isEqualTo(KerasAdamOptions.DEFAULTS);
    assertThat(options("{'optimizer': 'adamw'}").real("weight_decay")).isEqualTo(0.004);
    assertThat(options("{'optimizer': 'sgd'}").real("lr")).isEqualTo(0.01);
  }

  /** What Keras's Adam is made with if nothing is said. */
  private static final class KerasAdamOptions {
    static final StateDict DEFAULTS =
        StateDict.builder()
            .put("weight_decay", 0.0)
            .put("lr", 0.001)
            .put(
                "betas",
                io.github.checkpoint4j.state.Value.tuple(
                    io.github.checkpoint4j.state.Value.of(0.9),
                    io.github.checkpoint4j.state.Value.of(0.999)))
            .put("eps", 1e-7)
            .put("amsgrad", false)
            .build();
  }

  @Test
  void options_are_those_of_the_configuration() throws IOException {
    StateDict sgd =
        options(
            "{'optimizer': {'class_name': 'SGD', 'config': {'learning_rate': 0.5, 'momentum': 0.9,"
                + " 'nesterov': true, 'weight_decay': null, 'use_ema': false}}}");
    assertThat(sgd.real("lr")).isEqualTo(0.5);
    assertThat(sgd.real("momentum")).isEqualTo(0.9);
    assertThat(KerasOptimizer.flag(sgd, "nesterov")).isTrue();
    assertThat(sgd.real("weight_decay")).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | model.keras: the model was compiled without an optimizer; give the Trainer one",
        "{\"optimizer\": {\"class_name\": \"Adam\", \"config\": {\"loss_scale_factor\": 2.0}}} | model.keras: optimizer Adam: loss_scale_factor is not supported; compile the model without it",
        "{\"optimizer\": {\"class_name\": \"Adam\", \"config\": {\"learning_rate\": {\"class_name\": \"CosineDecay\"}}}} | model.keras: optimizer Adam: its learning rate is a schedule, which is not supported; give the Trainer an optimizer, and its arguments a schedule",
      })
  void what_has_no_counterpart_is_an_error(String compileConfig, String message) {
    assertThatThrownBy(() -> options(compileConfig))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(message);
  }

  @Test
  void an_option_out_of_range_is_an_error_that_names_the_optimizer() {
    assertThatThrownBy(
            () -> options("{'optimizer': {'class_name': 'SGD', 'config': {'momentum': 2.5}}}"))
        .isInstanceOf(io.github.checkpoint4j.format.CorruptFileException.class)
        .hasMessage("model.keras: optimizer SGD: momentum 2.5: expected a number from 0 to 1");
  }
}
