package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunLengthTest {
  @Test
  void epochs_make_steps_and_the_last_step_of_an_epoch_may_have_fewer_batches() {
    TrainingArguments arguments =
        TrainingArguments.builder().numTrainEpochs(2.5).gradientAccumulationSteps(2).build();
    RunLength length = RunLength.of(arguments, 37, 5);

    assertThat(length.stepsPerEpoch()).isEqualTo(3);
    assertThat(length.maxSteps()).isEqualTo(8);
    assertThat(length.epochs()).isEqualTo(3);
    assertThat(length.samples()).isEqualTo(92.5);
    assertThat(length.batchesOfStep(2)).isEqualTo(2);
    assertThat(length.batchesOfStep(4)).isEqualTo(1);
  }

  @Test
  void steps_make_epochs() {
    TrainingArguments arguments =
        TrainingArguments.builder().maxSteps(7).gradientAccumulationSteps(2).build();
    RunLength length = RunLength.of(arguments, 37, 5);

    assertThat(length.maxSteps()).isEqualTo(7);
    assertThat(length.epochs()).isEqualTo(3);
    assertThat(length.samples()).isEqualTo(112);
  }

  @Test
  void a_step_has_its_place_in_an_epoch() {
    RunLength length =
        RunLength.of(
            TrainingArguments.builder().maxSteps(9).gradientAccumulationSteps(2).build(), 37, 5);

    assertThat(length.epochAfter(2)).isZero();
    assertThat(length.batchesAfter(2)).isEqualTo(4);
    assertThat(length.epochAfter(3)).isEqualTo(1);
    assertThat(length.batchesAfter(3)).isZero();
    assertThat(length.epochAfter(7)).isEqualTo(2);
    assertThat(length.batchesAfter(7)).isEqualTo(2);
  }
}
