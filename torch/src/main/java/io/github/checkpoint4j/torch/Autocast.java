package io.github.checkpoint4j.torch;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * While it is open, libtorch computes on the CPU in bfloat16 what bears it, matrix products above
 * all, and the rest in float32: {@code torch.autocast("cpu", torch.bfloat16)} of this thread.
 * Weights stay as they are.
 *
 * <p>Each use of a weight converts it anew. PyTorch keeps what it converted until the context ends;
 * the same numbers come of it, unless a weight is used several times: then its gradients are added
 * in bfloat16 there and in float32 here.
 *
 * @see <a href="https://docs.pytorch.org/docs/2.10/amp.html">Which operators in which type</a>
 */
final class Autocast implements AutoCloseable {
  private static final DeviceType DEVICE = DeviceType.CPU;

  private final boolean enabled = torch.is_autocast_enabled(DEVICE);
  private final boolean cached = torch.is_autocast_cache_enabled();
  private final ScalarType type = torch.get_autocast_dtype(DEVICE);

  private Autocast() {}

  /** Begins it. */
  static Autocast toBfloat16() {
    return of(true);
  }

  /** Begins it, or a time in which it is not open. */
  static Autocast of(boolean open) {
    var before = new Autocast();
    torch.set_autocast_cache_enabled(false);
    torch.set_autocast_dtype(DEVICE, ScalarType.BFloat16);
    torch.set_autocast_enabled(DEVICE, open);
    return before;
  }

  /** Whether one is open in this thread. */
  static boolean isOpen() {
    return torch.is_autocast_enabled(DEVICE);
  }

  /** Leaves it as it was before. */
  @Override
  public void close() {
    torch.set_autocast_enabled(DEVICE, enabled);
    torch.set_autocast_dtype(DEVICE, type);
    torch.set_autocast_cache_enabled(cached);
  }
}
