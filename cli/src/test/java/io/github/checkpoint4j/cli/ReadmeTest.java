package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The READMEs say what is so. */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("checkpoint4j.root"));

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "README.zh-CN.md"})
  void the_java_code_is_code_that_compiles(String readme) throws Exception {
    String source =
        Files.readString(
            ROOT.resolve("cli/src/test/java/io/github/checkpoint4j/cli/ReadmeSnippet.java"));
    List<String> snippets = new ArrayList<>();
    for (MatchResult match :
        Pattern.compile("(?s)// snippet\n(.*?) *// end\n").matcher(source).results().toList()) {
      snippets.add(match.group(1).stripTrailing().stripIndent());
    }

    assertThat(snippets).hasSize(3);
    assertThat(Files.readString(ROOT.resolve(readme))).contains(snippets);
  }

  @Test
  void the_java_code_runs() throws Exception {
    Stateful model = counting(Tensor.scalar(1));
    int[] steps = {0};

    ReadmeSnippet.train(
        temporary,
        model,
        counting(Tensor.scalar(2)),
        500,
        () -> Map.of("eval_loss", 1.0 / ++steps[0]));
    ReadmeSnippet.train(
        temporary,
        model,
        counting(Tensor.scalar(2)),
        500,
        () -> Map.of("eval_loss", 1.0 / ++steps[0]));

    assertThat(steps[0]).isEqualTo(500);
    assertThat(ReadmeSnippet.read(temporary)).containsExactly(1);
  }

  @Test
  void the_callbacks_are_what_they_are_said_to_be() {
    assertThat(ReadmeSnippet.callbacks(temporary)).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "README.zh-CN.md"})
  void the_table_of_verbs_has_those_there_are(String readme) throws Exception {
    TreeSet<String> told = new TreeSet<>();
    for (MatchResult match :
        Pattern.compile("(?m)^\\| `([a-z]+)[^`]*` \\|")
            .matcher(Files.readString(ROOT.resolve(readme)))
            .results()
            .toList()) {
      told.add(match.group(1));
    }

    assertThat(told)
        .isEqualTo(
            new TreeSet<>(
                Ckpt.commandLine(InputStream.nullInputStream(), System.out, System.err, false)
                    .getSubcommands()
                    .keySet()));
  }

  @Test
  void both_languages_have_the_same_code_and_the_same_links() throws Exception {
    String english = Files.readString(ROOT.resolve("README.md"));
    String chinese = Files.readString(ROOT.resolve("README.zh-CN.md"));

    assertThat(found("(?s)```[a-z]*\n.*?```", chinese))
        .isEqualTo(found("(?s)```[a-z]*\n.*?```", english));
    String link = "\\]\\((?!README)[^)]*\\)";
    assertThat(found(link, chinese)).isEqualTo(found(link, english)).isNotEmpty();
  }

  @Test
  void files_that_are_linked_are_there() throws IOException {
    for (String document : List.of("README.md", "README.zh-CN.md", "CONTRIBUTING.md")) {
      for (MatchResult match :
          Pattern.compile("\\]\\(([^)#:]*)\\)")
              .matcher(Files.readString(ROOT.resolve(document)))
              .results()
              .toList()) {
        assertThat(ROOT.resolve(match.group(1))).exists();
      }
    }
  }

  private static List<String> found(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(MatchResult::group).toList();
  }

  private static Stateful counting(Tensor weight) {
    return new Stateful() {
      @Override
      public StateDict stateDict() {
        return StateDict.builder().put("weight", weight).build();
      }

      @Override
      public void loadStateDict(StateDict state) {
        state.tensor("weight");
      }
    };
  }
}
