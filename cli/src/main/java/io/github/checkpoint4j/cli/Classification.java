package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.GracefulStop;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.ComputeMetrics;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.EarlyStoppingCallback;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
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
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Trains a classifier. Kept apart from its verb, since it brings in native libraries. */
final class Classification {
  /** For the running step, an evaluation that is due after it, and the save. */
  private static final Duration STOP_WITHIN = Duration.ofMinutes(5);

  private Classification() {}

  /**
   * Trains until all steps are done or a signal ends it.
   *
   * @param saved the arguments in the checkpoint that the run goes on from
   * @return why it ended
   */
  static TrainResult.Ended train(
      ClassificationTask task,
      TrainOptions options,
      Optional<Json.Obj> saved,
      ConsoleReport console,
      PrintStream err)
      throws IOException {
    boolean builtIn = task.train().equals(ClassificationTask.BUILT_IN);
    boolean evaluated = !task.eval().isEmpty();
    var chosen = new ChosenArguments(options, saved.orElseGet(() -> Json.object().build()));
    TrainingArguments arguments = chosen.arguments(builtIn, evaluated);
    Optional<EarlyStoppingCallback> earlyStopping = chosen.earlyStopping(evaluated);
    List<String> labels = builtIn ? Reviews.LABELS : LabeledText.labels(Path.of(task.train()));
    List<LabeledText> train =
        builtIn ? Reviews.training() : LabeledText.read(Path.of(task.train()), labels);
    List<LabeledText> eval = evaluation(task.eval(), labels);
    TrainOptions.threads(options.threads).ifPresent(torch::set_num_threads);
    torch.manual_seed(arguments.seed());
    PretrainedBert bert = Models.pretrained(task.model(), labels);
    if (saved.isEmpty()) {
      err.println(Printable.of(task.model() + ": " + bert.report()));
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
            .arguments(arguments)
            .trainDataset(train)
            .evalDataset(eval)
            .collator(new ClassificationCollator(tokenizer, task.maxLength()))
            .computeMetrics(metrics(labels.size()))
            .callback(console);
    earlyStopping.ifPresent(builder::callback);
    Trainer<LabeledText> trainer = builder.build();
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
