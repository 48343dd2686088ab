package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KerasNetworkTest {
  private static final Golden GOLDEN = Golden.named("predictions");

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  private static KerasNetwork golden(String name) throws IOException {
    return KerasNetwork.of(GOLDEN.config(GOLDEN.json(name)), GOLDEN.state(name + "/weights/"));
  }

  private static KerasNetwork dense() throws IOException {
    return KerasNetwork.of(Configs.sequential(Configs.dense("first", 3, 2)));
  }

  @Test
  void inputs_and_outputs_are_named_by_their_layers() throws IOException {
    KerasNetwork network = golden("shared_layer");
    assertThat(network.inputs()).containsExactly("input_layer", "input_layer_1");
    assertThat(network.outputs()).hasSize(2).last().isEqualTo("shared");
  }

  @Test
  void weights_are_named_by_the_path_of_their_layer() throws IOException {
    assertThat(ModuleState.of(golden("nested").module()).stateDict().names())
        .contains("inner.dense.weight", "tower.dense_1.bias");
  }

  @Test
  void weights_have_to_be_those_of_the_network() throws IOException {
    Map<String, io.github.checkpoint4j.state.Value> weights =
        new LinkedHashMap<>(GOLDEN.state("frozen/weights/").entries());
    weights.remove("frozen.bias");
    assertThatThrownBy(
            () -> KerasNetwork.of(GOLDEN.config(GOLDEN.json("frozen")), StateDict.of(weights)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("1 missing: frozen.bias");
  }

  @Test
  void a_network_outlives_the_scope_it_is_made_in() throws IOException {
    KerasNetwork network;
    List<Tensor> outputs;
    try (var _ = new PointerScope()) {
      network = golden("residual");
    }
    outputs = network.predict(GOLDEN.numbered("residual/input/"));
    Golden.assertClose("output", outputs.getFirst(), GOLDEN.tensor("residual/output/0"));
    network.module().train(true);
    assertThat(network.module().is_training()).isTrue();
  }

  @Test
  void a_prediction_belongs_to_the_scope_it_is_asked_for_in() throws IOException {
    KerasNetwork network = dense();
    Tensor output;
    try (var _ = new PointerScope()) {
      output = network.predict(List.of(Configs.ones(1, 3))).getFirst();
      assertThat(output.isNull()).isFalse();
      assertThat(output.requires_grad()).isFalse();
    }
    assertThat(output.isNull()).isTrue();
  }

  @Test
  void predicting_ends_training_mode() throws IOException {
    KerasNetwork network = dense();
    network.module().train(true);
    var _ = network.predict(List.of(Configs.ones(1, 3)));
    assertThat(network.module().is_training()).isFalse();
  }

  @Test
  void whole_numbers_are_taken_for_an_input_of_floats() throws IOException {
    KerasNetwork network = dense();
    Tensor whole = Configs.ones(2, 3).to(torch.ScalarType.Long);
    Golden.assertClose(
        "output",
        network.predict(List.of(whole)).getFirst(),
        io.github.checkpoint4j.torch.NativeTensors.heapCopy(
            network.predict(List.of(Configs.ones(2, 3))).getFirst()));
  }

  @Test
  void another_number_of_tensors_than_inputs_is_an_error() throws IOException {
    KerasNetwork network = dense();
    assertThatThrownBy(() -> network.predict(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the network has 1 inputs, [x], and is given 0 tensors");
  }

  @Test
  void a_tensor_of_another_shape_is_an_error_that_names_the_layer() throws IOException {
    KerasNetwork network = dense();
    assertThatThrownBy(() -> network.predict(List.of(Configs.ones(2, 5))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "config.json: layer 'model' (Sequential): layer 'first' (Dense): it cannot be applied"
                + " to tensors of shapes [[2, 5]]: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void labels_need_a_loss() throws IOException {
    KerasNetwork network = dense();
    try (Batch batch = Batch.of(Map.of("x", Configs.ones(1, 3), "labels", Configs.ones(1, 2)))) {
      assertThatThrownBy(() -> network.forward(batch))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "the batch has labels and the network no loss; give one with withLoss or compiled");
    }
  }

  @Test
  void without_labels_there_is_no_loss() throws IOException {
    try (Batch batch = Batch.of(Map.of("x", Configs.ones(1, 3)))) {
      assertThat(dense().withLoss(KerasLoss.meanSquaredError()).forward(batch).loss()).isEmpty();
    }
  }

  @Test
  void the_losses_of_several_outputs_are_added_by_their_weights() throws IOException {
    KerasNetwork network = golden("shared_layer");
    String second = network.outputs().getLast();
    var compiled =
        network.compiled(
            Configs.json(
                "{'loss': {'%s': 'mse', '%s': 'mae'}, 'loss_weights': [2.0, 0.5]}"
                    .formatted(network.outputs().getFirst(), second)),
            "config.json");
    List<Tensor> inputs = GOLDEN.numbered("shared_layer/input/");
    List<Tensor> outputs = network.predict(inputs);
    Tensor zeros = torch.zeros_like(outputs.get(0));
    Map<String, Tensor> batch = new LinkedHashMap<>();
    batch.put("input_layer", inputs.get(0));
    batch.put("input_layer_1", inputs.get(1));
    batch.put("labels." + network.outputs().getFirst(), zeros);
    batch.put("labels." + second, torch.zeros_like(outputs.get(1)));
    double expected =
        2 * outputs.get(0).square().mean().item_float()
            + 0.5 * outputs.get(1).abs().mean().item_float();

    assertThat((double) compiled.forward(Batch.of(batch)).requireLoss().item_float())
        .isEqualTo(expected, Offset.offset(1e-5));
    batch.remove("labels." + second);
    assertThatThrownBy(() -> compiled.forward(Batch.of(batch)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the batch has no 'labels.shared'; it has ");
  }

  @Test
  void an_output_that_was_compiled_without_a_loss_is_an_error() throws IOException {
    KerasNetwork network = golden("shared_layer");
    assertThatThrownBy(
            () -> network.compiled(Configs.json("{'loss': ['mse', null]}"), "model.keras"))
        .isInstanceOf(io.github.checkpoint4j.format.UnsupportedFeatureException.class)
        .hasMessage(
            "model.keras: output 'shared' was compiled without a loss; give one with withLoss");
  }

  @Test
  void layers_that_are_not_trainable_get_no_gradient() throws IOException {
    ModuleState state = ModuleState.of(golden("frozen").module());
    assertThat(state.frozen()).containsExactlyInAnyOrder("frozen.weight", "frozen.bias");
  }

  @Test
  void penalties_of_weights_count_in_training_alone() throws IOException {
    String layer =
        Configs.dense("first", 3, 2)
            .replace(
                "'use_bias': true",
                "'use_bias': true, 'kernel_regularizer': {'class_name': 'L1L2', 'config': {'l1':"
                    + " 0.5, 'l2': 0.25}}");
    KerasNetwork network =
        KerasNetwork.of(Configs.sequential(layer)).withLoss(KerasLoss.meanSquaredError());
    Tensor weight =
        Objects.requireNonNull(ModuleState.of(network.module()).parameters().get("first.weight"));
    double penalty =
        0.5 * weight.abs().sum().item_float() + 0.25 * weight.square().sum().item_float();
    Batch batch = Batch.of(Map.of("x", Configs.ones(1, 3), "labels", Configs.ones(1, 2)));

    double predicting = network.forward(batch).requireLoss().item_float();
    network.module().train(true);
    double training = network.forward(batch).requireLoss().item_float();
    assertThat(training - predicting).isEqualTo(penalty, Offset.offset(1e-5));
  }
}
