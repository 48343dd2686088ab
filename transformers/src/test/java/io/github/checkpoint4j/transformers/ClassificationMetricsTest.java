package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.NativeTensors;
import org.junit.jupiter.api.Test;

final class ClassificationMetricsTest {
  /** The figures are scikit-learn's, for expected 1 1 1 0 0 1 and predicted 1 0 1 0 1 1. */
  @Test
  void two_labels_have_the_metrics_of_scikit_learn() {
    var metrics = new ClassificationMetrics(2);
    metrics.add(logits(2, 1, 0, 1), labels(1, 1, 1));
    metrics.add(logits(2, 0, 1, 1), labels(0, 0, 1));

    assertThat(metrics.result()).containsOnlyKeys("accuracy", "f1", "matthews_correlation");
    assertThat(metrics.result().get("accuracy")).isEqualTo(2.0 / 3, within(1e-12));
    assertThat(metrics.result().get("f1")).isEqualTo(0.75, within(1e-12));
    assertThat(metrics.result().get("matthews_correlation")).isEqualTo(0.25, within(1e-12));
  }

  /** The figures are scikit-learn's, for expected 0 1 2 2 1 0 and predicted 0 2 2 2 1 1. */
  @Test
  void three_labels_have_the_mean_f1() {
    var metrics = new ClassificationMetrics(3);
    metrics.add(logits(3, 0, 2, 2, 2, 1, 1), labels(0, 1, 2, 2, 1, 0));

    assertThat(metrics.result().get("accuracy")).isEqualTo(4.0 / 6, within(1e-12));
    assertThat(metrics.result().get("f1")).isEqualTo((2.0 / 3 + 0.5 + 0.8) / 3, within(1e-12));
    assertThat(metrics.result().get("matthews_correlation"))
        .isEqualTo(0.5222329678670935, within(1e-12));
  }

  @Test
  void what_would_be_divided_by_0_is_0() {
    var metrics = new ClassificationMetrics(2);
    metrics.add(logits(2, 0, 0), labels(0, 0));

    assertThat(metrics.result())
        .containsEntry("accuracy", 1.0)
        .containsEntry("f1", 0.0)
        .containsEntry("matthews_correlation", 0.0);
  }

  @Test
  void ignored_examples_do_not_count() {
    var metrics = new ClassificationMetrics(2);
    metrics.add(logits(2, 0, 1, 1), labels(-100, 1, -100));

    assertThat(metrics.result()).containsEntry("accuracy", 1.0);
  }

  @Test
  void no_examples_have_no_metrics() {
    var metrics = new ClassificationMetrics(2);

    assertThatThrownBy(metrics::result)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no examples were counted");
  }

  @Test
  void one_label_is_refused() {
    assertThatThrownBy(() -> new ClassificationMetrics(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("metrics of a classifier with 1 labels; it takes two or more");
  }

  @Test
  void other_shapes_are_refused() {
    var metrics = new ClassificationMetrics(3);

    assertThatThrownBy(() -> metrics.add(logits(2, 0, 1), labels(0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("logits F32[2, 2] and labels I64[2]; expected [examples, 3] and [examples]");
  }

  @Test
  void a_label_that_is_too_high_is_refused() {
    var metrics = new ClassificationMetrics(2);

    assertThatThrownBy(() -> metrics.add(logits(2, 0, 1), labels(0, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label 2 of example 1; there are 2 labels");
  }

  /** Logits whose highest are those of {@code predictions}. */
  private static org.bytedeco.pytorch.Tensor logits(int labels, int... predictions) {
    float[] values = new float[labels * predictions.length];
    for (int i = 0; i < predictions.length; i++) {
      values[i * labels + predictions[i]] = 1;
    }
    return NativeTensors.copyOf(Tensor.ofFloats(values, predictions.length, labels));
  }

  private static org.bytedeco.pytorch.Tensor labels(long... values) {
    return NativeTensors.copyOf(Tensor.ofLongs(values, values.length));
  }
}
