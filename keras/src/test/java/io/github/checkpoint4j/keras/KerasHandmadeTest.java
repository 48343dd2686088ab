package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Files as older versions and other programs leave them, see golden/keras/files/handmade/make.py.
 */
class KerasHandmadeTest {
  @Test
  void a_model_of_keras_2_is_read() throws IOException {
    KerasModel model = Golden.read("handmade/keras2.h5");

    assertThat(model.layout()).isEqualTo(KerasLayout.LEGACY_MODEL);
    assertThat(model.kerasVersion()).contains("2.3.1");
    assertThat(model.config().orElseThrow().text("class_name")).isEqualTo("Sequential");
    assertThat(model.compileConfig().orElseThrow().text("loss")).isEqualTo("mse");
    assertThat(model.names())
        .containsExactly(
            Map.entry("model_weights/dense", "dense"),
            Map.entry("model_weights/block/dropout", "block/dropout"));
    assertThat(model.variables().keySet())
        .containsExactly("model_weights/dense/dense/kernel:0", "model_weights/dense/dense/bias:0");
    assertThat(model.variables().values().iterator().next().toFloats()).containsExactly(1, 2);
    assertThat(model.optimizerVariables().keySet())
        .containsExactly(
            "optimizer_weights/Adam/iterations:0",
            "optimizer_weights/training/Adam/dense/kernel/m:0");
    assertThat(model.mismatches()).isEmpty();
  }

  @Test
  void weights_of_keras_2_12_are_read_in_order_of_their_numbers() throws IOException {
    KerasModel model = Golden.read("handmade/keras212.weights.h5");

    assertThat(model.layout()).isEqualTo(KerasLayout.WEIGHTS);
    assertThat(model.variables().keySet())
        .containsExactly(
            "_layer_checkpoint_dependencies/dense/vars/0",
            "_layer_checkpoint_dependencies/dense_2/vars/0",
            "_layer_checkpoint_dependencies/dense_10/vars/0");
    assertThat(model.optimizerVariables().values())
        .extracting(tensor -> tensor.toFloats()[0])
        .containsExactly(0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f, 9f, 10f, 11f);
  }

  @Test
  void an_archive_that_was_packed_again_is_the_same_model() throws IOException {
    KerasModel original = Golden.read("mlp.keras");

    KerasModel model = Golden.read("handmade/repacked.keras");

    assertThat(model.config()).isEqualTo(original.config());
    assertThat(model.dateSaved()).isEqualTo(original.dateSaved());
    assertThat(model.assets()).isEmpty();
    assertThat(Golden.rows(model.variables())).isEqualTo(Golden.rows(original.variables()));
  }

  @Test
  void an_hdf5_file_that_is_not_of_keras_is_told() throws IOException {
    assertThat(Keras.find(Hdf5.read(Golden.bytes("handmade/other.h5"), "other.h5"), "other.h5"))
        .isEmpty();
    assertThatThrownBy(() -> Golden.read("handmade/other.h5"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "other.h5: an HDF5 file, but not of Keras: it has neither layer_names nor groups 'vars';"
                + " check which file this is");
  }
}
