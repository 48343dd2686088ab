package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateMismatchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What names in a file become before they are looked for in a module, and which are left out.
 *
 * <p>Rules are applied in the order they were added, each to what the ones before made of a name.
 * Immutable.
 */
public final class LoadRules {
  private static final LoadRules NONE = new LoadRules(List.of());

  private final List<Rule> rules;

  private LoadRules(List<Rule> rules) {
    this.rules = rules;
  }

  /** No rules: names stay as they are. */
  public static LoadRules none() {
    return NONE;
  }

  /** Names that begin with {@code prefix}, {@code module.} for instance, lose it. */
  public LoadRules stripPrefix(String prefix) {
    return rename(prefix, "");
  }

  /** Every name gets {@code prefix} put before it. */
  public LoadRules addPrefix(String prefix) {
    return rename("", prefix);
  }

  /**
   * A name that is {@code from}, or begins with it and goes on at a dot, has {@code to} there
   * instead: {@code rename("encoder", "bert.encoder")} makes {@code bert.encoder.bias} of {@code
   * encoder.bias}, and leaves {@code encoders.bias}. If {@code from} is empty, every name begins
   * with it.
   */
  public LoadRules rename(String from, String to) {
    return and(new Rename(from, to));
  }

  /**
   * Wherever in a name {@code regex} is found there is {@code replacement} instead, in which {@code
   * $1} is the first group: {@link String#replaceAll}.
   *
   * @throws IllegalArgumentException if it is no regular expression, or the replacement names a
   *     group that it does not have
   */
  public LoadRules replaceAll(String regex, String replacement) {
    return and(new Replace(NamePattern.compiled(regex), replacement));
  }

  /** Names that none of the patterns matches are left out. */
  public LoadRules only(NamePattern... patterns) {
    return and(new Choice(List.of(patterns), true));
  }

  /** Names that one of the patterns matches are left out. */
  public LoadRules except(NamePattern... patterns) {
    return and(new Choice(List.of(patterns), false));
  }

  private LoadRules and(Rule rule) {
    List<Rule> more = new ArrayList<>(rules);
    more.add(rule);
    return new LoadRules(List.copyOf(more));
  }

  /**
   * What the rules make of names.
   *
   * @param names the names before, by those they became, in order
   * @param excluded the names that were left out
   * @param unused the rules that were for none of the names
   */
  public record Applied(Map<String, String> names, List<String> excluded, List<String> unused) {
    public Applied {
      names = Collections.unmodifiableMap(new LinkedHashMap<>(names));
      excluded = List.copyOf(excluded);
      unused = List.copyOf(unused);
    }
  }

  /**
   * Applies the rules: each name becomes one, or is left out.
   *
   * @throws StateMismatchException if two become the same
   */
  public Applied apply(Collection<String> names) {
    Map<String, String> made = new LinkedHashMap<>();
    List<String> excluded = new ArrayList<>();
    boolean[] used = new boolean[rules.size()];
    for (String name : names) {
      Optional<String> now = Optional.of(name);
      for (int i = 0; i < used.length && now.isPresent(); i++) {
        used[i] |= rules.get(i).concerns(now.get());
        now = rules.get(i).apply(now.get());
      }
      if (now.isEmpty()) {
        excluded.add(name);
        continue;
      }
      String before = made.put(now.get(), name);
      if (before != null) {
        throw new StateMismatchException(
            "'%s' and '%s' both become '%s'; change the rules, or leave one of them out"
                .formatted(before, name, now.get()));
      }
    }
    List<String> unused = new ArrayList<>();
    for (int i = 0; i < used.length; i++) {
      if (!used[i]) {
        unused.add(rules.get(i).toString());
      }
    }
    return new Applied(made, excluded, unused);
  }

  /** What becomes of one name; empty if it is left out. */
  Optional<String> apply(String name) {
    Optional<String> now = Optional.of(name);
    for (Rule rule : rules) {
      now = now.flatMap(rule::apply);
    }
    return now;
  }

  /** For instance {@code rename("module.", "").except("classifier.*")}. */
  @Override
  public String toString() {
    return rules.stream().map(Rule::toString).collect(Collectors.joining("."));
  }

  private sealed interface Rule {
    /** Whether the rule is for this name. */
    boolean concerns(String name);

    Optional<String> apply(String name);
  }

  private record Rename(String from, String to) implements Rule {
    @Override
    public boolean concerns(String name) {
      return name.startsWith(from)
          && (from.isEmpty()
              || from.endsWith(".")
              || name.length() == from.length()
              || name.charAt(from.length()) == '.');
    }

    @Override
    public Optional<String> apply(String name) {
      if (!concerns(name)) {
        return Optional.of(name);
      }
      String rest = name.substring(from.length());
      // Without its beginning a name does not begin with the dot that came after it.
      return Optional.of(to.isEmpty() && rest.startsWith(".") ? rest.substring(1) : to + rest);
    }

    @Override
    public String toString() {
      return call("rename", from, to);
    }
  }

  private record Replace(Pattern regex, String replacement) implements Rule {
    Replace {
      requireGroups(regex, replacement);
    }

    @Override
    public boolean concerns(String name) {
      return regex.matcher(name).find();
    }

    @Override
    public Optional<String> apply(String name) {
      return Optional.of(regex.matcher(name).replaceAll(replacement));
    }

    @Override
    public String toString() {
      return call("replaceAll", regex.pattern(), replacement);
    }

    private static void requireGroups(Pattern regex, String replacement) {
      // The same groups, and an alternative that matches the empty text.
      Matcher any = Pattern.compile("|" + regex.pattern()).matcher("");
      try {
        any.replaceAll(replacement);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(
            "'%s' cannot replace '%s', which has %d groups: %s; write a dollar as \\$"
                .formatted(replacement, regex, any.groupCount(), e.getMessage()),
            e);
      }
    }
  }

  private record Choice(List<NamePattern> patterns, boolean kept) implements Rule {
    Choice {
      if (patterns.isEmpty()) {
        throw new IllegalArgumentException("a rule without a pattern; give one");
      }
    }

    @Override
    public boolean concerns(String name) {
      return patterns.stream().anyMatch(pattern -> pattern.matches(name));
    }

    @Override
    public Optional<String> apply(String name) {
      return Optional.of(name).filter(_ -> concerns(name) == kept);
    }

    @Override
    public String toString() {
      return call(
          kept ? "only" : "except",
          patterns.stream().map(NamePattern::toString).toArray(String[]::new));
    }
  }

  private static String call(String method, String... arguments) {
    return Arrays.stream(arguments)
        .map(argument -> Json.of(argument).toText())
        .collect(Collectors.joining(", ", method + "(", ")"));
  }
}
