package io.github.checkpoint4j.cli;

import picocli.CommandLine.Command;

/** {@code ckpt unpin PATH...}: leaves checkpoints to retention again. */
@Command(
    name = "unpin",
    description =
        "Unpins checkpoints: they may be deleted like others. Refused while the run is being"
            + " written.",
    mixinStandardHelpOptions = true)
final class Unpin extends Pinning {
  Unpin() {
    super(false);
  }
}
