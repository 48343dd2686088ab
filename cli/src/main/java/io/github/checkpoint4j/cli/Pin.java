package io.github.checkpoint4j.cli;

import picocli.CommandLine.Command;

/** {@code ckpt pin PATH...}: keeps checkpoints whatever a retention policy says. */
@Command(
    name = "pin",
    description =
        "Pins checkpoints: neither a training nor prune deletes them. Refused while the run is being"
            + " written.",
    mixinStandardHelpOptions = true)
final class Pin extends Pinning {
  Pin() {
    super(true);
  }
}
