package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What the labels of a classifier are, and so its loss: {@code problem_type} in config.json. */
public enum ProblemType {
  /** Numbers; mean squared error. */
  REGRESSION("regression") {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      Tensor expected = labels.to(ScalarType.Float);
      return logits.size(1) == 1
          ? torch.mse_loss(logits.squeeze(), expected.squeeze())
          : torch.mse_loss(logits, expected);
    }
  },
  /** One of the labels; cross-entropy. Examples with the label -100 do not count. */
  SINGLE_LABEL_CLASSIFICATION("single_label_classification") {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      return torch.cross_entropy_loss(logits, labels.view(-1));
    }
  },
  /** Any of the labels, each 0 or 1; binary cross-entropy. */
  MULTI_LABEL_CLASSIFICATION("multi_label_classification") {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      return torch.binary_cross_entropy_with_logits(logits, labels.to(ScalarType.Float));
    }
  };

  private final String text;

  ProblemType(String text) {
    this.text = text;
  }

  /** The name in config.json. */
  public String text() {
    return text;
  }

  /**
   * The problem type that config.json calls {@code text}.
   *
   * @throws UnsupportedFeatureException if it is not one of these
   */
  static ProblemType named(String text) throws UnsupportedFeatureException {
    for (ProblemType type : values()) {
      if (type.text.equals(text)) {
        return type;
      }
    }
    throw new UnsupportedFeatureException(
        "config.json: problem_type '"
            + text
            + "' is not one of "
            + Arrays.stream(values()).map(ProblemType::text).collect(Collectors.joining(", ")));
  }

  /**
   * The mean loss, a scalar.
   *
   * @param logits [batch, labels]
   * @param labels [batch], or [batch, labels] where each label has a number of its own
   */
  abstract Tensor loss(Tensor logits, Tensor labels);
}
