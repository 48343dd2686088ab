package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;

/**
 * The tensors of a state in the memory of the host. One on the CPU is viewed where it lies. One on
 * a GPU is copied, each time into the same buffer, whose memory is page-locked: CUDA writes there
 * without a detour.
 */
final class HostTensors {
  private final Map<Long, org.bytedeco.pytorch.Tensor> buffers = new HashMap<>();

  /**
   * The elements of a tensor: on the CPU as {@link NativeTensors#view} has them; of another device
   * as they are now, until they are asked for again.
   *
   * @throws IllegalArgumentException as there
   */
  Tensor view(org.bytedeco.pytorch.Tensor tensor) {
    return NativeTensors.view(tensor.is_cpu() ? tensor : copied(tensor));
  }

  /** The buffer of a tensor, with its elements as they are now. */
  org.bytedeco.pytorch.Tensor copied(org.bytedeco.pytorch.Tensor tensor) {
    org.bytedeco.pytorch.Tensor buffer =
        buffers.compute(
            NativeTensors.identity(tensor),
            (_, last) -> last != null && isFor(last, tensor) ? last : bufferFor(tensor));
    try (var _ = new NoGradGuard()) {
      buffer.copy_(tensor);
    }
    return buffer;
  }

  /** A tensor that is gone may have had the identity, and another type or shape. */
  private static boolean isFor(
      org.bytedeco.pytorch.Tensor buffer, org.bytedeco.pytorch.Tensor tensor) {
    return buffer.scalar_type().intern() == tensor.scalar_type().intern()
        && Arrays.equals(buffer.shape(), tensor.shape());
  }

  private static org.bytedeco.pytorch.Tensor bufferFor(org.bytedeco.pytorch.Tensor tensor) {
    try (var pageable = NativeTensors.empty(tensor.scalar_type(), tensor.shape())) {
      if (!tensor.is_cuda()) {
        return NativeTensors.kept(pageable);
      }
      try (var locked = pageable.pin_memory()) {
        return NativeTensors.kept(locked);
      }
    }
  }
}
