package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Glob;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Which names are meant: those that, as a whole, match a {@link Glob} or a regular expression. */
public final class NamePattern {
  private static final String REGEX = "regex:";

  private final String text;
  private final Predicate<String> matcher;

  private NamePattern(String text, Predicate<String> matcher) {
    this.text = text;
    this.matcher = matcher;
  }

  /** Names that a glob matches: {@code *} is any run of characters, {@code ?} one. */
  public static NamePattern glob(String glob) {
    return new NamePattern(glob, new Glob(glob)::matches);
  }

  /**
   * Names that a regular expression of {@link Pattern} matches.
   *
   * @throws IllegalArgumentException if it is not one
   */
  public static NamePattern regex(String regex) {
    return new NamePattern(REGEX + regex, compiled(regex).asMatchPredicate());
  }

  /**
   * What follows {@code regex:} as a regular expression; without that, the text as a glob.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static NamePattern parse(String text) {
    return text.startsWith(REGEX) ? regex(text.substring(REGEX.length())) : glob(text);
  }

  public boolean matches(String name) {
    return matcher.test(name);
  }

  /** The text that {@link #parse} takes. */
  @Override
  public String toString() {
    return text;
  }

  static Pattern compiled(String regex) {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'%s' is not a regular expression: %s at character %d"
              .formatted(regex, e.getDescription(), e.getIndex()),
          e);
    }
  }
}
