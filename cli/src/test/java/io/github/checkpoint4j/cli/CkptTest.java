package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CkptTest {
  @Test
  void help_lists_the_verbs_and_goes_to_standard_output() {
    Run help = ckpt("--help");

    assertThat(help.status()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out()).contains("ls", "show", "tensors", "verify", "Exit status");
  }

  @Test
  void every_verb_has_help() {
    for (String verb : List.of("ls", "show", "tensors", "verify")) {
      Run help = ckpt(verb, "--help");

      assertThat(help.status()).isZero();
      assertThat(help.out()).startsWith("Usage: ckpt " + verb);
    }
  }

  @Test
  void the_version_is_told() {
    assertThat(ckpt("--version").out()).startsWith("ckpt ");
  }

  @Test
  void no_verb_is_a_usage_error() {
    assertThat(ckpt()).isEqualTo(new Run(2, "", "ckpt: Missing verb; see ckpt --help\n"));
  }

  @Test
  void a_wrong_verb_and_a_wrong_option_are_usage_errors_on_one_line() {
    Run verb = ckpt("lst");
    Run option = ckpt("ls", "--jsno", "x");

    assertThat(verb.status()).isEqualTo(2);
    assertThat(verb.err()).startsWith("ckpt: Unmatched argument").contains("'lst'").hasLineCount(1);
    assertThat(option.status()).isEqualTo(2);
    assertThat(option.err())
        .startsWith("ckpt ls: Unknown option: '--jsno'")
        .endsWith("; see ckpt ls --help\n")
        .hasLineCount(1);
  }

  @Test
  void a_missing_parameter_is_a_usage_error() {
    assertThat(ckpt("ls"))
        .isEqualTo(
            new Run(2, "", "ckpt ls: Missing required parameter: 'PATH'; see ckpt ls --help\n"));
  }

  @Test
  void an_argument_that_would_act_on_a_terminal_is_shown_escaped() {
    assertThat(ckpt("\u001b[31m\nx").err())
        .contains("\\x1b[31m\\nx")
        .doesNotContain("\u001b")
        .hasLineCount(1);
  }

  @Test
  void a_stack_trace_comes_only_when_asked_for() {
    Run debug = Run.debug("ls", "/no such directory");

    assertThat(debug.status()).isEqualTo(3);
    assertThat(debug.err())
        .startsWith("ckpt ls: /no such directory: no such file or directory")
        .contains("NoSuchFileException", "\tat ");
    assertThat(ckpt("ls", "/no such directory").err()).hasLineCount(1);
  }
}
