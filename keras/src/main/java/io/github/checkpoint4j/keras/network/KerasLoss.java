package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A loss of Keras's, averaged over all that a mask leaves: {@code sum_over_batch_size}.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/losses.py">keras/src/losses/losses.py</a>
 */
public final class KerasLoss {
  /** What keeps Keras from a logarithm of 0. */
  private static final double EPSILON = 1e-7;

  private final Kind kind;
  private final boolean fromLogits;
  private final double labelSmoothing;

  private KerasLoss(Kind kind, boolean fromLogits, double labelSmoothing) {
    this.kind = kind;
    this.fromLogits = fromLogits;
    this.labelSmoothing = labelSmoothing;
  }

  private enum Kind {
    MEAN_SQUARED_ERROR,
    MEAN_ABSOLUTE_ERROR,
    BINARY_CROSSENTROPY,
    CATEGORICAL_CROSSENTROPY,
    SPARSE_CATEGORICAL_CROSSENTROPY
  }

  /** The mean of squared differences. */
  public static KerasLoss meanSquaredError() {
    return new KerasLoss(Kind.MEAN_SQUARED_ERROR, false, 0);
  }

  /** The mean of absolute differences. */
  public static KerasLoss meanAbsoluteError() {
    return new KerasLoss(Kind.MEAN_ABSOLUTE_ERROR, false, 0);
  }

  /**
   * Cross-entropy of labels that are 0 or 1.
   *
   * @param fromLogits whether the model's output comes before the sigmoid
   */
  public static KerasLoss binaryCrossentropy(boolean fromLogits) {
    return new KerasLoss(Kind.BINARY_CROSSENTROPY, fromLogits, 0);
  }

  /**
   * Cross-entropy of labels that are one-hot, or shares.
   *
   * @param fromLogits whether the model's output comes before the softmax
   */
  public static KerasLoss categoricalCrossentropy(boolean fromLogits) {
    return new KerasLoss(Kind.CATEGORICAL_CROSSENTROPY, fromLogits, 0);
  }

  /**
   * Cross-entropy of labels that are numbers of classes.
   *
   * @param fromLogits whether the model's output comes before the softmax
   */
  public static KerasLoss sparseCategoricalCrossentropy(boolean fromLogits) {
    return new KerasLoss(Kind.SPARSE_CATEGORICAL_CROSSENTROPY, fromLogits, 0);
  }

  /**
   * The loss that a model was compiled with: a name, {@code "mse"}, or an object of {@code
   * class_name} and {@code config}.
   *
   * @param source the file it is of, for messages
   * @throws UnsupportedFeatureException if it is not one of those here, or has an option that is
   *     not supported
   */
  public static KerasLoss of(Json loss, String source) throws UnsupportedFeatureException {
    if (loss instanceof Json.Obj object
        && object.find("class_name").orElse(loss) instanceof Json.Str(String name)
        && object.find("config").orElse(loss) instanceof Json.Obj config) {
      return of(name, config, source);
    }
    return of(
        loss instanceof Json.Str(String name) ? name : loss.toText(),
        Json.object().build(),
        source);
  }

  private static KerasLoss of(String name, Json.Obj config, String source)
      throws UnsupportedFeatureException {
    Kind kind =
        switch (name) {
          case "mse", "MSE", "mean_squared_error", "MeanSquaredError" -> Kind.MEAN_SQUARED_ERROR;
          case "mae", "MAE", "mean_absolute_error", "MeanAbsoluteError" -> Kind.MEAN_ABSOLUTE_ERROR;
          case "bce", "BCE", "binary_crossentropy", "BinaryCrossentropy" ->
              Kind.BINARY_CROSSENTROPY;
          case "categorical_crossentropy", "CategoricalCrossentropy" ->
              Kind.CATEGORICAL_CROSSENTROPY;
          case "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy" ->
              Kind.SPARSE_CATEGORICAL_CROSSENTROPY;
          default ->
              throw new UnsupportedFeatureException(
                  ("%s: the loss %s is not supported; there are mse, mae, binary_crossentropy,"
                          + " categorical_crossentropy and sparse_categorical_crossentropy, or give a"
                          + " KerasLoss")
                      .formatted(source, name));
        };
    requireDefault(config, "reduction", Json.of("sum_over_batch_size"), source);
    requireDefault(config, "axis", Json.of(-1), source);
    requireDefault(config, "ignore_class", Json.Null.NULL, source);
    boolean logits =
        config.find("from_logits").orElse(Json.Null.NULL) instanceof Json.Bool(boolean on) && on;
    double smoothing =
        config.find("label_smoothing").isPresent() ? config.real("label_smoothing") : 0;
    return new KerasLoss(kind, logits, smoothing);
  }

