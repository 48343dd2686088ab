package io.github.checkpoint4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt completion SHELL}: a script that teaches a shell to complete command lines. */
@Command(
    name = "completion",
    description = {
      "Prints a script with which a shell completes verbs, options, their values and files.",
      "bash: eval \"$(ckpt completion bash)\" in ~/.bashrc. zsh: eval \"$(ckpt completion zsh)\" in"
          + " ~/.zshrc, after compinit. fish: ckpt completion fish >"
          + " ~/.config/fish/completions/ckpt.fish"
    },
    mixinStandardHelpOptions = true)
final class Completion implements Callable<Integer> {
  /** The shells there are scripts for. */
  enum Shell {
    bash,
    zsh,
    fish;

    /** The script for a command and all its verbs. */
    String script(CommandSpec command) {
      return switch (this) {
        case bash -> BashCompletion.of(command);
        case zsh -> ZshCompletion.of(command);
        case fish -> FishCompletion.of(command);
      };
    }
  }

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  Shell shell = Shell.bash;

  @Override
  public Integer call() {
    spec.commandLine().getOut().print(shell.script(spec.root()));
    return ExitStatus.FINE;
  }
}
