package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateMismatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

/** Whatever the rules and the names, each name is loaded, left out or named in an error. */
class LoadRulesPropertyTest {

  @Property
  void no_name_is_lost(
      @ForAll("names") Set<String> names, @ForAll("rules") List<UnaryOperator<LoadRules>> rules) {
    LoadRules all = LoadRules.none();
    for (UnaryOperator<LoadRules> rule : rules) {
      all = rule.apply(all);
    }
    LoadRules.Applied applied;
    try {
      applied = all.apply(names);
    } catch (StateMismatchException e) {
      Statistics.collect("two become one");
      String twice =
          String.valueOf(e.getMessage()).replaceAll("(?s).*become '(.*)'; change.*", "$1");
      LoadRules rule = all;
      assertThat(names.stream().flatMap(name -> rule.apply(name).stream()).filter(twice::equals))
          .hasSizeGreaterThan(1);
      return;
    }
    Statistics.collect(applied.excluded().isEmpty() ? "all kept" : "some left out");
    List<String> told = new ArrayList<>(applied.names().values());
    told.addAll(applied.excluded());
    assertThat(told).containsExactlyInAnyOrderElementsOf(names);
    for (var made : applied.names().entrySet()) {
      assertThat(all.apply(made.getValue())).contains(made.getKey());
    }
    for (String excluded : applied.excluded()) {
      assertThat(all.apply(excluded)).isEmpty();
    }
  }

  @Property
  void a_rule_that_is_not_for_a_name_leaves_it(
      @ForAll("names") Set<String> names, @ForAll("rules") List<UnaryOperator<LoadRules>> rules) {
    for (UnaryOperator<LoadRules> rule : rules) {
      LoadRules one = rule.apply(LoadRules.none());
      for (String name : names) {
        LoadRules.Applied applied = one.apply(List.of(name));
        if (!applied.unused().isEmpty() && !one.toString().startsWith("only")) {
          assertThat(applied.names()).containsExactly(java.util.Map.entry(name, name));
        }
      }
    }
  }

  @Provide
  Arbitrary<Set<String>> names() {
    return Arbitraries.of("a", "b", "module", "layer", "0", "")
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(parts -> String.join(".", parts))
        .set()
        .ofMaxSize(8);
  }

  @Provide
  Arbitrary<List<UnaryOperator<LoadRules>>> rules() {
    Arbitrary<String> beginning = Arbitraries.of("", "a", "b", "a.", "module.", "layer.0", "a.b");
    Arbitrary<String> pattern = Arbitraries.of("*", "a*", "*.0", "?", "regex:(a|b).*", "x");
    Arbitrary<String> regex = Arbitraries.of("(a)\\.(b)", "module\\.", "\\d", "^", "layer");
    Arbitrary<String> replacement = Arbitraries.of("", "$0", "x", "b.");
    Arbitrary<UnaryOperator<LoadRules>> renames =
        Combinators.combine(beginning, beginning)
            .as((from, to) -> (LoadRules rules) -> rules.rename(from, to));
    Arbitrary<UnaryOperator<LoadRules>> replacements =
        Combinators.combine(regex, replacement)
            .as((from, to) -> (LoadRules rules) -> rules.replaceAll(from, to));
    Arbitrary<UnaryOperator<LoadRules>> choices =
        Combinators.combine(pattern, Arbitraries.of(true, false))
            .as(
                (text, kept) ->
                    (LoadRules rules) ->
                        kept
                            ? rules.only(NamePattern.parse(text))
                            : rules.except(NamePattern.parse(text)));
    return Arbitraries.oneOf(List.of(renames, replacements, choices)).list().ofMaxSize(4);
  }
}
