package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingArgumentsTest {
  private static TrainingArguments with(UnaryOperator<TrainingArgumentsBuilder> change) {
    return change.apply(TrainingArguments.builder()).build();
  }

  @Test
  void the_defaults_are_hugging_faces() {
    TrainingArguments arguments = TrainingArguments.builder().build();

    assertThat(arguments.outputDir()).isEqualTo(Path.of("trainer_output"));
    assertThat(arguments.perDeviceTrainBatchSize()).isEqualTo(8);
    assertThat(arguments.perDeviceEvalBatchSize()).isEqualTo(8);
    assertThat(arguments.gradientAccumulationSteps()).isEqualTo(1);
    assertThat(arguments.numTrainEpochs()).isEqualTo(3.0);
    assertThat(arguments.maxSteps()).isEqualTo(-1);
    assertThat(arguments.learningRate()).isEqualTo(5e-5);
    assertThat(arguments.lrSchedulerType()).isEqualTo(SchedulerType.LINEAR);
    assertThat(arguments.warmupSteps()).isZero();
    assertThat(arguments.optim()).isEqualTo(OptimizerType.ADAMW_TORCH_FUSED);
    assertThat(arguments.weightDecay()).isZero();
    assertThat(arguments.adamBeta1()).isEqualTo(0.9);
    assertThat(arguments.adamBeta2()).isEqualTo(0.999);
    assertThat(arguments.adamEpsilon()).isEqualTo(1e-8);
    assertThat(arguments.maxGradNorm()).isEqualTo(1.0);
    assertThat(arguments.labelSmoothingFactor()).isZero();
    assertThat(arguments.bf16()).isFalse();
    assertThat(arguments.gradientCheckpointing()).isFalse();
    assertThat(arguments.loggingStrategy()).isEqualTo(IntervalStrategy.STEPS);
    assertThat(arguments.loggingSteps()).isEqualTo(500);
    assertThat(arguments.evalStrategy()).isEqualTo(IntervalStrategy.NO);
    assertThat(arguments.evalSteps()).isEmpty();
    assertThat(arguments.saveStrategy()).isEqualTo(CheckpointStrategy.STEPS);
    assertThat(arguments.saveSteps()).isEqualTo(500);
    assertThat(arguments.saveTotalLimit()).isEmpty();
    assertThat(arguments.asyncSave()).isFalse();
    assertThat(arguments.metricForBestModel()).isEmpty();
    assertThat(arguments.greaterIsBetter()).isEmpty();
    assertThat(arguments.seed()).isEqualTo(42);
    assertThat(arguments.effectiveDataSeed()).isEqualTo(42);
  }

  @Test
  void a_loss_that_is_not_finite_is_logged_unlike_hugging_faces_default() {
    assertThat(TrainingArguments.builder().build().loggingNanInfFilter()).isFalse();
  }

  @Test
  void evaluation_is_as_often_as_logging_unless_said() {
    assertThat(with(a -> a.evalStrategy(IntervalStrategy.STEPS).loggingSteps(20)).evalSteps())
        .hasValue(20);
    assertThat(
            with(a -> a.evalStrategy(IntervalStrategy.STEPS).loggingSteps(20).evalSteps(5))
                .evalSteps())
        .hasValue(5);
    assertThat(with(a -> a.loggingSteps(20)).evalSteps()).isEmpty();
  }

  @Test
  void the_best_model_is_told_by_the_loss_unless_said() {
    TrainingArguments arguments =
        with(a -> a.evalStrategy(IntervalStrategy.STEPS).loadBestModelAtEnd(true));

    assertThat(arguments.metricForBestModel()).contains("loss");
    assertThat(arguments.bestMetric()).contains("eval_loss");
    assertThat(arguments.greaterIsBetter()).contains(false);
  }

  @ParameterizedTest
  @CsvSource({
    "loss,eval_loss,false",
    "eval_loss,eval_loss,false",
    "accuracy,eval_accuracy,true",
    "eval_f1,eval_f1,true",
    "loss_scale,eval_loss_scale,true"
  })
  void less_of_a_loss_is_better_and_more_of_anything_else(
      String name, String metric, boolean greater) {
    TrainingArguments arguments = with(a -> a.metricForBestModel(name));

    assertThat(arguments.bestMetric()).contains(metric);
    assertThat(arguments.greaterIsBetter()).contains(greater);
    assertThat(with(a -> a.metricForBestModel(name).greaterIsBetter(!greater)).greaterIsBetter())
        .contains(!greater);
  }

  @ParameterizedTest
  @CsvSource({"0,100,0", "10,100,10", "0.1,100,10", "0.05,101,6", "0.999,1,1"})
  void warm_up_is_a_number_of_steps_or_a_share_rounded_up(double steps, long total, long expected) {
    assertThat(with(a -> a.warmupSteps(steps)).warmupSteps(total)).isEqualTo(expected);
  }

  @Test
  void numbers_out_of_range_are_refused() {
    refused(
        a -> a.perDeviceTrainBatchSize(0), "perDeviceTrainBatchSize is 0; it has to be at least 1");
    refused(
        a -> a.gradientAccumulationSteps(0),
        "gradientAccumulationSteps is 0; it has to be at least 1");
    refused(a -> a.saveTotalLimit(0), "saveTotalLimit is 0; it has to be at least 1");
    refused(a -> a.learningRate(-1e-5), "learningRate is -1.0E-5; it has to be a number from 0 up");
    refused(a -> a.weightDecay(Double.NaN), "weightDecay is NaN; it has to be a number from 0 up");
    refused(
        a -> a.labelSmoothingFactor(1),
        "labelSmoothingFactor is 1.0; it has to be at least 0 and below 1");
    refused(a -> a.adamBeta1(1), "adamBeta1 is 1.0; it has to be at least 0 and below 1");
    refused(
        a -> a.maxSteps(0), "maxSteps is 0; give a number above 0, or -1 to go by numTrainEpochs");
    refused(a -> a.numTrainEpochs(0), "numTrainEpochs is 0.0; it has to be a number above 0");
    refused(
        a -> a.saveSteps(1.5),
        "saveSteps is 1.5; from 1 up it is a number of steps and has to be whole, below 1 it is a"
            + " share of all steps");
    refused(a -> a.warmupSteps(-1), "warmupSteps is -1.0; it has to be a number from 0 up");
  }

  @Test
  void zero_steps_between_logs_or_evaluations_are_refused() {
    refused(
        a -> a.loggingSteps(0),
        "loggingSteps is 0; give a number of steps, or set loggingStrategy to NO");
    refused(
        a ->
            a.loggingStrategy(IntervalStrategy.NO)
                .loggingSteps(0)
                .evalStrategy(IntervalStrategy.STEPS),
        "evalStrategy is STEPS, and evalSteps and loggingSteps are 0; give evalSteps");
    assertThat(with(a -> a.loggingStrategy(IntervalStrategy.NO).loggingSteps(0)).loggingSteps())
        .isZero();
  }

  @Test
  void the_best_model_at_the_end_needs_evaluations_when_checkpoints_are_saved() {
    refused(
        a -> a.loadBestModelAtEnd(true).evalStrategy(IntervalStrategy.EPOCH),
        "loadBestModelAtEnd needs an evaluation with each checkpoint, but evalStrategy is EPOCH and"
            + " saveStrategy is STEPS; set both to STEPS or both to EPOCH, or saveStrategy to BEST");
    refused(
        a -> a.loadBestModelAtEnd(true).saveStrategy(CheckpointStrategy.NO),
        "loadBestModelAtEnd needs an evaluation with each checkpoint, but evalStrategy is NO and"
            + " saveStrategy is NO; set both to STEPS or both to EPOCH, or saveStrategy to BEST");
    refused(
        a -> bySteps(a).saveSteps(50).evalSteps(20),
        "loadBestModelAtEnd needs an evaluation with each checkpoint, but saveSteps 50.0 is not a"
            + " multiple of evalSteps 20.0; choose a multiple");
    refused(
        a -> bySteps(a).saveSteps(0.5).evalSteps(20),
        "loadBestModelAtEnd needs an evaluation with each checkpoint, but saveSteps 0.5 and"
            + " evalSteps 20.0 are a share and a number of steps; give both the same way");
    refused(
        a -> bySteps(a).saveSteps(0.5).evalSteps(0.3),
        "loadBestModelAtEnd needs an evaluation with each checkpoint, but saveSteps 0.5 is not a"
            + " multiple of evalSteps 0.3; choose a multiple");
  }

  @Test
  void the_best_model_at_the_end_is_fine_when_they_line_up() {
    assertThat(with(a -> bySteps(a).saveSteps(40).evalSteps(20)).loadBestModelAtEnd()).isTrue();
    assertThat(with(a -> bySteps(a).saveSteps(0.3).evalSteps(0.1)).loadBestModelAtEnd()).isTrue();
    assertThat(
            with(a ->
                    a.loadBestModelAtEnd(true)
                        .saveStrategy(CheckpointStrategy.BEST)
                        .evalStrategy(IntervalStrategy.EPOCH))
                .loadBestModelAtEnd())
        .isTrue();
  }

  @Test
  void saving_the_best_needs_evaluations_and_a_metric() {
    refused(
        a -> a.saveStrategy(CheckpointStrategy.BEST),
        "saveStrategy BEST saves after evaluations, and evalStrategy is NO; set evalStrategy to"
            + " STEPS or EPOCH");
    refused(
        a -> a.saveStrategy(CheckpointStrategy.BEST).evalStrategy(IntervalStrategy.EPOCH),
        "saveStrategy BEST needs metricForBestModel, for instance \"loss\" or \"accuracy\"");
  }

  @Test
  void a_resume_is_auto_never_or_a_path() {
    assertThat(ResumeFrom.parse("auto")).isEqualTo(ResumeFrom.auto());
    assertThat(ResumeFrom.parse("never")).isEqualTo(ResumeFrom.never());
    assertThat(ResumeFrom.parse("run/checkpoint-5"))
        .isEqualTo(ResumeFrom.checkpoint(Path.of("run/checkpoint-5")));
    assertThat(ResumeFrom.parse("true")).isEqualTo(ResumeFrom.newest());
    assertThat(ResumeFrom.parse("false")).isEqualTo(ResumeFrom.never());
  }

  private static TrainingArgumentsBuilder bySteps(TrainingArgumentsBuilder builder) {
    return builder.loadBestModelAtEnd(true).evalStrategy(IntervalStrategy.STEPS);
  }

  private static void refused(UnaryOperator<TrainingArgumentsBuilder> change, String message) {
    assertThatThrownBy(() -> with(change))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
