package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Standing;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ConsoleReportTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TrainingArguments arguments =
      TrainingArguments.builder().maxSteps(100).metricForBestModel("accuracy").build();
  private final TrainerState state = new TrainerState();
  private final TrainerControl control = new TrainerControl();
  private Instant time = Instant.EPOCH;

  private ConsoleReport report(boolean terminal) {
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    state.begin(arguments, RunLength.of(arguments, 800, 100));
    return ConsoleReport.of(out, terminal, 100, () -> time);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private void step(ConsoleReport report, Duration took) {
    time = time.plus(took);
    state.stepDone((state.globalStep() + 1) / 100.0);
    report.onStepEnd(arguments, state, control);
  }

  private static CheckpointInfo checkpoint(long step) {
    return new CheckpointInfo(
        "checkpoint-" + step,
        Path.of("run", "checkpoint-" + step),
        step,
        OptionalDouble.of(0.5),
        Map.of(),
        1,
        Instant.EPOCH,
        87_400_000,
        false,
        Standing.COMMITTED,
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void plain_lines_tell_of_logs() {
    ConsoleReport report = report(false);
    report.onTrainBegin(arguments, state, control);
    step(report, Duration.ofSeconds(2));
    report.onLog(
        arguments,
        state,
        control,
        Map.of("loss", 0.6931, "grad_norm", 2.5, "learning_rate", 5e-5, "epoch", 0.01));

    assertThat(printed())
        .isEqualTo(
            "step 1/100, loss 0.6931, grad_norm 2.5, learning_rate 5e-05, epoch 0.01,"
                + " 0.500 steps/s, 3:18 left\n");
  }

  @Test
  void a_log_without_a_loss_is_no_line() {
    ConsoleReport report = report(false);
    report.onLog(arguments, state, control, Map.of("eval_loss", 0.5, "epoch", 1.0));

    assertThat(printed()).isEmpty();
  }

  @Test
  void evaluations_are_told_without_their_speed() {
    ConsoleReport report = report(false);
    report.onEvaluate(
        arguments,
        state,
        control,
        Map.of("eval_loss", 0.5, "eval_accuracy", 0.75, "eval_runtime", 3.0));

    assertThat(printed()).isEqualTo("step 0: eval_accuracy 0.75, eval_loss 0.5\n");
  }

  @Test
  void a_saved_checkpoint_is_told_with_the_best_so_far() {
    ConsoleReport report = report(false);
    step(report, Duration.ZERO);
    var saved = new Saved(checkpoint(1), Duration.ofMillis(430));
    report.onSave(arguments, state, control, saved);
    state.improve(0.78, true, true);
    report.onSave(arguments, state, control, saved);
    report.onSave(arguments, state, control, new Saved(checkpoint(2), Duration.ZERO));

    assertThat(printed().lines())
        .containsExactly(
            "saved checkpoint-1 (87 MB, 0.4 s)",
            "saved checkpoint-1 (87 MB, 0.4 s), best so far: eval_accuracy 0.78",
            "saved checkpoint-2 (87 MB, 0.0 s), best so far: checkpoint-1, eval_accuracy 0.78");
  }

  @Test
  void a_resume_is_told_with_what_changed_and_what_was_passed_over() {
    ConsoleReport report = report(false);
    report.onResume(
        arguments,
        state,
        control,
        new Resumption(
            checkpoint(50),
            0,
            50,
            List.of(
                new Resumption.Change(
                    "learning_rate", Json.of(5e-5), Json.of(2e-5), Resumption.Effect.APPLIED),
                new Resumption.Change("seed", Json.of(1), Json.of(2), Resumption.Effect.KEPT),
                new Resumption.Change(
                    "fingerprint.threads", Json.of(1), Json.of(2), Resumption.Effect.NOTED)),
            List.of("passed over checkpoint-60: model.safetensors is cut short")));

    assertThat(printed().lines())
        .containsExactly(
            "passed over checkpoint-60: model.safetensors is cut short",
            "resumed from checkpoint-50, epoch 0, batch 50",
            "  learning_rate 5e-05 -> 2e-05 (applied)",
            "  seed 1 -> 2 (kept as in the checkpoint)",
            "  fingerprint.threads 1 -> 2 (the results may differ in their last bits)");
  }

  @Test
  void divergence_and_the_end_are_told() {
    ConsoleReport report = report(false);
    report.onTrainBegin(arguments, state, control);
    report.onDivergence(arguments, state, control, Double.NaN);
    step(report, Duration.ofSeconds(61));
    report.onLoadBest(arguments, state, control, Optional.of(checkpoint(1)));
    report.onLoadBest(arguments, state, control, Optional.empty());
    report.onTrainEnd(arguments, state, control);

    assertThat(printed().lines())
        .containsExactly(
            "the loss is NaN in step 1: the training diverged; stop it, and go on from an earlier"
                + " checkpoint with a smaller learning rate",
            "loaded the best model, of checkpoint-1",
            "no checkpoint has a finite eval_accuracy: the model is that of the last step",
            "1 of 100 steps done, 1:01 in this run");
  }

  @Test
  void control_characters_of_a_file_do_not_reach_the_terminal() {
    ConsoleReport report = report(false);
    report.onEvaluate(arguments, state, control, Map.of("eval_\u001b[2J", 1.0));

    assertThat(printed()).isEqualTo("step 0: eval_?[2J 1\n");
  }

  @Test
  void a_terminal_has_a_bar_which_events_go_above() {
    ConsoleReport report = report(true);
    report.onTrainBegin(arguments, state, control);
    step(report, Duration.ofSeconds(1));
    report.onSave(arguments, state, control, new Saved(checkpoint(1), Duration.ZERO));

    assertThat(printed())
        .startsWith("\r\u001b[K  0%|")
        .contains("\r\u001b[K  1%|          | 1/100, 0:01<1:39, 1.00 steps/s")
        .contains("\r\u001b[Ksaved checkpoint-1 (87 MB, 0.0 s)\n")
        .endsWith("1.00 steps/s, saved 1");
  }

  @Test
  void the_bar_is_drawn_ten_times_a_second_at_most() {
    ConsoleReport report = report(true);
    report.onTrainBegin(arguments, state, control);
    bytes.reset();
    step(report, Duration.ofMillis(60));
    assertThat(printed()).isEmpty();
    step(report, Duration.ofMillis(60));
    assertThat(printed()).contains("| 2/100");
  }

  @Test
  void the_bar_shows_an_evaluation() {
    ConsoleReport report = report(true);
    report.onTrainBegin(arguments, state, control);
    time = time.plusSeconds(1);
    report.onPredictionStep(arguments, state, control, 3, 7);

    assertThat(printed()).endsWith("evaluating 3/7");
  }

  @Test
  void the_bar_ends_with_a_line_of_its_own() {
    ConsoleReport report = report(true);
    report.onTrainBegin(arguments, state, control);
    report.onTrainEnd(arguments, state, control);

    assertThat(printed()).endsWith("? steps/s\n0 of 100 steps done, 0:00 in this run\n");
  }

  @Test
  void there_is_no_bar_if_it_is_disabled() {
    TrainingArguments without = TrainingArguments.builder().maxSteps(100).disableTqdm(true).build();
    ConsoleReport report = report(true);
    report.onTrainBegin(without, state, control);
    report.onStepEnd(without, state, control);

    assertThat(printed()).isEmpty();
  }
}
