package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear layer with a bias that multiplies and adds in one operator, as {@code torch.nn.Linear}
 * does in Python. {@link LinearImpl} adds afterwards, which in bfloat16 rounds once more.
 */
final class Linear extends LinearImpl {
  Linear(long in, long out) {
    super(in, out);
  }

  /** [..., in] to [..., out]. */
  @Override
  public Tensor forward(Tensor x) {
    return torch.linear(x, weight(), new TensorOptional(bias()));
  }
}
