package io.github.checkpoint4j.torch;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/**
 * Where a model is trained: the CPU, or a GPU through CUDA. For the latter the class path needs
 * JavaCPP's build of PyTorch for CUDA.
 *
 * @param gpu the index of the GPU, from 0; empty for the CPU
 */
public record TorchDevice(OptionalInt gpu) {
  private static final TorchDevice CPU = new TorchDevice(OptionalInt.empty());
  private static final Pattern CUDA = Pattern.compile("cuda(?::(0|[1-9][0-9]?))?");

  public TorchDevice {
    if (gpu.isPresent() && (gpu.getAsInt() < 0 || gpu.getAsInt() > Byte.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "GPU %d; there are indices from 0 to %d".formatted(gpu.getAsInt(), Byte.MAX_VALUE));
    }
  }

  public static TorchDevice cpu() {
    return CPU;
  }

  /**
   * The device of PyTorch's name: {@code cpu}, {@code cuda} for the first GPU, or {@code cuda:N}.
   * Whether there is one is not looked at.
   *
   * @throws IllegalArgumentException if it is another name
   */
  public static TorchDevice parse(String name) {
    if (name.equals("cpu")) {
      return CPU;
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new IllegalArgumentException(
          "device '" + name + "'; expected cpu, cuda, or cuda:N with the index of a GPU from 0");
    }
    String index = cuda.group(1);
    return new TorchDevice(OptionalInt.of(index == null ? 0 : Integer.parseInt(index)));
  }

  /**
   * Returns if a model can be trained on it in this process.
   *
   * @throws IllegalArgumentException if libtorch on the class path is built without CUDA, or there
   *     is no such GPU; the message says what to do
   */
  public void requireAvailable() {
    if (gpu.isPresent()) {
      requireAmong(Context.hasCUDART(), torch.hasCUDA() ? torch.getNumGPUs() : 0);
    }
  }

  /**
   * Returns if it is one of these.
   *
   * @param built whether libtorch is built with CUDA
   * @param gpus how many GPUs it finds
   */
  void requireAmong(boolean built, long gpus) {
    if (gpu.isEmpty()) {
      return;
    }
    if (!built) {
      throw new IllegalArgumentException(
          "device %s: the libtorch on the class path is built without CUDA; put org.bytedeco's"
                  .formatted(this)
              + " pytorch-platform-gpu and cuda-platform-redist there, or take device cpu");
    }
    if (gpus == 0) {
      throw new IllegalArgumentException(
          "device %s: CUDA finds no GPU; look at nvidia-smi and CUDA_VISIBLE_DEVICES, or take device"
                  .formatted(this)
              + " cpu");
    }
    if (gpu.getAsInt() >= gpus) {
      throw new IllegalArgumentException(
          "device %s: CUDA finds %d, of which the last is cuda:%d; take one of them"
              .formatted(this, gpus, gpus - 1));
    }
  }

  /** The device that a tensor is on: the CPU also for devices that are no GPU of CUDA. */
  static TorchDevice of(Tensor tensor) {
    try (Device device = tensor.device()) {
      return device.is_cuda() ? new TorchDevice(OptionalInt.of(device.index())) : CPU;
    }
  }

  /** The default generator of a GPU, which dropout draws from there; empty for the CPU. */
  Optional<Generator> generator() {
    if (gpu.isEmpty()) {
      return Optional.empty();
    }
    try (Device device = toNative()) {
      return Optional.of(torch.globalContext().defaultGenerator(device).retainReference());
    }
  }

  /** Moves the parameters and buffers of a module here, unless they are; they stay the same. */
  void move(Module module) {
    if (!ModuleState.of(module).device().equals(this)) {
      try (Device device = toNative()) {
        module.to(device, false);
      }
    }
  }

  /** The batch with its tensors here; it is the same on the CPU, where batches are made. */
  Batch move(Batch batch) {
    if (gpu.isEmpty()) {
      return batch;
    }
    try (Device device = toNative()) {
      return batch.to(device);
    }
  }

  private Device toNative() {
    return gpu.isPresent()
        ? new Device(DeviceType.CUDA, (byte) gpu.getAsInt())
        : new Device(DeviceType.CPU);
  }

  /** PyTorch's name. */
  @Override
  public String toString() {
    return gpu.isPresent() ? "cuda:" + gpu.getAsInt() : "cpu";
  }
}
