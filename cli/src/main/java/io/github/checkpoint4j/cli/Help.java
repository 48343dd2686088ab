package io.github.checkpoint4j.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt help VERB}: as {@code ckpt VERB --help}. */
@Command(
    name = "help",
    description = "Tells what a verb does and which options it has, as --help after it.",
    mixinStandardHelpOptions = true)
final class Help implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "VERB",
      arity = "0..*",
      description = "The verb, and a task after it; without one, ckpt itself.")
  List<String> words = List.of();

  @Override
  public Integer call() {
    CommandLine command = spec.root().commandLine();
    for (String word : words) {
      CommandLine verb = command.getSubcommands().get(word);
      if (verb == null) {
        throw new ParameterException(
            spec.commandLine(), "'%s' is no verb of %s".formatted(word, command.getCommandName()));
      }
      command = verb;
    }
    command.usage(command.getOut());
    return ExitStatus.FINE;
  }
}
