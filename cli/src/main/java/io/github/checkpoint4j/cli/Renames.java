package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.torch.LoadRules;
import java.util.List;

/** The option {@code --rename}: {@code FROM=TO}, where FROM may be a regular expression. */
final class Renames {
  private static final String REGEX = "regex:";

  private Renames() {}

  /**
   * The rules that the options' values are, in order.
   *
   * @throws IllegalArgumentException if one is not a rename
   */
  static LoadRules rules(List<String> renames) {
    LoadRules rules = LoadRules.none();
    for (String rename : renames) {
      int equals = rename.lastIndexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException(
            "--rename is '%s'; give FROM=TO, for instance module.= to take a prefix off"
                .formatted(rename));
      }
      String from = rename.substring(0, equals);
      String to = rename.substring(equals + 1);
      rules =
          from.startsWith(REGEX)
              ? rules.replaceAll(from.substring(REGEX.length()), to)
              : rules.rename(from, to);
    }
    return rules;
  }
}
