package io.github.checkpoint4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What is expected as the value of an option or as an operand, as far as a shell can offer it. It
 * is told by the type, and by the label in the help: small letters there are a word to be given as
 * it is, and {@code FILE}, {@code DIR}, {@code PATH} and the like are names of files.
 *
 * @param words those to choose from
 * @param files whether the name of a file or directory is expected
 */
record Expected(List<String> words, boolean files) {
  static final Expected NOTHING = new Expected(List.of(), false);

  private static final Pattern WORD = Pattern.compile("(?<![\\w-])[a-z][a-z0-9-]*(?![\\w-])");
  private static final Pattern FILE =
      Pattern.compile("\\b(FILE|DIR|PATH|SOURCE|TARGET|CHECKPOINT|RUN)\\b");

  Expected {
    words = List.copyOf(words);
  }

  static Expected of(ArgSpec argument) {
    List<String> words = new ArrayList<>();
    Iterable<String> candidates = argument.completionCandidates();
    if (candidates != null) {
      candidates.forEach(words::add);
    }
    String label = argument.paramLabel();
    WORD.matcher(label).results().map(MatchResult::group).forEach(words::add);
    boolean file = isPath(argument) || FILE.matcher(label).find();
    if (label.equals("VERB")) {
      words.addAll(argument.command().root().subcommands().keySet());
    }
    return new Expected(words, file);
  }

  /** What is expected as operands of a command, of any of them. */
  static Expected operandsOf(CommandSpec command) {
    Set<String> words = new LinkedHashSet<>();
    boolean files = false;
    for (ArgSpec operand : command.positionalParameters()) {
      Expected expected = of(operand);
      words.addAll(expected.words());
      files |= expected.files();
    }
    return new Expected(List.copyOf(words), files);
  }

  private static boolean isPath(ArgSpec argument) {
    for (Class<?> type : argument.auxiliaryTypes()) {
      if (Path.class.isAssignableFrom(type)) {
        return true;
      }
    }
    return Path.class.isAssignableFrom(argument.type());
  }
}
