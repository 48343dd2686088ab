package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** Writes the manual and the scripts for shells where an installed program has them. */
final class Manual {
  private Manual() {}

  /**
   * Writes them.
   *
   * @param arguments the folder that is to have {@code man/man1} and the like, and the date to be
   *     told, as YYYY-MM-DD
   */
  public static void main(String[] arguments) throws IOException {
    write(Path.of(arguments[0]), arguments[1]);
  }

  static void write(Path share, String date) throws IOException {
    CommandSpec ckpt =
        Ckpt.commandLine(InputStream.nullInputStream(), System.out, System.err, false)
            .getCommandSpec();
    Path pages = Files.createDirectories(share.resolve("man/man1"));
    String version = new Version().getVersion()[0].replaceFirst("^ckpt", "checkpoint4j");
    for (CommandSpec verb : Verbs.of(ckpt)) {
      Files.writeString(pages.resolve(ManPage.fileName(verb)), ManPage.of(verb, version, date));
    }
    script(ckpt, Completion.Shell.bash, share.resolve("bash-completion/completions/ckpt"));
    script(ckpt, Completion.Shell.zsh, share.resolve("zsh/site-functions/_ckpt"));
    script(ckpt, Completion.Shell.fish, share.resolve("fish/vendor_completions.d/ckpt.fish"));
  }

  private static void script(CommandSpec ckpt, Completion.Shell shell, Path file)
      throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, shell.script(ckpt));
  }
}
