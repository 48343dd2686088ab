package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch;

/** What the bits of a training depend on besides its state: the machine, the library, threads. */
final class Fingerprint {
  private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([^,\\s]+)");

  private Fingerprint() {}

  /** That of this process. */
  static Json.Obj current() {
    try (var configuration = torch.show_config();
        var capability = torch.get_cpu_capability()) {
      Matcher version = VERSION.matcher(configuration.getString());
      return Json.object()
          .put("cpu_capability", capability.getString())
          .put("device", "cpu")
          .put("libtorch", version.find() ? version.group(1) : "unknown")
          .put("threads", torch.get_num_threads())
          .build();
    }
  }
}
