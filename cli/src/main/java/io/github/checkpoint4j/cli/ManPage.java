package io.github.checkpoint4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The page of a command in section 1 of the manual, in the macros of man(7). It says what the
 * command's help says.
 */
final class ManPage {
  private final StringBuilder text = new StringBuilder();

  private ManPage() {}

  /** The name of the page's file, for instance {@code ckpt-show.1}. */
  static String fileName(CommandSpec command) {
    return page(command) + ".1";
  }

  /**
   * The page.
   *
   * @param version the program's name and version
   * @param date as YYYY-MM-DD
   */
  static String of(CommandSpec command, String version, String date) {
    ManPage page = new ManPage();
    page.line(".TH %s 1 %s %s".formatted(upper(page(command)), date, quoted(version)));
    page.section("NAME");
    page.line("%s \\- %s".formatted(escaped(page(command)), escaped(Verbs.summary(command))));
    page.synopsis(command);
    page.section("DESCRIPTION");
    page.paragraphs(Verbs.paragraphs(command));
    page.verbs(command);
    page.operands(command);
    page.options(command);
    page.exitStatus(command.root());
    page.seeAlso(command);
    return page.text.toString();
  }

  private void synopsis(CommandSpec command) {
    section("SYNOPSIS");
    line(".B " + escaped(command.qualifiedName()));
    if (!Verbs.options(command).isEmpty()) {
      line("[\\fIOPTION\\fR]...");
    }
    for (PositionalParamSpec operand : command.positionalParameters()) {
      String label = "\\fI" + escaped(operand.paramLabel()) + "\\fR";
      String more = operand.isMultiValue() ? "..." : "";
      line(operand.required() ? label + more : "[" + label + more + "]");
    }
    if (!Verbs.below(command).isEmpty()) {
      line("\\fIVERB\\fR ...");
    }
  }

  private void verbs(CommandSpec command) {
    if (Verbs.below(command).isEmpty()) {
      return;
    }
    section("VERBS");
    for (CommandSpec verb : Verbs.below(command)) {
      line(".TP");
      line(".BR " + escaped(page(verb)) + " (1)");
      paragraph(Verbs.summary(verb) + ".");
    }
  }

  private void operands(CommandSpec command) {
    if (command.positionalParameters().isEmpty()) {
      return;
    }
    section("OPERANDS");
    for (PositionalParamSpec operand : command.positionalParameters()) {
      line(".TP");
      line(".I " + escaped(operand.paramLabel()));
      paragraph(Verbs.description(operand));
    }
  }

  private void options(CommandSpec command) {
    section("OPTIONS");
    for (OptionSpec option : Verbs.options(command)) {
      String names =
          Verbs.names(option).stream()
              .map(name -> "\\fB" + escaped(name) + "\\fR")
              .collect(Collectors.joining(", "));
      line(".TP");
      line(
          Verbs.takesValue(option)
              ? names + " \\fI" + escaped(option.paramLabel()) + "\\fR"
              : names);
      paragraph(Verbs.description(option));
    }
  }

  /** What the help of the whole command says at its end. */
  private void exitStatus(CommandSpec root) {
    String title = "Exit status: ";
    for (String paragraph : root.usageMessage().footer()) {
      if (paragraph.startsWith(title)) {
        section("EXIT STATUS");
        for (String status : paragraph.substring(title.length()).split("[;,] ", -1)) {
          line(".TP");
          int space = status.indexOf(' ');
          line(".B " + escaped(status.substring(0, space)));
          paragraph(status.substring(space + 1));
        }
      }
    }
  }

  private void seeAlso(CommandSpec command) {
    List<CommandSpec> others = new ArrayList<>();
    if (command.parent() != null) {
      others.add(command.parent());
    }
    others.addAll(Verbs.below(command.parent() == null ? command : command.parent()));
    String pages =
        others.stream()
            .map(ManPage::page)
            .filter(page -> !page.equals(page(command)))
            .map(page -> ".BR " + escaped(page) + " (1)")
            .collect(Collectors.joining(" ,\n"));
    if (!pages.isEmpty()) {
      section("SEE ALSO");
      line(pages);
    }
  }

  private static String page(CommandSpec command) {
    return command.qualifiedName("-");
  }

  private static String upper(String name) {
    return name.toUpperCase(Locale.ROOT);
  }

  private void section(String title) {
    line(".SH " + (title.contains(" ") ? quoted(title) : title));
  }

  private void paragraphs(List<String> paragraphs) {
    for (int i = 0; i < paragraphs.size(); i++) {
      if (i > 0) {
        line(".PP");
      }
      paragraph(paragraphs.get(i));
    }
  }

  private void paragraph(String paragraph) {
    paragraph.lines().map(String::strip).map(ManPage::escaped).forEach(this::line);
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private static String quoted(String text) {
    return "\"" + escaped(text).replace("\"", "\\(dq") + "\"";
  }

  /** As text that stays as it is: no escapes, no requests, and hyphens that can be copied. */
  private static String escaped(String text) {
    String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }
}
