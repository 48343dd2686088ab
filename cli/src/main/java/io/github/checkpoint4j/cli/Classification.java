package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.GracefulStop;
import io.github.checkpoint4j.torch.ComputeMetrics;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.EarlyStoppingCallback;
import io.github.checkpoint4j.torch.Freezing;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TorchDevice;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.WeightLoading;
import io.github.checkpoint4j.transformers.ClassificationCollator;
import io.github.checkpoint4j.transformers.ClassificationMetrics;
import io.github.checkpoint4j.transformers.LabeledText;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Trains a classifier. Kept apart from its verb, since it brings in native libraries. */
final class Classification {
  /** For the running step, an evaluation that is due after it, and the save. */
  private static final Duration STOP_WITHIN = Duration.ofMinutes(5);

  private static final int MOST_NAMED = 6;

  private Classification() {}

  /**
   * Trains until all steps are done or a signal ends it.
   *
   * @param saved the checkpoint that the run goes on from
   * @return why it ended
   */
  static TrainResult.Ended train(
      ClassificationTask task,
      TrainOptions options,
      Optional<SavedRun> saved,
      ConsoleReport console,
      PrintStream err)
      throws IOException {
    boolean builtIn = task.train().equals(ClassificationTask.BUILT_IN);
    boolean evaluated = !task.eval().isEmpty();
    var chosen = new ChosenArguments(options, saved);
    TrainingArguments arguments = chosen.arguments(builtIn, evaluated);
    TorchDevice device = TorchDevice.parse(options.device);
    device.requireAvailable();
    Optional<EarlyStoppingCallback> earlyStopping = chosen.earlyStopping(evaluated);
    WeightLoading loading = task.transfer().loading();
    Freezing freezing = task.transfer().freezing();
    LearningRates rates = task.transfer().learningRates();
    List<String> labels = builtIn ? Reviews.LABELS : LabeledText.labels(Path.of(task.train()));
    List<LabeledText> train =
        builtIn ? Reviews.training() : LabeledText.read(Path.of(task.train()), labels);
    List<LabeledText> eval = evaluation(task.eval(), labels);
    TrainOptions.threads(options.threads).ifPresent(torch::set_num_threads);
    torch.manual_seed(arguments.seed());
    PretrainedBert bert = Models.pretrained(task.model(), labels, loading);
    if (saved.isEmpty()) {
      print(task.model(), bert.report(), arguments.seed(), err);
    }
    Tokenizer tokenizer =
        bert.tokenizer()
            .orElseThrow(
                () ->
                    new RefusedException(
                        task.model()
                            + " has no tokenizer.json and no vocab.txt; put its tokenizer's files beside the weights"));
    Trainer.Builder<LabeledText> builder =
        Trainer.<LabeledText>builder()
            .model(task.beside(bert))
            .freeze(freezing)
            .learningRates(rates)
            .arguments(arguments)
            .device(device)
            .trainDataset(train)
            .evalDataset(eval)
            .collator(new ClassificationCollator(tokenizer, task.maxLength()))
            .computeMetrics(metrics(labels.size()))
            .callback(console);
    earlyStopping.ifPresent(builder::callback);
    Trainer<LabeledText> trainer = builder.build();
    if (saved.isEmpty()) {
      printFrozen(bert.model(), err);
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

  private static void stop(Trainer<?> trainer, PrintStream err) {
    err.printf(
        "stopping after the running step, with a checkpoint; in %d minutes at the latest%n",
        STOP_WITHIN.toMinutes());
    err.flush();
    trainer.requestStop();
  }

  private static void print(String model, LoadReport report, long seed, PrintStream err) {
    List<String> lines = report.lines(MOST_NAMED);
    err.println(Printable.of(model + ": " + lines.getFirst()));
    lines.stream().skip(1).forEach(line -> err.println("  " + Printable.of(OptionNames.in(line))));
    if (!report.untouched().isEmpty()) {
      err.println("  what is not loaded is drawn at random, from seed " + seed);
    }
  }

  private static void printFrozen(Module model, PrintStream err) {
    List<String> frozen = Freezing.frozen(model);
    Map<String, Tensor> parameters = ModuleState.of(model).parameters();
    if (frozen.isEmpty()) {
      return;
    }
    long all = 0;
    long trained = 0;
    for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
      long elements = parameter.getValue().numel();
      all += elements;
      trained += parameter.getValue().requires_grad() ? elements : 0;
    }
    err.println(
        String.format(
            Locale.ROOT,
            "%d of %d parameters are frozen; %,d of %,d weights are trained",
            frozen.size(),
            parameters.size(),
            trained,
            all));
  }

  private static List<LabeledText> evaluation(String eval, List<String> labels) throws IOException {
    return switch (eval) {
      case "" -> List.of();
      case ClassificationTask.BUILT_IN -> Reviews.evaluation();
      default -> LabeledText.read(Path.of(eval), labels);
    };
  }

  private static ComputeMetrics metrics(int labels) {
    return prediction -> {
      ClassificationMetrics metrics = new ClassificationMetrics(labels);
      try (Tensor logits = NativeTensors.copyOf(prediction.predictions());
          Tensor expected = NativeTensors.copyOf(prediction.labelIds())) {
        metrics.add(logits, expected);
      }
      return metrics.result();
    };
  }
}
