package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GradientClippingTest {

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  private static Map<String, org.bytedeco.pytorch.Tensor> parameters(long step) throws IOException {
    Map<String, Tensor> tensors = Golden.tensors("optimizers.safetensors");
    Map<String, org.bytedeco.pytorch.Tensor> parameters = new LinkedHashMap<>();
    for (String name : List.of("weight", "bias", "scale", "long", "unused")) {
      Tensor start = Objects.requireNonNull(tensors.get("start." + name), name);
      var parameter = NativeTensors.copyOf(start).set_requires_grad(true);
      Tensor gradient = tensors.get("gradient." + step + "." + name);
      if (gradient != null) {
        parameter.mutable_grad().put(NativeTensors.copyOf(gradient));
      }
      parameters.put(name, parameter);
    }
    return parameters;
  }

  @Test
  void norm_and_gradients_are_those_of_pytorch() throws IOException {
    var golden = (Json.Obj) Golden.json("clipping.json");
    for (Json item : golden.array("cases").items()) {
      var expected = (Json.Obj) item;
      Map<String, org.bytedeco.pytorch.Tensor> parameters = parameters(expected.integer("step"));

      double norm = GradientClipping.clipNorm(parameters.values(), expected.real("limit"));

      assertThat(norm).isCloseTo(expected.real("norm"), Percentage.withPercentage(1e-4));
      if (Golden.hasSameBitsAs(golden)) {
        assertThat(norm).isEqualTo(expected.real("norm"));
        expected
            .object("gradients")
            .members()
            .forEach(
                (name, digest) ->
                    assertThat(Golden.sha256(gradient(parameters, name)))
                        .as(name)
                        .isEqualTo(((Json.Str) digest).value()));
      }
    }
  }

  private static Tensor gradient(Map<String, org.bytedeco.pytorch.Tensor> parameters, String name) {
    return NativeTensors.view(Objects.requireNonNull(parameters.get(name), name).grad());
  }

  @Test
  void without_gradients_the_norm_is_0() {
    assertThat(GradientClipping.clipNorm(List.of(torch.zeros(3)), 1)).isZero();
  }

  @Test
  void a_gradient_that_is_not_finite_shows_in_the_norm() throws IOException {
    Map<String, org.bytedeco.pytorch.Tensor> parameters = parameters(0);
    for (var parameter : parameters.values()) {
      if (parameter.grad().defined()) {
        parameter.mutable_grad().fill_(new org.bytedeco.pytorch.Scalar(Double.NaN));
      }
    }
    assertThat(GradientClipping.clipNorm(parameters.values(), 1)).isNaN();
  }

  @Test
  void a_limit_that_is_not_above_0_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientClipping.clipNorm(List.of(), 0))
        .withMessage("maximal norm 0.0: expected a number above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientClipping.clipNorm(List.of(), Double.NaN))
        .withMessage("maximal norm NaN: expected a number above 0");
  }
}