  private static void requireDefault(Json.Obj config, String option, Json usual, String source)
      throws UnsupportedFeatureException {
    Json value = config.find(option).orElse(usual);
    if (!value.equals(usual)) {
      throw new UnsupportedFeatureException(
          "%s: the loss has %s %s; only %s is supported"
              .formatted(source, option, value.toText(), usual.toText()));
    }
  }

  /** The loss, a scalar. */
  Tensor of(MaskedTensor output, Tensor labels) {
    Tensor each = each(output, labels);
    if (output.mask().isEmpty()) {
      return each.mean();
    }
    Tensor counted = output.mask().get().to(each.scalar_type());
    while (counted.dim() < each.dim()) {
      counted = counted.unsqueeze(-1);
    }
    Tensor weights = counted.mul(new Scalar((double) counted.numel())).div(counted.sum());
    return each.mul(torch.where(counted.sum().eq(new Scalar(0)), counted, weights)).mean();
  }

  /** The loss of each example, or of each of its steps. */
  private Tensor each(MaskedTensor output, Tensor labels) {
    Tensor predicted = output.tensor();
    if (kind == Kind.SPARSE_CATEGORICAL_CROSSENTROPY) {
      Tensor classes = labels.dim() == predicted.dim() ? labels.squeeze(-1) : labels;
      Tensor logits =
          logits(output).orElseGet(() -> Activation.clipped(predicted, EPSILON, 1 - EPSILON).log());
      return torch
          .log_softmax(logits, -1)
          .gather(-1, classes.to(torch.ScalarType.Long).unsqueeze(-1))
          .squeeze(-1)
          .neg();
    }
    Tensor expected = sameRank(labels.to(predicted.scalar_type()), predicted);
    return switch (kind) {
      case MEAN_SQUARED_ERROR -> meanOfLast(predicted.sub(expected).square());
      case MEAN_ABSOLUTE_ERROR -> meanOfLast(predicted.sub(expected).abs());
      case BINARY_CROSSENTROPY -> meanOfLast(binary(output, smoothed(expected, 2)));
      default -> categorical(output, smoothed(expected, predicted.size(-1)));
    };
  }

  private static Tensor meanOfLast(Tensor x) {
    return x.mean(new long[] {-1}, false, new ScalarTypeOptional());
  }

  private Tensor smoothed(Tensor labels, long classes) {
    return labelSmoothing == 0
        ? labels
        : labels
            .mul(new Scalar(1 - labelSmoothing))
            .add(new Scalar(labelSmoothing / (double) classes));
  }

  private Tensor binary(MaskedTensor output, Tensor labels) {
    Optional<Tensor> logits = logits(output);
    if (logits.isPresent()) {
      Tensor x = logits.get();
      // log(1 + exp(-|x|)) does not overflow.
      return torch.relu(x).sub(x.mul(labels)).add(x.abs().neg().exp().log1p());
    }
    Tensor shares = Activation.clipped(output.tensor(), EPSILON, 1 - EPSILON);
    Tensor one = shares.neg().add(new Scalar(1.0));
    Tensor other = labels.neg().add(new Scalar(1.0));
    return labels.mul(shares.log()).add(other.mul(one.log())).neg();
  }

  private Tensor categorical(MaskedTensor output, Tensor labels) {
    Tensor logarithms =
        logits(output)
            .map(logits -> torch.log_softmax(logits, -1))
            .orElseGet(
                () -> {
                  Tensor shares = output.tensor();
                  var last = new long[] {-1};
                  Tensor sum = shares.sum(last, true, new ScalarTypeOptional());
                  return Activation.clipped(shares.div(sum), EPSILON, 1 - EPSILON).log();
                });
    return labels.mul(logarithms).sum(new long[] {-1}, false, new ScalarTypeOptional()).neg();
  }

  /** As Keras computes from logits also if a sigmoid or softmax is the last that was done. */
  private Optional<Tensor> logits(MaskedTensor output) {
    return output.logits().or(() -> fromLogits ? Optional.of(output.tensor()) : Optional.empty());
  }

  private static Tensor sameRank(Tensor labels, Tensor predicted) {
    if (labels.dim() == predicted.dim() - 1) {
      return labels.unsqueeze(-1);
    }
    return labels.dim() == predicted.dim() + 1 ? labels.squeeze(-1) : labels;
  }
}
