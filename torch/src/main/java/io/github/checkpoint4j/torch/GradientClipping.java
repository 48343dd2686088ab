package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Keeps gradients from being too long, as {@code torch.nn.utils.clip_grad_norm_}.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/nn/utils/clip_grad.py">torch/nn/utils/clip_grad.py</a>
 */
public final class GradientClipping {
  private GradientClipping() {}

  /**
   * Scales the gradients down together, if the norm of all of them is above {@code maxNorm}.
   * Gradients that are not finite are not kept from becoming NaN: look at what is returned.
   *
   * @param parameters in the model's order, which the rounding of the norm depends on; those
   *     without a gradient are left out
   * @param maxNorm the largest 2-norm, above 0
   * @return the 2-norm before, 0 without gradients
   * @throws IllegalArgumentException if {@code maxNorm} is not above 0
   */
  public static double clipNorm(Collection<Tensor> parameters, double maxNorm) {
    if (!(maxNorm > 0)) {
      throw new IllegalArgumentException("maximal norm " + maxNorm + ": expected a number above 0");
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      List<Tensor> gradients = gradients(parameters);
      if (gradients.isEmpty()) {
        return 0;
      }
      Tensor norm = norm(gradients);
      Tensor factor =
          torch.clamp(
              // PyTorch divides a number by a tensor in these two steps.
              norm.add(new Scalar(1e-6)).reciprocal().mul(new Scalar(maxNorm)),
              new ScalarOptional(),
              new ScalarOptional(new Scalar(1.0)));
      gradients.forEach(gradient -> gradient.mul_(factor));
      return norm.item_double();
    }
  }

  private static Tensor norm(List<Tensor> gradients) {
    var norms = new TensorVector();
    gradients.forEach(gradient -> norms.push_back(torch.linalg_vector_norm(gradient)));
    return torch.linalg_vector_norm(torch.stack(norms));
  }

  private static List<Tensor> gradients(Collection<Tensor> parameters) {
    List<Tensor> gradients = new ArrayList<>();
    for (Tensor parameter : parameters) {
      Tensor gradient = parameter.grad();
      if (gradient.defined()) {
        gradients.add(gradient);
      }
    }
    return gradients;
  }
}
