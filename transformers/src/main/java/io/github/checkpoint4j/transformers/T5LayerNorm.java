package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A normalisation by the root of the mean square, without a bias. */
final class T5LayerNorm extends Module {
  private final Tensor weight;
  private final double epsilon;

  T5LayerNorm(T5Config config) {
    weight = NativeTensors.kept(torch.ones(config.dModel()).set_requires_grad(true));
    register_parameter("weight", weight);
    epsilon = config.layerNormEpsilon();
  }

  /** [batch, length, hidden] to the same shape. */
  Tensor forward(Tensor hidden) {
    Tensor square =
        hidden.pow(new Scalar(2L)).mean(new long[] {-1}, true, new ScalarTypeOptional());
    return weight.mul(hidden.mul(square.add(new Scalar(epsilon)).rsqrt()));
  }
}
