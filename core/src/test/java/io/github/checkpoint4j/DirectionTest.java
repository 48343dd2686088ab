package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "loss",
        "eval_loss",
        "val_loss",
        "train_loss",
        "nll_loss",
        "eval_mse",
        "val_mae",
        "mean_squared_error",
        "eval_perplexity",
        "wer",
        "eval_phoneme_error_rate",
        "eval_word_wer",
        "kl_divergence"
      })
  void of_a_loss_or_an_error_less_is_better(String metric) {
    assertThat(Direction.of(metric)).isEqualTo(Direction.MINIMIZE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "accuracy",
        "eval_accuracy",
        "val_acc",
        "binary_accuracy",
        "eval_top_5_accuracy",
        "auc",
        "val_auc",
        "eval_f1",
        "macro_f1",
        "f1_score",
        "fmeasure",
        "eval_precision",
        "recall",
        "eval_matthews_correlation",
        "eval_rougeL"
      })
  void of_an_accuracy_or_a_score_more_is_better(String metric) {
    assertThat(Direction.of(metric)).isEqualTo(Direction.MAXIMIZE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "eval_", "eval_score", "loss_ratio", "Accuracy", "macc", "f1_of_x"})
  void a_name_that_does_not_tell_is_an_error_that_says_to_give_the_direction(String metric) {
    assertThatThrownBy(() -> Direction.of(metric))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the name '"
                + metric
                + "' does not tell whether less or more of it is better; give the direction,"
                + " minimize or maximize");
  }

  @Test
  void better_is_less_or_more() {
    assertThat(Direction.MINIMIZE.isBetter(1, 2)).isTrue();
    assertThat(Direction.MAXIMIZE.isBetter(1, 2)).isFalse();
    assertThat(Direction.MAXIMIZE.isBetter(2, 2)).isFalse();
  }
}
