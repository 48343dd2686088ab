package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateMismatchException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadRulesTest {

  private static List<String> applied(LoadRules rules, String... names) {
    return List.copyOf(rules.apply(List.of(names)).names().keySet());
  }

  @Test
  void without_rules_names_stay_as_they_are() {
    LoadRules.Applied applied = LoadRules.none().apply(List.of("b", "a"));
    assertThat(applied.names()).hasToString("{b=b, a=a}");
    assertThat(applied.excluded()).isEmpty();
    assertThat(applied.unused()).isEmpty();
  }

  @Test
  void a_prefix_is_taken_off_those_that_have_it() {
    assertThat(applied(LoadRules.none().stripPrefix("module."), "module.a.b", "a", "x.module.b"))
        .containsExactly("a.b", "a", "x.module.b");
  }

  @Test
  void a_prefix_is_put_before_all() {
    assertThat(applied(LoadRules.none().addPrefix("bert."), "a", "bert.b"))
        .containsExactly("bert.a", "bert.bert.b");
  }

  @ParameterizedTest
  @CsvSource({
    "encoder, bert.encoder, encoder.0.bias, bert.encoder.0.bias",
    "encoder, bert.encoder, encoder, bert.encoder",
    "encoder, bert.encoder, encoders.0, encoders.0",
    "encoder, bert.encoder, my.encoder.0, my.encoder.0",
    "encoder.0.bias, b, encoder.0.bias, b",
    "encoder., layers., encoder.0, layers.0",
    "encoder, '', encoder.0.bias, 0.bias",
    "'', model., a, model.a",
  })
  void a_literal_rename_is_of_whole_parts_at_the_beginning(
      String from, String to, String name, String expected) {
    assertThat(applied(LoadRules.none().rename(from, to), name)).containsExactly(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'layer_(\\d+)', layer.$1, encoder.layer_11.bias, encoder.layer.11.bias",
    "'_orig_mod\\.', '', a._orig_mod.b._orig_mod.c, a.b.c",
    "'(?<first>\\w+)\\.(\\w+)$', '$2.${first}', x.a.b, x.b.a",
    "^gamma$, weight, my.gamma, my.gamma",
  })
  void a_regular_expression_is_replaced_wherever_it_is_found(
      String regex, String replacement, String name, String expected) {
    assertThat(applied(LoadRules.none().replaceAll(regex, replacement), name))
        .containsExactly(expected);
  }

  @Test
  void filters_leave_names_out_and_say_which() {
    LoadRules.Applied applied =
        LoadRules.none()
            .only(NamePattern.glob("bert.*"), NamePattern.regex("head\\..*"))
            .except(NamePattern.glob("*.bias"))
            .apply(List.of("bert.weight", "bert.bias", "head.weight", "step"));
    assertThat(applied.names().keySet()).containsExactly("bert.weight", "head.weight");
    assertThat(applied.excluded()).containsExactly("bert.bias", "step");
  }

  @Test
  void each_rule_is_for_what_the_ones_before_made_of_a_name() {
    LoadRules stripFirst =
        LoadRules.none().stripPrefix("module.").only(NamePattern.glob("module.*"));
    LoadRules filterFirst =
        LoadRules.none().only(NamePattern.glob("module.*")).stripPrefix("module.");
    assertThat(applied(stripFirst, "module.a", "module.module.b")).containsExactly("module.b");
    assertThat(applied(filterFirst, "module.a", "module.module.b"))
        .containsExactly("a", "module.b");
  }

  @Test
  void rules_that_are_for_no_name_are_told() {
    LoadRules rules =
        LoadRules.none()
            .stripPrefix("module.")
            .replaceAll("a\\.b", "c")
            .except(NamePattern.glob("x*"), NamePattern.glob("y*"))
            .rename("a", "d");
    assertThat(rules.apply(List.of("a", "module.z")).unused())
        .containsExactly("replaceAll(\"a\\\\.b\", \"c\")", "except(\"x*\", \"y*\")");
    assertThat(rules)
        .hasToString(
            "rename(\"module.\", \"\").replaceAll(\"a\\\\.b\", \"c\").except(\"x*\", \"y*\")"
                + ".rename(\"a\", \"d\")");
  }

  @Test
  void two_names_that_become_one_are_an_error() {
    LoadRules rules = LoadRules.none().stripPrefix("module.");
    assertThatThrownBy(() -> rules.apply(List.of("a.bias", "module.a.bias")))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "'a.bias' and 'module.a.bias' both become 'a.bias'; change the rules, or leave one of"
                + " them out");
  }

  @Test
  void names_may_pass_each_other_on_the_way() {
    LoadRules swap =
        LoadRules.none().rename("a", "swapped").rename("b", "a").rename("swapped", "b");
    assertThat(swap.apply(List.of("a.x", "b.x")).names()).hasToString("{b.x=a.x, a.x=b.x}");
  }

  @Test
  void a_replacement_with_a_group_that_is_not_there_is_refused() {
    assertThatThrownBy(() -> LoadRules.none().replaceAll("layer_(\\d+)", "layer.$2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'layer.$2' cannot replace 'layer_(\\d+)', which has 1 groups: No group 2; write a"
                + " dollar as \\$");
  }

  @Test
  void a_filter_without_a_pattern_is_refused() {
    assertThatThrownBy(() -> LoadRules.none().only())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a rule without a pattern; give one");
  }
}
