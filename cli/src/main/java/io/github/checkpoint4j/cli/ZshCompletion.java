package io.github.checkpoint4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The script for zsh, a function a verb; it also works as the file {@code _ckpt} in fpath. */
final class ZshCompletion {
  private ZshCompletion() {}

  static String of(CommandSpec command) {
    String name = function(command);
    return """
        #compdef %1$s
        # Completion of %1$s for zsh: eval "$(%1$s completion zsh)"

        %2$s
        if [ "$funcstack[1]" = "%3$s" ]; then
          %3$s "$@"
        else
          compdef %3$s %1$s
        fi
        """
        .formatted(
            command.name(),
            Verbs.of(command).stream().map(ZshCompletion::body).collect(Collectors.joining("\n")),
            name);
  }

  private static String body(CommandSpec verb) {
    List<String> arguments = new ArrayList<>();
    for (OptionSpec option : Verbs.options(verb)) {
      for (String name : Verbs.names(option)) {
        arguments.add(option(name, option));
      }
    }
    if (Verbs.below(verb).isEmpty()) {
      verb.positionalParameters().forEach(operand -> arguments.add(operand(operand)));
      return "%s() {\n  _arguments -S \\\n    %s\n}\n"
          .formatted(function(verb), String.join(" \\\n    ", quoted(arguments)));
    }
    arguments.addAll(List.of("1: :->verb", "*:: :->rest"));
    return """
        %s() {
          local line state
          local -a verbs
          _arguments -C -S \\
            %s
          case $state in
            verb)
              verbs=(
                %s
              )
              _describe verb verbs
              ;;
            rest)
              case $line[1] in
        %s      esac
              ;;
          esac
        }
        """
        .formatted(
            function(verb),
            String.join(" \\\n    ", quoted(arguments)),
            Verbs.below(verb).stream()
                .map(each -> each.name() + ":" + Verbs.summary(each).replace(":", "\\:"))
                .map(BashCompletion::quoted)
                .collect(Collectors.joining("\n        ")),
            Verbs.below(verb).stream()
                .map(each -> "        %s) %s ;;\n".formatted(each.name(), function(each)))
                .collect(Collectors.joining()));
  }

  private static List<String> quoted(List<String> arguments) {
    return arguments.stream().map(BashCompletion::quoted).toList();
  }

  /** {@code *} since an option that is given may be given again. */
  private static String option(String name, OptionSpec option) {
    String text = name + "[" + escaped(Verbs.sentence(Verbs.description(option))) + "]";
    return "*" + text + (Verbs.takesValue(option) ? value(option) : "");
  }

  private static String operand(PositionalParamSpec operand) {
    boolean one = operand.index().max() == operand.index().min() && operand.arity().max() <= 1;
    return (one ? String.valueOf(operand.index().min() + 1) : "*") + value(operand);
  }

  private static String value(ArgSpec argument) {
    Expected expected = Expected.of(argument);
    String label = ":" + escaped(argument.paramLabel()) + ":";
    if (expected.words().isEmpty()) {
      return label + (expected.files() ? "_files" : " ");
    }
    String words = String.join(" ", expected.words());
    return label + (expected.files() ? "{compadd -- " + words + "; _files}" : "(" + words + ")");
  }

  private static String escaped(String text) {
    return text.replaceAll("([\\\\\\[\\]:])", "\\\\$1");
  }

  /** The name of a command's function. */
  private static String function(CommandSpec command) {
    return "_" + command.qualifiedName("_");
  }
}
