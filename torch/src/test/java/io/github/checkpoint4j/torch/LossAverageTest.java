package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LossAverageTest {
  @Test
  void a_log_has_the_average_since_the_one_before() {
    var average = new LossAverage(false);
    average.add(1.0f, 0);
    average.add(2.0f, 1);
    assertThat(average.log(2)).isEqualTo(1.5);
    average.add(5.0f, 2);
    assertThat(average.log(3)).isEqualTo(5.0);
    assertThat(average.ofRun(3)).isEqualTo(8.0 / 3);
  }

  @Test
  void losses_are_summed_in_single_precision() {
    var average = new LossAverage(false);
    average.add(16777216f, 0);
    average.add(1f, 1);
    assertThat(average.log(2)).isEqualTo(8388608.0);
  }

  @Test
  void a_loss_that_is_not_finite_shows() {
    var average = new LossAverage(false);
    average.add(1.0f, 0);
    average.add(Float.NaN, 1);
    assertThat(average.log(2)).isNaN();
  }

  @Test
  void a_filtered_loss_counts_as_the_average_so_far() {
    var average = new LossAverage(true);
    average.add(1.0f, 0);
    average.add(Float.POSITIVE_INFINITY, 1);
    assertThat(average.log(2)).isEqualTo(0.75);
  }

  @Test
  void an_average_taken_up_again_goes_on() {
    var straight = new LossAverage(false);
    var first = new LossAverage(false);
    float[] losses = {0.1f, 0.7f, 0.3f, 0.9f};
    for (int step = 0; step < 2; step++) {
      straight.add(losses[step], step);
      first.add(losses[step], step);
    }
    straight.log(2);
    first.log(2);
    straight.add(losses[2], 2);
    first.add(losses[2], 2);
    var second = new LossAverage(false);
    second.restore(first.sum(), first.total(), first.loggedStep(), first.firstStep());
    straight.add(losses[3], 3);
    second.add(losses[3], 3);

    assertThat(second.hasStepsSince(4)).isTrue();
    assertThat(second.log(4)).isEqualTo(straight.log(4));
    assertThat(second.ofRun(4)).isEqualTo(straight.ofRun(4));
  }

  @Test
  void nothing_is_new_right_after_a_log() {
    var average = new LossAverage(false);
    average.add(1.0f, 0);
    average.log(1);
    assertThat(average.hasStepsSince(1)).isFalse();
  }
}
