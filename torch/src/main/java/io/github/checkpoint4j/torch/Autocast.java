package io.github.checkpoint4j.torch;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * While it is open, libtorch computes in bfloat16 what bears it, matrix products above all, and the
 * rest in float32: {@code torch.autocast} of this thread, on the CPU and on a GPU. Weights stay as
 * they are.
 *
 * <p>Each use of a weight converts it anew. PyTorch keeps what it converted until the context ends;
 * the same numbers come of it, unless a weight is used several times: then its gradients are added
 * in bfloat16 there and in float32 here.
 *
 * @see <a href="https://docs.pytorch.org/docs/2.10/amp.html">Which operators in which type</a>
 */
final class Autocast implements AutoCloseable {
  private final AutocastState before = AutocastState.now();

  private Autocast() {}

  /** Begins it. */
  static Autocast toBfloat16() {
    var autocast = new Autocast();
    torch.set_autocast_cache_enabled(false);
    for (DeviceType device : AutocastState.DEVICES) {
      torch.set_autocast_dtype(device, ScalarType.BFloat16);
      torch.set_autocast_enabled(device, true);
    }
    return autocast;
  }

  /** Leaves it as it was before. */
  @Override
  public void close() {
    before.restore();
  }
}
