package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments of two linear layers, and how often they run. */
final class RecomputationTest {
  private final PointerScope scope = new PointerScope();
  private final Module module = new Module();
  private LinearImpl first;
  private LinearImpl second;
  private ModuleState weights;
  private Tensor x;
  private final List<String> runs = new ArrayList<>();

  @BeforeEach
  void two_layers() {
    torch.set_num_threads(1);
    torch.manual_seed(1);
    first = new LinearImpl(3, 3);
    second = new LinearImpl(3, 3);
    module.register_module("first", first);
    module.register_module("second", second);
    weights = ModuleState.of(module);
    x = torch.randn(2, 3);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** A segment that writes down that it runs, and drops a half. */
  private Recomputation.Segment dropping(String name, LinearImpl layer) {
    return inputs -> {
      runs.add(name);
      return torch.dropout(layer.forward(inputs.getFirst()), 0.5, true);
    };
  }

  /** The sum of all inputs, through a layer. */
  private Recomputation.Segment adding(String name, LinearImpl layer) {
    return inputs -> {
      runs.add(name);
      return layer.forward(inputs.stream().reduce(Tensor::add).orElseThrow());
    };
  }

  private static List<Float> elements(Tensor tensor) {
    List<Float> elements = new ArrayList<>();
    for (float element : NativeTensors.heapCopy(tensor).toFloats()) {
      elements.add(element);
    }
    return elements;
  }

  private List<List<Float>> gradients() {
    return weights.parameters().values().stream()
        .map(parameter -> elements(parameter.grad()))
        .toList();
  }

  @Test
  void segments_run_again_last_first_and_draw_what_they_drew() {
    torch.manual_seed(2);
    dropping("second", second)
        .forward(List.of(dropping("first", first).forward(List.of(x))))
        .sum()
        .backward();
    List<List<Float>> expected = gradients();
    List<Float> drawn = elements(torch.randn(5));
    module.zero_grad(true);
    runs.clear();

    torch.manual_seed(2);
    try (var recomputation = Recomputation.of(weights)) {
      Tensor hidden = recomputation.segment(List.of(x), dropping("first", first));
      Tensor loss = recomputation.segment(List.of(hidden), dropping("second", second)).sum();
      recomputation.backward(loss);
    }

    assertThat(runs).containsExactly("first", "second", "second", "first");
    assertThat(gradients()).isEqualTo(expected);
    assertThat(elements(torch.randn(5))).isEqualTo(drawn);
  }

  @Test
  void without_recomputation_a_segment_runs_once() {
    Tensor made = Recomputation.none().segment(List.of(x), dropping("first", first));
    Recomputation.none().backward(made.sum());

    assertThat(runs).containsExactly("first");
    assertThat(first.weight().grad().defined()).isTrue();
  }

  @Test
  void what_needs_no_gradient_runs_once() {
    weights.parameters().values().forEach(parameter -> parameter.set_requires_grad(false));
    second.weight().set_requires_grad(true);
    try (var recomputation = Recomputation.of(weights)) {
      Tensor hidden = recomputation.segment(List.of(x), dropping("first", first));
      recomputation.backward(
          recomputation.segment(List.of(hidden), dropping("second", second)).sum());
    }

    assertThat(runs).containsExactly("first", "second", "second");
    assertThat(second.weight().grad().defined()).isTrue();
    assertThat(first.weight().grad().defined()).isFalse();
  }

  @Test
  void without_autograd_nothing_is_kept_to_run_again() {
    try (var _ = new NoGradGuard();
        var recomputation = Recomputation.of(weights)) {
      Tensor made = recomputation.segment(List.of(x), dropping("first", first));

      assertThat(made.requires_grad()).isFalse();
    }
    assertThat(runs).containsExactly("first");
  }

  @Test
  void what_the_loss_does_not_depend_on_runs_once() {
    try (var recomputation = Recomputation.of(weights)) {
      recomputation.segment(List.of(x), dropping("first", first));
      recomputation.backward(recomputation.segment(List.of(x), dropping("second", second)).sum());
    }

    assertThat(runs).containsExactly("first", "second", "second");
  }

  @Test
  void inputs_of_several_segments_pass_on_the_sum_of_their_gradients() {
    Tensor parameter = torch.ones(2, 3).requires_grad_(true);
    Tensor shared = parameter.mul(new Scalar(3));
    Tensor plain =
        adding("second", second)
            .forward(List.of(shared, adding("first", first).forward(List.of(shared, parameter))));
    plain.sum().backward();
    List<Float> expected = elements(parameter.grad());
    parameter.mutable_grad().reset();

    try (var recomputation = Recomputation.of(weights)) {
      Tensor again = parameter.mul(new Scalar(3));
      Tensor hidden = recomputation.segment(List.of(again, parameter), adding("first", first));
      Tensor made = recomputation.segment(List.of(again, hidden), adding("second", second));
      recomputation.backward(made.sum());
    }

    assertThat(elements(parameter.grad())).isEqualTo(expected);
  }

  @Test
  void an_output_may_be_used_outside_too() {
    torch.manual_seed(3);
    Tensor hidden = dropping("first", first).forward(List.of(x));
    second.forward(hidden).sum().add(hidden.mul(hidden).sum()).backward();
    List<List<Float>> expected = gradients();
    module.zero_grad(true);

    torch.manual_seed(3);
    try (var recomputation = Recomputation.of(weights)) {
      Tensor output = recomputation.segment(List.of(x), dropping("first", first));
      Tensor made =
          recomputation.segment(List.of(output), inputs -> second.forward(inputs.getFirst()));
      recomputation.backward(made.sum().add(output.mul(output).sum()));
    }

    assertThat(gradients()).isEqualTo(expected);
  }

  @Test
  void a_loss_that_goes_backward_by_itself_is_an_error_when_it_is_closed() {
    var recomputation = Recomputation.of(weights);
    recomputation.segment(List.of(x), dropping("first", first)).sum().backward();

    assertThatThrownBy(recomputation::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the gradients end at the segments of the model: call Recomputation.backward(loss) in"
                + " place of loss.backward()");
  }

  @Test
  void a_pass_that_is_given_up_is_closed_without_a_word() {
    var recomputation = Recomputation.of(weights);
    recomputation.segment(List.of(x), dropping("first", first));

    recomputation.close();
    recomputation.close();

    assertThat(first.weight().grad().defined()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void random_numbers_go_on_as_they_would_if_a_segment_fails_the_second_time(int failing) {
    torch.manual_seed(4);
    dropping("first", first).forward(List.of(x));
    List<Float> drawn = elements(torch.randn(5));
    runs.clear();

    torch.manual_seed(4);
    try (var recomputation = Recomputation.of(weights)) {
      Recomputation.Segment fails =
          inputs -> {
            Tensor made = dropping("first", first).forward(inputs);
            if (runs.size() == failing) {
              throw new IllegalStateException("no");
            }
            return made;
          };
      assertThatThrownBy(
              () -> recomputation.backward(recomputation.segment(List.of(x), fails).sum()))
          .hasMessage("no");
    }

    assertThat(elements(torch.randn(5))).isEqualTo(drawn);
  }
}
