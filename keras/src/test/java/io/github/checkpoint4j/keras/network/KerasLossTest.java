package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KerasLossTest {
  private static final Golden GOLDEN = Golden.named("losses");

  static List<String> cases() {
    return GOLDEN.cases();
  }

  private static Json parsed(String text) throws IOException {
    return Json.parse(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), "config.json");
  }

  private static double value(KerasLoss loss, MaskedTensor output, Tensor labels) {
    return loss.of(output, labels).item_float();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_loss_has_the_value_of_keras(String name) throws IOException {
    Json.Obj json = GOLDEN.json(name);
    KerasLoss loss = KerasLoss.of(json.get("loss"), "losses.json");
    try (var _ = new PointerScope()) {
      Tensor output = NativeTensors.copyOf(GOLDEN.tensor(name + "/output"));
      Optional<Tensor> mask =
          GOLDEN.has(name + "/mask")
              ? Optional.of(NativeTensors.copyOf(GOLDEN.tensor(name + "/mask")))
              : Optional.empty();
      Tensor labels = NativeTensors.copyOf(GOLDEN.tensor(name + "/labels"));
      double expected = json.real("value");
      assertThat(value(loss, MaskedTensor.of(output, mask), labels))
          .isEqualTo(expected, Offset.offset(Golden.TOLERANCE * Math.max(1, expected)));
    }
  }

  @Test
  void behind_a_softmax_the_loss_is_computed_from_what_went_in() {
    try (var _ = new PointerScope()) {
      Tensor logits = NativeTensors.copyOf(numbers(200, 0, 0, 100));
      Tensor labels =
          NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofLongs(new long[] {1, 1}, 2));
      Tensor shares = torch.softmax(logits, -1);
      KerasLoss loss = KerasLoss.sparseCategoricalCrossentropy(false);
      var behind = new MaskedTensor(shares, Optional.empty(), Optional.of(logits));
      assertThat(value(loss, behind, labels)).isEqualTo(100, Offset.offset(1e-4));
      // Of the shares alone it is cut at the smallest that Keras tells from 0.
      assertThat(value(loss, MaskedTensor.of(shares), labels)).isLessThan(10);
    }
  }

  @Test
  void a_gradient_flows_through_every_loss() {
    for (KerasLoss loss :
        List.of(
            KerasLoss.meanSquaredError(),
            KerasLoss.meanAbsoluteError(),
            KerasLoss.binaryCrossentropy(true),
            KerasLoss.binaryCrossentropy(false),
            KerasLoss.categoricalCrossentropy(true),
            KerasLoss.categoricalCrossentropy(false))) {
      try (var _ = new PointerScope()) {
        Tensor output =
            NativeTensors.copyOf(numbers(0.3f, 0.2f, 0.5f, 0.6f)).set_requires_grad(true);
        Tensor labels = NativeTensors.copyOf(numbers(0, 1, 1, 0));
        loss.of(MaskedTensor.of(output), labels).backward();
        assertThat(output.grad().abs().sum().item_float()).isGreaterThan(0);
      }
    }
  }

  private static io.github.checkpoint4j.state.Tensor numbers(float... values) {
    return io.github.checkpoint4j.state.Tensor.ofFloats(values, 2, 2);
  }

  @Test
  void a_loss_that_is_not_known_is_an_error_that_names_those_that_are() {
    assertThatThrownBy(() -> KerasLoss.of(Json.of("huber"), "model.keras"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "model.keras: the loss huber is not supported; there are mse, mae,"
                + " binary_crossentropy, categorical_crossentropy and"
                + " sparse_categorical_crossentropy, or give a KerasLoss");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reduction | \"sum\" | \"sum_over_batch_size\"",
        "axis | 1 | -1",
        "ignore_class | 0 | null"
      })
  void an_option_that_would_change_the_value_is_an_error(
      String option, String value, String usual) {
    String loss =
        "{\"class_name\":\"SparseCategoricalCrossentropy\",\"config\":{\"%s\":%s}}"
            .formatted(option, value);
    assertThatThrownBy(() -> KerasLoss.of(parsed(loss), "model.keras"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("model.keras: the loss has %s %s; only %s is supported", option, value, usual);
  }
}
