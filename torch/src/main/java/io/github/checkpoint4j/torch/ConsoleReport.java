package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Tells a person how the training goes: on a terminal by a progress bar in the last line and events
 * above it, elsewhere by plain lines.
 */
public final class ConsoleReport implements TrainerCallback {
  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final int width;
  private final InstantSource clock;

  private Instant begun = Instant.EPOCH;
  private Instant drawn = Instant.EPOCH;
  private long firstStep;
  private OptionalDouble loss = OptionalDouble.empty();
  private OptionalDouble learningRate = OptionalDouble.empty();
  private String event = "";
  private boolean barShown;

  private ConsoleReport(PrintStream out, boolean terminal, int width, InstantSource clock) {
    this.out = out;
    this.terminal = terminal;
    this.width = width;
    this.clock = clock;
  }

  /**
   * A report to standard error: with a progress bar if the process has a terminal, {@code NO_COLOR}
   * is not set and {@code TERM} is not {@code dumb}.
   */
  public static ConsoleReport standardError() {
    boolean terminal =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()
            && System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
            && !"dumb".equals(System.getenv("TERM"));
    return of(System.err, terminal, 80, InstantSource.system());
  }

  /**
   * A report to {@code out}.
   *
   * @param terminal whether {@code out} understands carriage return and the sequence that clears a
   *     line
   * @param width the terminal's width
   */
  public static ConsoleReport of(
      PrintStream out, boolean terminal, int width, InstantSource clock) {
    return new ConsoleReport(out, terminal, width, clock);
  }

  @Override
  public void onTrainBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    begun = clock.instant();
    firstStep = state.globalStep();
    draw(arguments, state, true);
  }

  @Override
  public void onResume(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Resumption resumption) {
    resumption.skipped().forEach(this::say);
    say(
        "resumed from %s, epoch %s, batch %d"
            .formatted(
                resumption.checkpoint().name(),
                ProgressBar.number(state.epoch()),
                resumption.batch()));
    resumption.changes().forEach(change -> say("  " + change));
  }

  @Override
  public void onStepEnd(TrainingArguments arguments, TrainerState state, TrainerControl control) {
    draw(arguments, state, state.globalStep() >= state.maxSteps());
  }

  @Override
  public void onPredictionStep(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      long batches,
      long total) {
    String before = event;
    event = "evaluating %d/%d".formatted(batches, total);
    draw(arguments, state, false);
    event = before;
  }

  @Override
  public void onLog(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> logs) {
    if (!logs.containsKey("loss")) {
      return;
    }
    loss = OptionalDouble.of(logs.getOrDefault("loss", Double.NaN));
    learningRate = OptionalDouble.of(logs.getOrDefault("learning_rate", Double.NaN));
    if (bar(arguments)) {
      draw(arguments, state, true);
    } else {
      ProgressBar progress = progress(state);
      say(
          "step %d/%d, %s, %s, %s left"
              .formatted(
                  state.globalStep(),
                  state.maxSteps(),
                  listed(logs, List.of("loss", "grad_norm", "learning_rate", "epoch")),
                  progress.speed(),
                  progress.remaining()));
    }
  }

  @Override
  public void onEvaluate(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    List<String> names =
        metrics.keySet().stream()
            .filter(name -> !name.endsWith("_per_second") && !name.endsWith("_runtime"))
            .sorted()
            .toList();
    say("step %d: %s".formatted(state.globalStep(), listed(metrics, names)));
    draw(arguments, state, true);
  }

  @Override
  public void onSave(
      TrainingArguments arguments, TrainerState state, TrainerControl control, Saved saved) {
    CheckpointInfo checkpoint = saved.checkpoint();
    event = "saved " + checkpoint.step();
    say(
        String.format(
            Locale.ROOT,
            "saved %s (%s, %.1f s)%s",
            checkpoint.name(),
            size(checkpoint.size()),
            saved.time().toNanos() / 1e9,
            best(arguments, state, checkpoint.step())));
    draw(arguments, state, true);
  }

  @Override
  public void onDivergence(
      TrainingArguments arguments, TrainerState state, TrainerControl control, double value) {
    say(
        "the loss is "
            + value
            + " in step "
            + (state.globalStep() + 1)
            + ": the training diverged; stop it, and go on from an earlier checkpoint with a smaller"
            + " learning rate");
  }

  @Override
  public void onLoadBest(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Optional<CheckpointInfo> best) {
    say(
        best.map(checkpoint -> "loaded the best model, of " + checkpoint.name())
            .orElse(
                "no checkpoint has a finite "
                    + arguments.bestMetric().orElse("metric")
                    + ": the model is that of the last step"));
  }

  @Override
  public void onTrainEnd(TrainingArguments arguments, TrainerState state, TrainerControl control) {
    draw(arguments, state, true);
    if (barShown) {
      out.println();
      barShown = false;
    }
    say(
        "%d of %d steps done, %s in this run"
            .formatted(
                state.globalStep(),
                state.maxSteps(),
                ProgressBar.clock(Duration.between(begun, clock.instant()))));
  }

  private String best(TrainingArguments arguments, TrainerState state, long step) {
    if (state.bestGlobalStep().isEmpty() || state.bestMetric().isEmpty()) {
      return "";
    }
    long best = state.bestGlobalStep().getAsLong();
    return ", best so far: %s%s %s"
        .formatted(
            best == step ? "" : "checkpoint-" + best + ", ",
            arguments.bestMetric().orElse("metric"),
            ProgressBar.number(state.bestMetric().getAsDouble()));
  }

  private static String listed(Map<String, Double> values, List<String> names) {
    return names.stream()
        .filter(values::containsKey)
        .map(name -> name + " " + ProgressBar.number(values.getOrDefault(name, Double.NaN)))
        .collect(Collectors.joining(", "));
  }

  private static String size(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(
        Locale.ROOT, unit == 0 || value >= 10 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  }

  private ProgressBar progress(TrainerState state) {
    return new ProgressBar(
        state.globalStep(),
        state.maxSteps(),
        Duration.between(begun, clock.instant()),
        state.globalStep() - firstStep);
  }

  private boolean bar(TrainingArguments arguments) {
    return terminal && !arguments.disableTqdm();
  }

  private void draw(TrainingArguments arguments, TrainerState state, boolean now) {
    Instant time = clock.instant();
    boolean tooSoon = !now && Duration.between(drawn, time).compareTo(REDRAW) < 0;
    if (tooSoon || !bar(arguments)) {
      return;
    }
    drawn = time;
    barShown = true;
    out.print(CLEAR_LINE + progress(state).line(loss, learningRate, event, width - 1));
    out.flush();
  }

  /** Prints a line; control characters, which a file's names may hold, are shown as {@code ?}. */
  private void say(String line) {
    out.println((barShown ? CLEAR_LINE : "") + line.replaceAll("\\p{Cntrl}", "?"));
    out.flush();
    barShown = false;
  }
}
