package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * How well a classifier does, gathered batch by batch, under the names of Hugging Face's evaluate.
 */
public final class ClassificationMetrics {
  private final int labels;

  /** Examples by expected label, then by predicted label. */
  private final long[] confusion;

  /**
   * Nothing gathered yet.
   *
   * @param labels the number of labels
   * @throws IllegalArgumentException if there are fewer than two
   */
  public ClassificationMetrics(int labels) {
    if (labels < 2) {
      throw new IllegalArgumentException(
          "metrics of a classifier with " + labels + " labels; it takes two or more");
    }
    this.labels = labels;
    confusion = new long[Math.multiplyExact(labels, labels)];
  }

  /**
   * Counts a batch. The highest logit is the prediction; examples with the label -100 do not count.
   *
   * @param logits [examples, labels]
   * @param expected int64, [examples]
   * @throws IllegalArgumentException if the shapes differ from that, or a label is not below their
   *     number
   */
  public void add(Tensor logits, Tensor expected) {
    if (logits.dim() != 2 || logits.size(1) != labels || expected.numel() != logits.size(0)) {
      throw new IllegalArgumentException(
          "logits %s and labels %s; expected [examples, %d] and [examples]"
              .formatted(NativeTensors.view(logits), NativeTensors.view(expected), labels));
    }
    try (var lastDimension = new LongOptional(-1);
        Tensor highest = logits.argmax(lastDimension, false)) {
      long[] predictions = NativeTensors.view(highest).toLongs();
      long[] truths = NativeTensors.view(expected).toLongs();
      for (int i = 0; i < truths.length; i++) {
        if (truths[i] == -100) {
          continue;
        }
        if (truths[i] < 0 || truths[i] >= labels) {
          throw new IllegalArgumentException(
              "label " + truths[i] + " of example " + i + "; there are " + labels + " labels");
        }
        confusion[(int) truths[i] * labels + (int) predictions[i]]++;
      }
    }
  }

  /**
   * {@code accuracy}; {@code f1}, of label 1 if there are two, else the mean of all labels; and
   * {@code matthews_correlation}. What would be divided by 0 is 0, as in scikit-learn.
   *
   * @throws IllegalStateException if no example was counted
   */
  public Map<String, Double> result() {
    long total = 0;
    long correct = 0;
    long[] expected = new long[labels];
    long[] predicted = new long[labels];
    for (int truth = 0; truth < labels; truth++) {
      for (int prediction = 0; prediction < labels; prediction++) {
        long count = confusion[truth * labels + prediction];
        total += count;
        expected[truth] += count;
        predicted[prediction] += count;
        correct += truth == prediction ? count : 0;
      }
    }
    if (total == 0) {
      throw new IllegalStateException("no examples were counted");
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("accuracy", (double) correct / total);
    result.put("f1", f1(expected, predicted));
    result.put("matthews_correlation", correlation(total, correct, expected, predicted));
    return result;
  }

  private double f1(long[] expected, long[] predicted) {
    double sum = 0;
    for (int label = 0; label < labels; label++) {
      long either = expected[label] + predicted[label];
      double f1 = either == 0 ? 0 : 2.0 * confusion[label * labels + label] / either;
      if (labels == 2 && label == 1) {
        return f1;
      }
      sum += f1;
    }
    return sum / labels;
  }

  private static double correlation(long total, long correct, long[] expected, long[] predicted) {
    double both = 0;
    double expectedSquares = 0;
    double predictedSquares = 0;
    for (int label = 0; label < expected.length; label++) {
      both += (double) expected[label] * predicted[label];
      expectedSquares += (double) expected[label] * expected[label];
      predictedSquares += (double) predicted[label] * predicted[label];
    }
    double all = (double) total * total;
    double scale = Math.sqrt((all - expectedSquares) * (all - predictedSquares));
    return scale == 0 ? 0 : ((double) correct * total - both) / scale;
  }
}
