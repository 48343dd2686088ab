package io.github.checkpoint4j.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command with its verbs and their verbs, as the help, the manual and the shells tell them. */
final class Verbs {
  private Verbs() {}

  /** The command and all verbs below it, the outer ones first. */
  static List<CommandSpec> of(CommandSpec command) {
    List<CommandSpec> all = new ArrayList<>(List.of(command));
    below(command).forEach(verb -> all.addAll(of(verb)));
    return all;
  }

  /** The verbs of a command that the help lists. */
  static List<CommandSpec> below(CommandSpec command) {
    return command.subcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .filter(verb -> !verb.usageMessage().hidden())
        .toList();
  }

  /** The options of a command that its help lists. */
  static List<OptionSpec> options(CommandSpec command) {
    return command.options().stream().filter(option -> !option.hidden()).toList();
  }

  /** All names of an option, with those that turn a switch off. */
  static List<String> names(OptionSpec option) {
    List<String> names = new ArrayList<>(List.of(option.names()));
    if (option.negatable()) {
      for (String name : option.names()) {
        names.add(name.replaceFirst("^--", "--no-"));
      }
    }
    return names;
  }

  static boolean takesValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  /** The description of an option or operand, with its default and what there is to choose from. */
  static String description(ArgSpec argument) {
    return String.join(" ", argument.description());
  }

  /** The description of a command, a paragraph each. */
  static List<String> paragraphs(CommandSpec command) {
    return List.of(command.usageMessage().description());
  }

  /** The first sentence of the description of a command, without its full stop. */
  static String summary(CommandSpec command) {
    return paragraphs(command).stream().findFirst().map(Verbs::sentence).orElse("");
  }

  /** The first sentence of a text, without its full stop. */
  static String sentence(String text) {
    return text.replaceFirst("(?s)(?<!\\.)\\.(\\s+\\p{Lu}.*)?$", "");
  }
}
