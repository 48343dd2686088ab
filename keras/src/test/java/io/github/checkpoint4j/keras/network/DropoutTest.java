package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DropoutTest {
  private static final long STEPS = 100;
  private static final long CHANNELS = 50;

  @BeforeEach
  void one_thread_and_one_seed() {
    torch.set_num_threads(1);
    torch.manual_seed(5);
  }

  /** What a layer makes of ones, [8, 100, 50], in training. */
  private static float[] trained(String className, String options) throws IOException {
    KerasNetwork network =
        KerasNetwork.of(Configs.sequential(Configs.layer(className, options, "null, 100, 50")));
    network.module().train(true);
    Tensor output =
        network.forward(Batch.of(Map.of("x", Configs.ones(8, STEPS, CHANNELS)))).logits();
    return NativeTensors.heapCopy(output).toFloats();
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double deviation(float[] values) {
    double mean = mean(values);
    double sum = 0;
    for (float value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  @Test
  void elements_become_0_at_the_rate_and_the_rest_is_scaled() throws IOException {
    float[] output = trained("Dropout", "'rate': 0.2");
    assertThat(output).containsOnly(0f, 1.25f);
    assertThat(mean(output)).isEqualTo(1, Offset.offset(0.02));
  }

  @Test
  void the_noise_shape_is_what_is_drawn_together() throws IOException {
    float[] output = trained("Dropout", "'rate': 0.5, 'noise_shape': [null, 1, 50]");
    assertThat(output).contains(0f, 2f);
    for (int i = 0; i < output.length; i++) {
      int first = (int) (i / (STEPS * CHANNELS) * STEPS * CHANNELS + i % CHANNELS);
      assertThat(output[i]).isEqualTo(output[first]);
    }
  }

  @Test
  void whole_channels_become_0() throws IOException {
    float[] output = trained("SpatialDropout1D", "'rate': 0.5");
    assertThat(output).contains(0f, 2f);
    for (int i = 0; i < output.length; i++) {
      int first = (int) (i / (STEPS * CHANNELS) * STEPS * CHANNELS + i % CHANNELS);
      assertThat(output[i]).isEqualTo(output[first]);
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {"GaussianDropout, 'rate': 0.2, 0.5", "GaussianNoise, 'stddev': 0.3, 0.3"})
  void noise_keeps_the_mean_and_has_its_deviation(String className, String option, double expected)
      throws IOException {
    float[] output = trained(className, option);
    assertThat(mean(output)).isEqualTo(1, Offset.offset(0.02));
    assertThat(deviation(output)).isEqualTo(expected, Offset.offset(0.02));
  }

  @Test
  void alpha_dropout_keeps_the_variance_of_normalised_features() throws IOException {
    KerasNetwork network =
        KerasNetwork.of(
            Configs.sequential(Configs.layer("AlphaDropout", "'rate': 0.2", "null, 100, 50")));
    network.module().train(true);
    Tensor normal = torch.randn_like(Configs.ones(8, STEPS, CHANNELS));
    float[] output =
        NativeTensors.heapCopy(network.forward(Batch.of(Map.of("x", normal))).logits()).toFloats();
    assertThat(mean(output)).isEqualTo(0, Offset.offset(0.03));
    assertThat(deviation(output)).isEqualTo(1, Offset.offset(0.03));
  }

  @Test
  void the_same_seed_drops_the_same() throws IOException {
    float[] first = trained("Dropout", "'rate': 0.5");
    torch.manual_seed(5);
    assertThat(trained("Dropout", "'rate': 0.5")).isEqualTo(first);
    torch.manual_seed(6);
    assertThat(trained("Dropout", "'rate': 0.5")).isNotEqualTo(first);
  }

  @Test
  void a_recurrent_layer_drops_features_for_all_steps_and_states() throws IOException {
    String lstm =
        "'units': 3, 'use_bias': false, 'return_sequences': true, 'activation': 'tanh',"
            + " 'recurrent_activation': 'sigmoid', 'kernel_initializer': "
            + Configs.initializer("Ones", "")
            + ", 'recurrent_initializer': "
            + Configs.initializer("Ones", "");
    KerasNetwork network =
        KerasNetwork.of(
            Configs.sequential(
                Configs.layer(
                    "LSTM", lstm + ", 'dropout': 0.5, 'recurrent_dropout': 0.5", "null, 4, 2")));
    Tensor x = Configs.ones(64, 4, 2);
    float[] predicted = NativeTensors.heapCopy(network.predict(List.of(x)).getFirst()).toFloats();
    network.module().train(true);
    float[] first =
        NativeTensors.heapCopy(network.forward(Batch.of(Map.of("x", x))).logits().detach())
            .toFloats();
    assertThat(first).isNotEqualTo(predicted);
    // Of two features both are dropped in a quarter of the examples: then all is 0 at all steps.
    int allZero = 0;
    for (int example = 0; example < 64; example++) {
      boolean zero = true;
      for (int i = 0; i < 12; i++) {
        zero &= first[example * 12 + i] == 0;
      }
      boolean begins = first[example * 12] == 0;
      assertThat(zero).as("example %s", example).isEqualTo(begins);
      allZero += zero ? 1 : 0;
    }
    assertThat(allZero).isBetween(6, 28);
  }
}
