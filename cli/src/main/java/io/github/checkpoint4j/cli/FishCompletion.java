package io.github.checkpoint4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The script for fish: a line for each verb and option. */
final class FishCompletion {
  private final String name;
  private final List<String> lines = new ArrayList<>();

  private FishCompletion(String name) {
    this.name = name;
  }

  static String of(CommandSpec command) {
    FishCompletion script = new FishCompletion(command.name());
    Verbs.of(command).forEach(script::add);
    return """
        # Completion of %1$s for fish: %1$s completion fish | source

        # The words on the line that are no options.
        function __%1$s_words
            set -l words (commandline -opc)
            set -e words[1]
            string match -v -- '-*' $words
        end

        # Whether these verbs stand there.
        function __%1$s_within
            set -l words (__%1$s_words)
            set -l last (count $argv)
            test (count $words) -ge $last
            and test "$words[1..$last]" = "$argv"
        end

        # Whether these verbs stand there, and nothing else does yet.
        function __%1$s_after
            set -l words (__%1$s_words)
            test "$words" = "$argv"
        end

        complete -c %1$s -f
        %2$s
        """
        .formatted(command.name(), String.join("\n", script.lines));
  }

  private void add(CommandSpec command) {
    String path = command.qualifiedName().substring(name.length()).strip();
    for (CommandSpec verb : Verbs.below(command)) {
      line("__%s_after %s".formatted(name, path), "-a " + verb.name(), Verbs.summary(verb));
    }
    String within =
        path.isEmpty() ? "__%s_after".formatted(name) : "__%s_within %s".formatted(name, path);
    Expected operands = Expected.operandsOf(command);
    if (operands.files()) {
      lines.add("complete -c %s -n '%s' -F".formatted(name, within));
    }
    if (!operands.words().isEmpty()) {
      lines.add("complete -c %s -n '%s' -a '%s'".formatted(name, within, words(operands)));
    }
    for (OptionSpec option : Verbs.options(command)) {
      String description = Verbs.sentence(Verbs.description(option));
      String flags =
          Verbs.names(option).stream().map(FishCompletion::flag).collect(Collectors.joining(" "));
      line(within, flags + value(option), description);
    }
  }

  private static String flag(String name) {
    return name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1);
  }

  private static String value(OptionSpec option) {
    if (!Verbs.takesValue(option)) {
      return "";
    }
    Expected expected = Expected.of(option);
    return (expected.files() ? " -r -F" : " -x")
        + (expected.words().isEmpty() ? "" : " -a '" + words(expected) + "'");
  }

  private static String words(Expected expected) {
    return expected.words().stream().collect(Collectors.joining(" "));
  }

  private void line(String condition, String what, String description) {
    lines.add(
        "complete -c %s -n '%s' %s -d '%s'"
            .formatted(
                name,
                condition.strip(),
                what,
                description.replace("\\", "\\\\").replace("'", "\\'")));
  }
}
