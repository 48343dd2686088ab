package io.github.checkpoint4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code ckpt}: says what it can do, and hands over to its verbs. */
@Command(
    name = "ckpt",
    description = "Checkpoints for deep learning: train, resume, list, inspect, verify.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {"", "Exit status: 0 fine, 1 the file or check failed, 2 usage, 3 input or output."})
final class Ckpt implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  /** Without a verb there is nothing to do: that is a usage error, with the list of the verbs. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing verb");
  }

  public static void main(String[] arguments) {
    PrintWriter out = utf8(FileDescriptor.out);
    PrintWriter err = utf8(FileDescriptor.err);
    int status = commandLine(out, err, System.getenv("CKPT_DEBUG") != null).execute(arguments);
    out.flush();
    err.flush();
    if (out.checkError() && status == ExitStatus.FINE) {
      status = ExitStatus.IO;
    }
    System.exit(status);
  }

  /**
   * The whole command line.
   *
   * @param debug whether errors come with their stack trace
   */
  static CommandLine commandLine(PrintWriter out, PrintWriter err, boolean debug) {
    CommandLine ckpt = new CommandLine(new Ckpt());
    ckpt.setOut(out)
        .setErr(err)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((e, _) -> usage(e))
        .setExecutionExceptionHandler((e, command, _) -> failure(e, command, debug));
    return ckpt;
  }

  private static int usage(ParameterException e) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String message = Printable.of(String.valueOf(e.getMessage()));
    PrintWriter err = command.getErr();
    err.println(name + ": " + message + "; see " + name + " --help");
    err.flush();
    return ExitStatus.USAGE;
  }

  private static int failure(Exception e, CommandLine command, boolean debug) {
    Failure failure = Failure.of(e);
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + failure.message());
    if (debug) {
      e.printStackTrace(err);
    }
    err.flush();
    return failure.status();
  }

  private static PrintWriter utf8(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8));
  }
}
