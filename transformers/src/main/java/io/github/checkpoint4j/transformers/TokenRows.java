package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import org.bytedeco.pytorch.Tensor;

/** The tokens of a batch. */
final class TokenRows {
  private TokenRows() {}

  /**
   * The batch's tensor of this name, [batch, length].
   *
   * @throws IllegalArgumentException if there is none, or it has other dimensions
   */
  static Tensor of(Batch batch, String name) {
    Tensor ids = batch.get(name);
    if (ids.dim() != 2) {
      throw new IllegalArgumentException(
          name + " has " + ids.dim() + " dimensions; it has to be [batch, length]");
    }
    return ids;
  }

  /**
   * What a model says of the token after the last, [batch, vocabulary].
   *
   * @param logits [batch, length, vocabulary]
   */
  static Tensor last(Tensor logits) {
    return logits.select(1, logits.size(1) - 1).contiguous();
  }
}
