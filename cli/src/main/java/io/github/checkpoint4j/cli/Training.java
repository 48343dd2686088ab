package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.GracefulStop;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.EarlyStoppingCallback;
import io.github.checkpoint4j.torch.Freezing;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.Threads;
import io.github.checkpoint4j.torch.TorchDevice;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Trains on a task. Kept apart from the verbs, since it brings in native libraries. */
final class Training {
  /** For the running step, an evaluation that is due after it, and the save. */
  private static final Duration STOP_WITHIN = Duration.ofMinutes(5);

  private static final int MOST_NAMED = 6;

  private Training() {}

  /**
   * Trains until all steps are done or a signal ends it.
   *
   * @param saved the checkpoint that the run goes on from
   * @return why it ended
   */
  static TrainResult.Ended train(
      TrainingTask task,
      TrainOptions options,
      Optional<SavedRun> saved,
      ConsoleReport console,
      PrintStream err)
      throws IOException {
    boolean builtIn = task.data().train().equals(task.kind().builtIn());
    boolean evaluated = !task.data().eval().isEmpty();
    var chosen = new ChosenArguments(options, saved, task.kind().defaults(), task.metrics());
    TrainingArguments arguments = chosen.arguments(builtIn, evaluated);
    Optional<EarlyStoppingCallback> earlyStopping = chosen.earlyStopping(evaluated);
    Freezing freezing = task.transfer().freezing();
    LearningRates rates = task.transfer().learningRates();
    TorchDevice device = TorchDevice.parse(options.device);
    device.requireAvailable();
    Preparation<?> prepared = prepared(task);
    print(prepared.examples(), err);
    TrainOptions.threads(options.threads).ifPresent(Threads::use);
    torch.manual_seed(arguments.seed());
    TaskParts<?> parts = prepared.parts(saved);
    if (saved.isEmpty()) {
      parts.report().ifPresent(report -> print(task.model(), report, arguments.seed(), err));
    }
    Trainer.Builder<?> builder =
        parts
            .builder(task)
            .freeze(freezing)
            .learningRates(rates)
            .arguments(arguments)
            .device(device)
            .callback(console);
    earlyStopping.ifPresent(builder::callback);
    Trainer<?> trainer = builder.build();
    if (saved.isEmpty()) {
      printTrained(parts.model().module(), parts.report().isEmpty(), err);
    }
    try (GracefulStop _ = GracefulStop.within(STOP_WITHIN, () -> stop(trainer, err))) {
      TrainResult result = trainer.train();
      switch (result.ended()) {
        case COMPLETE -> {}
        case STOPPED_BY_CALLBACK ->
            err.println(
                "stopped early at step %d: in %s no better %s"
                    .formatted(
                        result.globalStep(),
                        earlyStopping
                            .map(EarlyStoppingCallback::earlyStoppingPatienceCounter)
                            .map(count -> Quantities.count(count, "evaluation"))
                            .orElse("a while"),
                        arguments.bestMetric().orElse("metric")));
        case STOPPED_ON_REQUEST ->
            err.println(
                "stopped after step "
                    + result.globalStep()
                    + "; the same command again goes on from there");
      }
      err.flush();
      return result.ended();
    }
  }

  private static Preparation<?> prepared(TrainingTask task) throws IOException {
    return switch (task) {
      case ClassificationTask classification -> Classification.of(classification);
      case LanguageModelTask lm -> LanguageModeling.of(lm);
      case Seq2SeqTask seq2seq -> Seq2Seq.of(seq2seq);
      case MaskedLanguageModelTask mlm -> MaskedLanguageModeling.of(mlm);
    };
  }

  private static void stop(Trainer<?> trainer, PrintStream err) {
    err.printf(
        "stopping after the running step, with a checkpoint; in %d minutes at the latest%n",
        STOP_WITHIN.toMinutes());
    err.flush();
    trainer.requestStop();
  }

  private static void print(TaskExamples<?> examples, PrintStream err) {
    if (examples.left() > 0) {
      err.println(
          String.format(
              Locale.ROOT,
              "evaluations are of the first %,d of %,d examples; see --max-eval-samples",
              examples.eval().size(),
              examples.eval().size() + examples.left()));
    }
  }

  private static void print(String model, LoadReport report, long seed, PrintStream err) {
    List<String> lines = report.lines(MOST_NAMED);
    err.println(Printable.of(model + ": " + lines.getFirst()));
    lines.stream().skip(1).forEach(line -> err.println("  " + Printable.of(OptionNames.in(line))));
    if (!report.untouched().isEmpty()) {
      err.println("  what is not loaded is drawn at random, from seed " + seed);
    }
  }

  /** Says how many weights there are, if the model is new, and how many are trained, if not all. */
  private static void printTrained(Module model, boolean isNew, PrintStream err) {
    List<String> frozen = Freezing.frozen(model);
    Map<String, Tensor> parameters = ModuleState.of(model).parameters();
    long all = 0;
    long trained = 0;
    for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
      long elements = parameter.getValue().numel();
      all += elements;
      trained += parameter.getValue().requires_grad() ? elements : 0;
    }
    if (isNew) {
      err.println(String.format(Locale.ROOT, "a new model of %,d weights", all));
    }
    if (!frozen.isEmpty()) {
      err.println(
          String.format(
              Locale.ROOT,
              "%d of %d parameters are frozen; %,d of %,d weights are trained",
              frozen.size(),
              parameters.size(),
              trained,
              all));
    }
  }
}
