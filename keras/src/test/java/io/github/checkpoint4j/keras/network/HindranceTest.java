package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options that predictions do not depend on, and training would. */
class HindranceTest {
  private static final String L2 = "{'class_name': 'L2', 'config': {'l2': 0.1}}";

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private static KerasNetwork network(String option, boolean trainable) throws IOException {
    String options =
        "'units': 2, 'trainable': %s, '%s': %s, 'kernel_initializer': %s"
            .formatted(trainable, option, L2, Configs.initializer("GlorotUniform", ""));
    return KerasNetwork.of(Configs.sequential(Configs.layer("Dense", options, "null, 3")))
        .withLoss(KerasLoss.meanSquaredError());
  }

  private static Batch batch() {
    return Batch.of(
        Map.of(
            "x", Configs.tensor(new float[6], 2, 3), "labels", Configs.tensor(new float[4], 2, 2)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel_constraint", "bias_constraint", "activity_regularizer"})
  void what_is_not_done_in_training_is_an_error_there_and_not_in_predicting(String option)
      throws IOException {
    KerasNetwork network = network(option, true);

    assertThat(network.predict(List.of(batch().get("x")))).hasSize(1);
    assertThatCode(() -> network.forward(batch())).doesNotThrowAnyException();
    network.module().train(true);
    assertThatThrownBy(() -> network.forward(batch()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "config.json: layer 'model' (Sequential): layer 'layer' (Dense): it has %s"
                    .formatted(option)
                + " {\"class_name\":\"L2\",\"config\":{\"l2\":0.1}}, which is not supported in"
                + " training; predict with it, or train it without in Keras");
  }

  @Test
  void a_frozen_layer_is_not_in_the_way() throws IOException {
    KerasNetwork network = network("kernel_constraint", false);
    network.module().train(true);

    assertThatCode(() -> network.forward(batch())).doesNotThrowAnyException();
  }

  @Test
  void a_mask_that_a_distributed_layer_would_need_is_an_error() throws IOException {
    String inner =
        "'layer': {'module': 'keras.layers', 'class_name': 'Softmax', 'config': {'name': 'inner',"
            + " 'axis': -1}, 'registered_name': null}";
    KerasNetwork network =
        KerasNetwork.of(
            Configs.sequential(
                Configs.layer("masking", "Masking", "'mask_value': 0.0", "null, 2, 3"),
                Configs.layer("distributed", "TimeDistributed", inner, "null, 2, 3")));

    assertThatThrownBy(
            () ->
                network.predict(
                    List.of(
                        NativeTensors.copyOf(
                            io.github.checkpoint4j.state.Tensor.ofFloats(
                                new float[] {1, 2, 3, 0, 0, 0}, 1, 2, 3)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "its input has a mask, which is not handed to the layer in it, a Softmax; leave the"
                + " mask out");
  }
}
