package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * GPT-2's linear layer, whose weight lies [in, out].
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/pytorch_utils.py</a>
 */
final class Conv1D extends Module {
  private final Tensor weight;
  private final Tensor bias;
  private final long out;

  /** A layer whose weight is drawn, as in Python. */
  Conv1D(long out, long in) {
    this.out = out;
    Tensor drawn = torch.zeros(in, out);
    try (var _ = new NoGradGuard();
        var defaultGenerator = new GeneratorOptional()) {
      drawn.normal_(0, 0.02, defaultGenerator);
    }
    weight = NativeTensors.kept(drawn.set_requires_grad(true));
    bias = NativeTensors.kept(torch.zeros(out).set_requires_grad(true));
    register_parameter("weight", weight);
    register_parameter("bias", bias);
  }

  /** [batch, length, in] to [batch, length, out]. */
  Tensor forward(Tensor x) {
    Tensor rows = x.view(-1, x.size(2));
    return torch.addmm(bias, rows, weight).view(x.size(0), x.size(1), out);
  }
}
