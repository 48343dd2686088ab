package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The losses of models that name tokens: cross-entropy over the vocabulary. */
final class TokenLoss {
  /** The label of a token that does not count. */
  static final long IGNORED = -100;

  private TokenLoss() {}

  /**
   * The mean over the tokens whose label is not {@link #IGNORED}; NaN if there is none.
   *
   * @param logits [batch, length, vocabulary]
   * @param labels int64, [batch, length]: the token that belongs in each place
   * @throws IllegalArgumentException if the labels have another shape
   */
  static Tensor inPlace(Tensor logits, Tensor labels) {
    if (labels.dim() != 2 || labels.size(0) != logits.size(0) || labels.size(1) != logits.size(1)) {
      throw new IllegalArgumentException(
          "labels has the shape %s; it has to be [%d, %d], as the tokens have"
              .formatted(
                  java.util.Arrays.toString(labels.shape()), logits.size(0), logits.size(1)));
    }
    return torch.cross_entropy_loss(logits.view(-1, logits.size(2)), labels.reshape(-1));
  }

  /**
   * As {@link #inPlace}, of each token by the logits of the one before it, as transformers' {@code
   * ForCausalLMLoss}.
   *
   * @param labels the tokens themselves; the first of a row is not counted
   */
  static Tensor ofNext(Tensor logits, Tensor labels) {
    Tensor padded = torch.constant_pad_nd(labels, new long[] {0, 1}, new Scalar(IGNORED));
    return inPlace(logits, padded.narrow(1, 1, labels.size(1)));
  }
}
