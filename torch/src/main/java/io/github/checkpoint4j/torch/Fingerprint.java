package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch;

/**
 * What the bits of a training step depend on besides its inputs: a run that goes on where one of
 * these differs need not make the same numbers.
 */
public final class Fingerprint {
  private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([^,\\s]+)");

  private Fingerprint() {}

  /**
   * That of this process now: {@code libtorch} (its version), {@code threads} (of an operator),
   * {@code cpu_capability} (the vector instructions used, for instance {@code AVX512}), {@code
   * device} and {@code architecture}.
   */
  public static Json.Obj current() {
    return current(TorchDevice.cpu());
  }

  /** That of this process now for a model on a device. */
  static Json.Obj current(TorchDevice device) {
    return Json.object()
        .put("libtorch", version())
        .put("threads", torch.get_num_threads())
        .put("cpu_capability", torch.get_cpu_capability().getString())
        .put("device", device.toString())
        .put("architecture", System.getProperty("os.arch"))
        .build();
  }

  private static String version() {
    try (var config = torch.show_config()) {
      Matcher found = VERSION.matcher(config.getString());
      return found.find() ? found.group(1) : "unknown";
    }
  }
}
