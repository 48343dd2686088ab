package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.CommandSpec;

/** What all verbs have in common, also those that are new. */
class EveryVerbTest {
  /** What they print is for a shell or a person, and nothing else. */
  private static final Set<String> WITHOUT_JSON = Set.of("ckpt completion", "ckpt help");

  @TempDir Path temporary;

  /** The verbs that do something, and are not only there for others. */
  static List<CommandSpec> verbs() {
    return Verbs.of(
            Ckpt.commandLine(InputStream.nullInputStream(), System.out, System.err, false)
                .getCommandSpec())
        .stream()
        .filter(verb -> verb.subcommands().isEmpty())
        .toList();
  }

  private static Stream<String> words() {
    return verbs().stream().map(verb -> verb.qualifiedName().replaceFirst("^ckpt ", ""));
  }

  private static Run run(String verb, Object... more) {
    List<Object> words = new ArrayList<>(List.of((Object[]) verb.split(" ", -1)));
    words.addAll(List.of(more));
    return ckpt(words.toArray());
  }

  @ParameterizedTest
  @MethodSource("words")
  void has_help_and_a_version(String verb) {
    assertThat(run(verb, "--help"))
        .satisfies(help -> assertThat(help.status()).isZero())
        .satisfies(help -> assertThat(help.err()).isEmpty())
        .satisfies(help -> assertThat(help.out()).startsWith("Usage: ckpt " + verb));
    assertThat(run(verb, "--version")).isEqualTo(ckpt("--version"));
  }

  @Test
  void there_are_many() {
    assertThat(verbs()).hasSizeGreaterThanOrEqualTo(14);
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void has_json(CommandSpec verb) {
    assertThat(verb.findOption("--json") != null)
        .isNotEqualTo(WITHOUT_JSON.contains(verb.qualifiedName()));
  }

  @ParameterizedTest
  @MethodSource("words")
  void a_wrong_option_is_a_usage_error_on_one_line(String verb) {
    Run run = run(verb, "--no-such-option");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("ckpt " + verb + ": ")
        .endsWith("; see ckpt " + verb + " --help\n")
        .hasLineCount(1);
  }

  @Test
  void json_is_one_document_on_standard_output_and_nothing_else() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Path checkpoint = run.resolve("checkpoint-50");
    Path file = Fixture.safetensors(temporary.resolve("a.safetensors"));
    for (Object[] line :
        new Object[][] {
          {"ls", run},
          {"show", run},
          {"show", checkpoint},
          {"show", file},
          {"tensors", file},
          {"tensors", "--stats", "--filter", "none", file},
          {"verify", run, file},
          {"diff", checkpoint, file},
          {"convert", file, temporary.resolve("b.pt")},
          {"average", run, "--output", temporary.resolve("c.pt")},
          {"pin", checkpoint},
          {"unpin", checkpoint},
          {"prune", "--dry-run", "--keep-latest", "1", run},
          {"prune", "--keep-latest", "1", run},
          {"doctor", run},
        }) {
      Run said = run(String.valueOf(line[0]), withJson(line));

      assertThat(said.status()).as(said.toString()).isZero();
      assertThat(said.json()).isNotNull();
      assertThat(said.out()).hasLineCount(1);
    }
  }

  @Test
  void a_verb_that_fails_prints_no_document_but_where_the_document_is_the_answer()
      throws Exception {
    Path missing = temporary.resolve("missing");
    for (Object[] line :
        new Object[][] {
          {"ls", missing},
          {"show", missing},
          {"tensors", missing},
          {"diff", missing, missing},
          {"convert", missing, temporary.resolve("b.pt")},
          {"average", missing, missing, "--output", temporary.resolve("c.pt")},
          {"pin", missing.resolve("checkpoint-1")},
          {"unpin", missing.resolve("checkpoint-1")},
          {"prune", "--keep-latest", "1", missing},
          {"doctor", missing},
          {"predict", missing, "a text"},
          {"train", "classify", "--model", missing, "--output", temporary.resolve("run")},
        }) {
      Run said = run(String.valueOf(line[0]), withJson(line));

      assertThat(said.status()).as(said.toString()).isIn(1, 2, 3);
      assertThat(said.out()).isEmpty();
      assertThat(said.err()).hasLineCount(1);
    }
    Run verify = ckpt("verify", "--json", missing);
    assertThat(verify.status()).isEqualTo(3);
    assertThat(verify.out()).startsWith("{\"ok\":false");
  }

  /** The words after the verb, and --json as the last. */
  private static Object[] withJson(Object[] line) {
    List<Object> words = new ArrayList<>(List.of(line).subList(1, line.length));
    words.add("--json");
    return words.toArray();
  }
}
