package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Tensor;
import org.junit.jupiter.api.Test;

class EvalPredictionTest {
  @Test
  void the_class_is_the_index_of_the_greatest_logit_and_the_first_of_equals() {
    var prediction =
        new EvalPrediction(
            Tensor.ofFloats(new float[] {0.1f, 0.9f, -1, -2, 3, 3}, 3, 2),
            Tensor.ofLongs(new long[] {1, 1, 0}, 3));

    assertThat(prediction.classes()).containsExactly(1, 0, 0);
    assertThat(prediction.accuracy()).isEqualTo(2.0 / 3);
    assertThat(ComputeMetrics.accuracy().compute(prediction)).containsEntry("accuracy", 2.0 / 3);
  }

  @Test
  void predictions_and_labels_have_to_be_as_many() {
    assertThatThrownBy(
            () ->
                new EvalPrediction(
                    Tensor.ofFloats(new float[4], 2, 2), Tensor.ofLongs(new long[3], 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("predictions F32[2, 2] and labels I64[3] of unequal length");
  }

  @Test
  void labels_have_to_be_whole_numbers() {
    assertThatThrownBy(
            () ->
                new EvalPrediction(
                    Tensor.ofFloats(new float[4], 2, 2), Tensor.ofFloats(new float[2], 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("predictions are F32 or I64 and labels I64, not F32[2, 2] and F32[2]");
  }

  @Test
  void classes_need_one_row_of_logits_an_example() {
    var prediction =
        new EvalPrediction(Tensor.ofFloats(new float[2], 2), Tensor.ofLongs(new long[2], 2));

    assertThatThrownBy(prediction::classes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("classes are told by logits, F32[examples, classes], not F32[2]");
  }

  @Test
  void token_ids_are_predictions_too_and_tell_no_classes() {
    var prediction =
        new EvalPrediction(Tensor.ofLongs(new long[4], 2, 2), Tensor.ofLongs(new long[2], 2));

    assertThatThrownBy(prediction::classes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("classes are told by logits, F32[examples, classes], not I64[2, 2]");
  }
}
