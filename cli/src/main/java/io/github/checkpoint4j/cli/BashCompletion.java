package io.github.checkpoint4j.cli;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The script for bash. picocli has a generator of its own, whose scripts expand the names of files
 * as code and lose count of the operands; here bash itself completes files.
 */
final class BashCompletion {
  private BashCompletion() {}

  static String of(CommandSpec command) {
    List<CommandSpec> verbs = Verbs.of(command);
    return
"""
# Completion of %1$s for bash: eval "$(%1$s completion bash)"

# Sets what there is after the verbs $1: the verbs, options without and with a value, and operands.
_%1$s_after() {
  case $1 in
%2$s    *) return 1 ;;
  esac
}

# Sets words and files to what is expected as the value of the option $2 after the verbs $1.
_%1$s_value() {
  case "$1 $2" in
%3$s    *) words= files= ;;
  esac
}

_%1$s() {
  local current=${COMP_WORDS[COMP_CWORD]} before='%1$s' option= word i
  local verbs switches options words files
  _%1$s_after "$before"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = ]]; then
      continue
    elif [[ $option ]]; then
      option=
    elif [[ " $options " == *" $word "* ]]; then
      option=$word
    elif [[ $word != -* && " $verbs " == *" $word "* ]]; then
      before="$before $word"
      _%1$s_after "$before"
    fi
  done
  [[ $current == = ]] && current=
  if [[ $option ]]; then
    _%1$s_value "$before" "$option"
  elif [[ $current == -* ]]; then
    words="$switches $options" files=
  else
    words="$verbs $words"
  fi
  COMPREPLY=()
  for word in $words; do
    [[ $word == "$current"* ]] && COMPREPLY+=("$word")
  done
  # Without a word to offer, bash completes files, as far as it can be kept from it.
  if [[ ! $files ]]; then
    compopt +o default 2>/dev/null
  elif ((${#COMPREPLY[@]})); then
    compopt -o filenames 2>/dev/null
  fi
}

complete -o default -F _%1$s %1$s
"""
        .formatted(
            command.name(),
            verbs.stream().map(BashCompletion::after).collect(Collectors.joining()),
            verbs.stream().flatMap(BashCompletion::values).collect(Collectors.joining()));
  }

  private static String after(CommandSpec verb) {
    List<OptionSpec> options = Verbs.options(verb);
    Expected operands = Expected.operandsOf(verb);
    return "    %s)%n      verbs=%s%n      switches=%s%n      options=%s%n      words=%s files=%s%n      ;;%n"
        .formatted(
            quoted(verb.qualifiedName()),
            quoted(words(Verbs.below(verb).stream().map(CommandSpec::name))),
            quoted(names(options.stream().filter(option -> !Verbs.takesValue(option)))),
            quoted(names(options.stream().filter(Verbs::takesValue))),
            quoted(words(operands.words().stream())),
            operands.files() ? "1" : "");
  }

  private static Stream<String> values(CommandSpec verb) {
    return Verbs.options(verb).stream()
        .filter(Verbs::takesValue)
        .filter(option -> !Expected.of(option).equals(Expected.NOTHING))
        .map(
            option -> {
              Expected expected = Expected.of(option);
              return "    %s) words=%s files=%s ;;%n"
                  .formatted(
                      option.names().length == 0
                          ? ""
                          : Stream.of(option.names())
                              .map(name -> quoted(verb.qualifiedName() + " " + name))
                              .collect(Collectors.joining(" | ")),
                      quoted(words(expected.words().stream())),
                      expected.files() ? "1" : "");
            });
  }

  private static String names(Stream<OptionSpec> options) {
    return words(options.flatMap(option -> Verbs.names(option).stream()));
  }

  private static String words(Stream<String> words) {
    return words.collect(Collectors.joining(" "));
  }

  /** As one word of a shell's command line. */
  static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
