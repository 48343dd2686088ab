package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Real shells complete command lines with the scripts. */
class CompletionTest {
  private static final String HOSTILE = "$(touch acted)";

  @TempDir Path temporary;
  private Path script;

  @BeforeEach
  void files() throws Exception {
    Files.writeString(temporary.resolve("weights file.pt"), "");
    Files.createDirectories(temporary.resolve("directory"));
    Files.writeString(Files.createDirectories(temporary.resolve("hostile")).resolve(HOSTILE), "");
    script = temporary.resolve(".script");
  }

  @ParameterizedTest
  @EnumSource(Completion.Shell.class)
  void a_script_has_every_verb_and_every_option(Completion.Shell shell) {
    Run run = ckpt("completion", shell);

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    int options = 0;
    for (CommandSpec verb : Verbs.of(specification())) {
      assertThat(run.out()).contains(verb.name());
      for (OptionSpec option : verb.options()) {
        options++;
        assertThat(run.out()).contains(option.longestName().replaceFirst("^--?", ""));
      }
    }
    assertThat(options).isGreaterThan(100);
  }

  @Test
  void another_shell_is_a_usage_error_that_lists_those_there_are() {
    assertThat(ckpt("completion", "csh"))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt completion: Invalid value for positional parameter at index 0 (SHELL):"
                    + " expected one of [bash, zsh, fish] (case-insensitive) but was 'csh'; see ckpt"
                    + " completion --help\n"));
  }

  @Test
  void bash_completes() throws Exception {
    assumeTrue(Terminal.isAvailable() && Terminal.find("bash").isPresent(), "bash and script");
    try (Terminal terminal = shell(Completion.Shell.bash, "bash --norc --noprofile -i")) {
      terminal.type("PS1='READY''> '\n");
      terminal.type(". ./.script\n");
      completes(terminal);
    }
  }

  @Test
  void zsh_completes() throws Exception {
    assumeTrue(Terminal.isAvailable() && Terminal.find("zsh").isPresent(), "zsh and script");
    try (Terminal terminal = shell(Completion.Shell.zsh, "zsh -f -i")) {
      terminal.type("PS1='READY''> '; autoload -U compinit; compinit -D -u\n");
      terminal.type(". ./.script\n");
      completes(terminal);
    }
  }

  @Test
  void zsh_takes_the_script_as_a_file_in_its_fpath() throws Exception {
    assumeTrue(Terminal.isAvailable() && Terminal.find("zsh").isPresent(), "zsh and script");
    try (Terminal terminal = shell(Completion.Shell.zsh, "zsh -f -i")) {
      Files.copy(script, Files.createDirectories(temporary.resolve("site")).resolve("_ckpt"));
      terminal.type("PS1='READY''> '; fpath=($PWD/site $fpath); autoload -U compinit\n");
      terminal.type("compinit -D -u\n");
      completes(terminal);
    }
  }

  /** A program of this name says with which arguments it was run, after keys were pressed. */
  private void completes(Terminal terminal) throws Exception {
    terminal.type("ckpt() { printf 'RAN'; printf '<%s>' \"$@\"; printf 'END\\n'; }\n");
    terminal.await("READY> ");
    pressed(terminal, "sho\tweig\t", "<show><weights file.pt>");
    pressed(terminal, "train cl\t--lr-sch\tcos\t", "<train><classify><--lr-scheduler><cosine>");
    pressed(terminal, "train classify --no-as\t", "<train><classify><--no-async-save>");
    pressed(terminal, "train classify --resume nev\t", "<train><classify><--resume><never>");
    pressed(terminal, "train classify --model dire\t", "<train><classify><--model><directory>");
    pressed(terminal, "train classify --seed weig\t", "<train><classify><--seed><weig>");
    pressed(terminal, "convert weig\tdire\t", "<convert><weights file.pt><directory>");
    pressed(terminal, "convert --config weig\t", "<convert><--config><weights file.pt>");
    pressed(terminal, "verify --json weig\tdire\t", "<verify><--json><weights file.pt><directory>");
    pressed(terminal, "completion fi\t", "<completion><fish>");
    pressed(terminal, "help tens\t", "<help><tensors>");
    pressed(terminal, "show hostile/\t", "<show><hostile/" + HOSTILE + ">");
    assertThat(temporary.resolve("acted")).doesNotExist();
    terminal.type("exit\n");
    terminal.end();
  }

  private static void pressed(Terminal terminal, String keys, String arguments) throws Exception {
    terminal.type("ckpt " + keys + "\n");
    // zsh takes the slash after a directory away when the line is ended.
    assertThat(terminal.await("RAN(<.*>)END").group(1).replace("/>", ">"))
        .as(keys)
        .isEqualTo(arguments);
  }

  @Test
  void fish_completes() throws Exception {
    assumeTrue(Terminal.find("fish").isPresent(), "fish");
    Files.writeString(script, ckpt("completion", "fish").out());

    assertThat(fish("ckpt sho")).containsExactly("show");
    assertThat(fish("ckpt train ")).containsExactly("classify", "lm", "mlm", "seq2seq");
    assertThat(fish("ckpt train classify --lr-scheduler "))
        .containsExactlyInAnyOrder(
            "linear", "cosine", "constant", "cosine_with_restarts", "polynomial", "inverse_sqrt");
    assertThat(fish("ckpt train classify --no-as")).containsExactly("--no-async-save");
    assertThat(fish("ckpt train classify --resume nev")).containsExactly("never");
    assertThat(fish("ckpt train classify --seed weig")).isEmpty();
    assertThat(fish("ckpt show weig")).containsExactly("weights file.pt");
    assertThat(fish("ckpt convert one.pt dire")).containsExactly("directory/");
    assertThat(fish("ckpt convert --config weig")).containsExactly("weights file.pt");
    assertThat(fish("ckpt completion fi")).containsExactly("fish");
    assertThat(fish("ckpt help tens")).containsExactly("tensors");
    assertThat(fish("ckpt show hostile/")).containsExactly("hostile/" + HOSTILE);
    assertThat(temporary.resolve("acted")).doesNotExist();
  }

  private List<String> fish(String line) throws Exception {
    Process fish =
        new ProcessBuilder(
                "fish", "--no-config", "-c", "source .script; complete -C '%s'".formatted(line))
            .directory(temporary.toFile())
            .redirectErrorStream(true)
            .start();
    List<String> offered = fish.inputReader().lines().map(each -> each.split("\t", -1)[0]).toList();
    assertThat(fish.waitFor()).as(offered.toString()).isZero();
    return offered;
  }

  private Terminal shell(Completion.Shell shell, String command) throws Exception {
    Files.writeString(script, ckpt("completion", shell).out());
    return Terminal.start(temporary, Map.of("HOME", temporary.toString()), command);
  }

  private static CommandSpec specification() {
    return Ckpt.commandLine(InputStream.nullInputStream(), System.out, System.err, false)
        .getCommandSpec();
  }
}
