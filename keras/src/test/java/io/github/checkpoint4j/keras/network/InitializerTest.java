package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitializerTest {
  private static final int INPUTS = 300;
  private static final int UNITS = 100;

  @BeforeEach
  void one_thread_and_one_seed() {
    torch.set_num_threads(1);
    torch.manual_seed(7);
  }

  private static Tensor kernel(String initializer, String options) throws IOException {
    String layer =
        "'units': %d, 'kernel_initializer': %s"
            .formatted(UNITS, Configs.initializer(initializer, options));
    return weight(Configs.layer("Dense", layer, "null, " + INPUTS), "layer.weight");
  }

  private static Tensor weight(String layer, String name) throws IOException {
    KerasNetwork network = KerasNetwork.of(Configs.sequential(layer));
    return Objects.requireNonNull(ModuleState.of(network.module()).parameters().get(name), name)
        .detach();
  }

  @ParameterizedTest
  @CsvSource({
    "GlorotUniform, 2, 400",
    "GlorotNormal, 2, 400",
    "HeUniform, 2, 300",
    "HeNormal, 2, 300",
    "LecunUniform, 1, 300",
    "LecunNormal, 1, 300"
  })
  void weights_have_the_variance_of_their_initializer(String name, double scale, double count)
      throws IOException {
    Tensor weight = kernel(name, "");
    double deviation = Math.sqrt(scale / count);
    assertThat((double) weight.mean().item_float()).isEqualTo(0, Offset.offset(0.03 * deviation));
    assertThat((double) weight.std(true).item_float())
        .isEqualTo(deviation, Offset.offset(0.03 * deviation));
    double most = weight.abs().max().item_float();
    if (name.endsWith("Uniform")) {
      assertThat(most).isBetween(0.99 * Math.sqrt(3) * deviation, Math.sqrt(3) * deviation);
    } else {
      assertThat(most).isBetween(2 * deviation, 2.3 * deviation);
    }
  }

  @Test
  void variance_scaling_takes_its_options() throws IOException {
    Tensor weight =
        kernel(
            "VarianceScaling",
            "'scale': 3.0, 'mode': 'fan_out', 'distribution': 'untruncated_normal'");
    double deviation = Math.sqrt(3.0 / UNITS);
    assertThat((double) weight.std(true).item_float())
        .isEqualTo(deviation, Offset.offset(0.03 * deviation));
    assertThat((double) weight.abs().max().item_float()).isGreaterThan(2.5 * deviation);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "Zeros, \"\", 0, 0",
        "Ones, \"\", 1, 0",
        "Constant, 'value': 0.5, 0.5, 0",
        "RandomUniform, \"'minval': 1.0, 'maxval': 3.0\", 2, 0.577",
        "RandomNormal, \"'mean': 1.0, 'stddev': 0.5\", 1, 0.5",
        "TruncatedNormal, \"'mean': 1.0, 'stddev': 0.5\", 1, 0.44",
      })
  void weights_have_the_mean_and_deviation_that_are_given(
      String name, String options, double mean, double deviation) throws IOException {
    Tensor weight = kernel(name, options);
    assertThat((double) weight.mean().item_float()).isEqualTo(mean, Offset.offset(0.01));
    assertThat((double) weight.std(true).item_float()).isEqualTo(deviation, Offset.offset(0.01));
  }

  @Test
  void orthogonal_columns_have_the_length_of_the_gain() throws IOException {
    Tensor weight = kernel("Orthogonal", "'gain': 2.0");
    Tensor products = torch.matmul(weight, weight.transpose(0, 1));
    Tensor expected = torch.eye(UNITS).mul(new org.bytedeco.pytorch.Scalar(4.0));
    Golden.assertClose("products", products, NativeTensors.heapCopy(expected));
  }

  @Test
  void the_forget_gate_of_an_lstm_begins_open() throws IOException {
    String lstm =
        "'units': 2, 'use_bias': true, 'unit_forget_bias': true, 'activation': 'tanh',"
            + " 'recurrent_activation': 'sigmoid', 'bias_initializer': "
            + Configs.initializer("Zeros", "");
    Tensor bias = weight(Configs.layer("LSTM", lstm, "null, 4, 3"), "layer.bias_ih_l0");
    assertThat(NativeTensors.heapCopy(bias).toFloats()).containsExactly(0, 0, 1, 1, 0, 0, 0, 0);
  }
}
