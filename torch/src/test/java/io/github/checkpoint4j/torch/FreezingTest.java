package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class FreezingTest {
  private final LinearImpl hidden = new LinearImpl(2, 3);
  private final LinearImpl output = new LinearImpl(3, 1);
  private final Module module = new Network().with("hidden", hidden).with("output", output);

  private void backward() {
    Tensor y = output.forward(hidden.forward(torch.ones(4, 2)));
    y.sum().backward();
  }

  @Test
  void what_a_pattern_matches_gets_no_gradient_any_more() {
    Freezing.of(NamePattern.glob("hidden.*")).apply(module);
    backward();

    assertThat(Freezing.frozen(module)).containsExactly("hidden.weight", "hidden.bias");
    assertThat(hidden.weight().grad().defined()).isFalse();
    assertThat(output.weight().grad().defined()).isTrue();
  }

  @Test
  void an_old_gradient_is_forgotten() {
    backward();
    assertThat(hidden.weight().grad().defined()).isTrue();
    Freezing.of(NamePattern.regex("hidden\\.(weight|bias)")).apply(module);
    assertThat(hidden.weight().grad().defined()).isFalse();
    assertThat(output.weight().grad().defined()).isTrue();
  }

  @Test
  void it_stays_out_of_the_optimizer() {
    Freezing.of(NamePattern.glob("hidden.weight"), NamePattern.glob("output.bias")).apply(module);
    Optimizer optimizer = AdamW.builder().over(module);
    assertThat(optimizer.groups().get(0).parameters().keySet()).containsExactly("output.weight");
    assertThat(optimizer.groups().get(1).parameters().keySet()).containsExactly("hidden.bias");
  }

  @Test
  void nothing_is_frozen_by_none() {
    Freezing.none().apply(module);
    assertThat(Freezing.frozen(module)).isEmpty();
  }

  @Test
  void a_pattern_that_matches_nothing_is_an_error_and_nothing_is_frozen() {
    var freezing = Freezing.of(List.of(NamePattern.glob("hidden.*"), NamePattern.glob("body.*")));
    assertThatThrownBy(() -> freezing.apply(module))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "nothing is frozen by 'body.*': none of the 4 parameters has such a name; the first are"
                + " [hidden.weight, hidden.bias, output.weight]");
    assertThat(Freezing.frozen(module)).isEmpty();
  }

  @Test
  void that_nothing_would_be_trained_is_an_error() {
    Freezing.of(NamePattern.glob("hidden.*")).apply(module);
    var rest = Freezing.of(NamePattern.glob("output.*"));
    assertThatThrownBy(() -> rest.apply(module))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "all 4 parameters would be frozen, by [output.*], and nothing trained; leave some of"
                + " them");
    assertThat(output.weight().requires_grad()).isTrue();
  }
}
