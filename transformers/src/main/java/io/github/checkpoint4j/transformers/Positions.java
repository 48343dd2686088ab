package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Places of tokens in a sequence. */
final class Positions {
  private Positions() {}

  /**
   * The places from one to before another, int64, one after the other.
   *
   * @param beside a tensor on the device where they are needed
   */
  static Tensor between(long first, long end, Tensor beside) {
    return torch.arange(new Scalar(first), new Scalar(end), new TensorOptions(beside.device()));
  }
}
