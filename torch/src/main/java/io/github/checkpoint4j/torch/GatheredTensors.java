package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The tensors of one name of all batches of an evaluation, joined along the first dimension. */
final class GatheredTensors implements AutoCloseable {
  private static final double PADDING = -100;

  private final ScalarType type;
  private final List<org.bytedeco.pytorch.Tensor> batches = new ArrayList<>();

  GatheredTensors(ScalarType type) {
    this.type = type;
  }

  /**
   * Adds the tensor of a batch, converted and on the CPU; it may be changed or freed afterwards.
   */
  void add(org.bytedeco.pytorch.Tensor tensor) {
    batches.add(NativeTensors.kept(tensor.detach().to(type).cpu().clone()));
  }

  boolean isEmpty() {
    return batches.isEmpty();
  }

  /**
   * All of them, in order; where the second dimension differs, filled up with -100, as Hugging
   * Face's Trainer does.
   */
  Tensor joined() {
    long width = 0;
    for (org.bytedeco.pytorch.Tensor batch : batches) {
      width = batch.dim() > 1 ? Math.max(width, batch.size(1)) : 0;
    }
    try (var _ = new PointerScope();
        var parts = new TensorVector()) {
      for (org.bytedeco.pytorch.Tensor batch : batches) {
        parts.push_back(padded(batch, width));
      }
      return NativeTensors.view(torch.cat(parts, 0));
    }
  }

  private static org.bytedeco.pytorch.Tensor padded(org.bytedeco.pytorch.Tensor batch, long width) {
    if (batch.dim() < 2 || batch.size(1) == width) {
      return batch;
    }
    // Pairs of (before, after), from the last dimension to the second.
    long[] sides = new long[2 * Math.toIntExact(batch.dim() - 1)];
    sides[sides.length - 1] = width - batch.size(1);
    return torch.constant_pad_nd(batch, sides, new Scalar(PADDING));
  }

  @Override
  public void close() {
    batches.forEach(org.bytedeco.pytorch.Tensor::close);
  }
}
