package io.github.checkpoint4j.torch;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The evaluation of a model on data it is not trained on.
 *
 * @param computeMetrics empty if only the loss is wanted
 * @param predictionStep what predicts in place of the logits; empty for those
 * @param lossMetrics metrics of the loss; empty if there are none
 * @param finiteOnly whether losses that are not finite are left out of the average, if there are
 *     others
 */
record Evaluation<T>(
    TrainableModel model,
    TrainerLoss trainerLoss,
    DataLoader<T> loader,
    Optional<ComputeMetrics> computeMetrics,
    Optional<PredictionStep> predictionStep,
    Optional<LossMetrics> lossMetrics,
    boolean finiteOnly,
    InstantSource clock) {
  /** Is told of progress. */
  interface Progress {
    void batchDone(long batches, long total);
  }

  /**
   * Evaluates the model, in evaluation mode and without gradients, and leaves it in evaluation
   * mode.
   *
   * @return the metrics, by names that begin with {@code eval_}
   */
  Map<String, Double> run(Progress progress) {
    Instant begun = clock.instant();
    model.module().eval();
    Map<String, Double> metrics = new TreeMap<>();
    var losses = new BatchLosses(finiteOnly);
    try (var predictions =
            new GatheredTensors(predictionStep.isPresent() ? ScalarType.Long : ScalarType.Float);
        var labels = new GatheredTensors(ScalarType.Long)) {
      long done = 0;
      for (Iterator<Batch> batches = loader.epoch(0, 0); batches.hasNext(); ) {
        try (var _ = new PointerScope();
            var _ = new NoGradGuard();
            Batch batch = batches.next()) {
          ModelOutput output =
              trainerLoss.of(batch, trainerLoss.items(List.of(batch)), () -> model.forward(batch));
          output.loss().ifPresent(loss -> losses.add(loss.item_float(), batch.size()));
          if (computeMetrics.isPresent() && batch.contains(TrainerLoss.LABELS)) {
            predictions.add(
                predictionStep.map(step -> step.predict(batch)).orElse(output.logits()));
            labels.add(batch.get(TrainerLoss.LABELS));
          }
        }
        progress.batchDone(++done, loader.batchesPerEpoch());
      }
      if (computeMetrics.isPresent() && !predictions.isEmpty()) {
        var prediction = new EvalPrediction(predictions.joined(), labels.joined());
        add(computeMetrics.get().compute(prediction), metrics);
      }
    }
    losses
        .average()
        .ifPresent(
            loss -> {
              metrics.put("eval_loss", loss);
              lossMetrics.ifPresent(metricsOf -> add(metricsOf.compute(loss), metrics));
            });
    SpeedMetrics.add(
        metrics,
        "eval",
        Duration.between(begun, clock.instant()),
        (double) loader.size(),
        loader.batchesPerEpoch());
    return metrics;
  }

  private static void add(Map<String, Double> computed, Map<String, Double> metrics) {
    computed.forEach(
        (name, value) -> metrics.put(name.startsWith("eval_") ? name : "eval_" + name, value));
  }

  /** The average loss of an example, of losses that are averages of batches. */
  private static final class BatchLosses {
    private final boolean finiteOnly;
    private double sum;
    private long examples;
    private double finiteSum;
    private long finiteExamples;

    BatchLosses(boolean finiteOnly) {
      this.finiteOnly = finiteOnly;
    }

    void add(float loss, long count) {
      double total = loss * (double) count;
      sum += total;
      examples += count;
      if (Float.isFinite(loss)) {
        finiteSum += total;
        finiteExamples += count;
      }
    }

    OptionalDouble average() {
      if (examples == 0) {
        return OptionalDouble.empty();
      }
      return OptionalDouble.of(
          finiteOnly && finiteExamples > 0
              ? (float) (finiteSum / finiteExamples)
              : (float) (sum / examples));
    }
  }
}
