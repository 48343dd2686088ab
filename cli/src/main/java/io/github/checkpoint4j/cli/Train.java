package io.github.checkpoint4j.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ckpt train}: trains with checkpoints; the tasks are its verbs. */
@Command(
    name = "train",
    description = "Trains with checkpoints; the same command again resumes.",
    mixinStandardHelpOptions = true)
final class Train implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing task");
  }
}
