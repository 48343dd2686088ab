package io.github.checkpoint4j.torch;

import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which types libtorch's operators compute in on this thread, as {@code torch.autocast} sets it.
 *
 * @param devices for the CPU and for GPUs
 * @param cached whether a weight that was converted is kept for its next use
 */
record AutocastState(List<OfDevice> devices, boolean cached) {
  static final List<DeviceType> DEVICES = List.of(DeviceType.CPU, DeviceType.CUDA);

  private record OfDevice(DeviceType device, boolean enabled, ScalarType type) {
    static OfDevice now(DeviceType device) {
      return new OfDevice(
          device, torch.is_autocast_enabled(device), torch.get_autocast_dtype(device));
    }

    void restore() {
      torch.set_autocast_dtype(device, type);
      torch.set_autocast_enabled(device, enabled);
    }
  }

  /** That of now. */
  static AutocastState now() {
    return new AutocastState(
        DEVICES.stream().map(OfDevice::now).toList(), torch.is_autocast_cache_enabled());
  }

  /** Sets it. */
  void restore() {
    devices.forEach(OfDevice::restore);
    torch.set_autocast_cache_enabled(cached);
  }
}
