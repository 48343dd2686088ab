package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class ManPageTest {
  @TempDir Path share;
  private final List<Path> pages = new ArrayList<>();

  @BeforeEach
  void the_manual() throws Exception {
    Manual.write(share, "2026-01-01");
    try (var files = Files.list(share.resolve("man/man1"))) {
      files.sorted().forEach(pages::add);
    }
  }

  @Test
  void there_is_a_page_for_each_verb_and_task() {
    assertThat(pages.stream().map(page -> page.getFileName().toString()))
        .contains("ckpt.1", "ckpt-train.1", "ckpt-train-classify.1", "ckpt-show.1")
        .hasSameSizeAs(Verbs.of(specification()));
  }

  @Test
  void the_scripts_for_shells_are_beside_it_where_they_look_for_them() {
    assertThat(share.resolve("bash-completion/completions/ckpt")).isNotEmptyFile();
    assertThat(share.resolve("zsh/site-functions/_ckpt")).isNotEmptyFile();
    assertThat(share.resolve("fish/vendor_completions.d/ckpt.fish")).isNotEmptyFile();
  }

  @Test
  void a_page_has_its_sections_and_every_option() throws Exception {
    for (CommandSpec verb : Verbs.of(specification())) {
      Path page = share.resolve("man/man1").resolve(ManPage.fileName(verb));
      String text = Files.readString(page);
      assertThat(text)
          .contains(".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS")
          .contains(".SH \"EXIT STATUS\"\n.TP\n.B 0\nfine\n", ".SH \"SEE ALSO\"");
      for (OptionSpec option : verb.options()) {
        assertThat(text).contains("\\fB" + option.longestName().replace("-", "\\-") + "\\fR");
      }
    }
  }

  @Test
  void mandoc_finds_nothing_wrong() throws Exception {
    assumeTrue(Terminal.find("mandoc").isPresent(), "mandoc");

    for (Path page : pages) {
      assertThat(said("mandoc", "-Tlint", "-Wwarning", page.toString())).isEmpty();
    }
  }

  @Test
  void groff_warns_of_nothing() throws Exception {
    assumeTrue(Terminal.find("groff").isPresent(), "groff");

    for (Path page : pages) {
      assertThat(said("groff", "-ww", "-man", "-z", page.toString())).isEmpty();
    }
  }

  @Test
  void nothing_in_a_description_is_a_request_or_an_escape() {
    CommandSpec command =
        CommandSpec.create()
            .name("it's")
            .addOption(
                OptionSpec.builder("-x", "--ex-treme")
                    .arity("1")
                    .paramLabel("A|\\B")
                    .description(".so /etc/passwd")
                    .build());
    command
        .usageMessage()
        .description("A \\fBback\\fR slash. And more.", ".SH is no request", "'nor this");

    String page = ManPage.of(command, "a \"quoted\" 1", "2026-01-01");

    assertThat(page)
        .isEqualTo(
            """
            .TH IT'S 1 2026-01-01 "a \\(dqquoted\\(dq 1"
            .SH NAME
            it's \\- A \\efBback\\efR slash
            .SH SYNOPSIS
            .B it's
            [\\fIOPTION\\fR]...
            .SH DESCRIPTION
            A \\efBback\\efR slash. And more.
            .PP
            \\&.SH is no request
            .PP
            \\&'nor this
            .SH OPTIONS
            .TP
            \\fB\\-x\\fR, \\fB\\-\\-ex\\-treme\\fR \\fIA|\\eB\\fR
            \\&.so /etc/passwd
            """);
  }

  @Test
  void help_of_a_verb_is_its_help_option() {
    assertThat(Run.ckpt("help", "train", "classify"))
        .isEqualTo(Run.ckpt("train", "classify", "--help"));
    assertThat(Run.ckpt("help")).isEqualTo(Run.ckpt("--help"));
    assertThat(Run.ckpt("help", "no"))
        .isEqualTo(new Run(2, "", "ckpt help: 'no' is no verb of ckpt; see ckpt help --help\n"));
  }

  @Test
  void the_first_sentence_is_told_from_abbreviations_and_ellipses() {
    assertThat(Verbs.sentence("A FROM of regex:... is replaced. Then more."))
        .isEqualTo("A FROM of regex:... is replaced");
    assertThat(Verbs.sentence("bert.embeddings.* for instance.")).endsWith("instance");
    assertThat(Verbs.sentence("")).isEmpty();
    assertThat(new TreeSet<>(Verbs.of(specification()).stream().map(Verbs::summary).toList()))
        .hasSameSizeAs(pages)
        .noneMatch(String::isEmpty);
  }

  private static String said(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }

  private static CommandSpec specification() {
    return Ckpt.commandLine(InputStream.nullInputStream(), System.out, System.err, false)
        .getCommandSpec();
  }
}
