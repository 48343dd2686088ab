package io.github.checkpoint4j.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** The command {@code ckpt}: says what it can do, and hands over to its verbs. */
@Command(
    name = "ckpt",
    description = "Checkpoints for deep learning: train, resume, list, inspect, verify, prune.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Exit status: 0 fine, 1 the file or check failed, 2 usage, 3 input or output, 130 after"
          + " SIGINT, 143 after SIGTERM."
    })
final class Ckpt implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  /** Without a verb there is nothing to do: that is a usage error, with the list of the verbs. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing verb");
  }

  public static void main(String[] arguments) {
    StandardOutput output = new StandardOutput();
    PrintStream out = utf8(output);
    PrintStream err = utf8(new FileOutputStream(FileDescriptor.err));
    boolean debug = System.getenv("CKPT_DEBUG") != null;
    int status = commandLine(System.in, out, err, debug).execute(arguments);
    out.flush();
    if (output.failure().isPresent()) {
      err.println("ckpt: cannot write to standard output: " + output.failure().get());
      status = ExitStatus.IO;
    }
    err.flush();
    System.exit(status);
  }

  /**
   * The whole command line.
   *
   * @param debug whether errors come with their stack trace
   */
  static CommandLine commandLine(InputStream in, PrintStream out, PrintStream err, boolean debug) {
    CommandLine ckpt = new CommandLine(new Ckpt());
    CommandLine train = new CommandLine(new Train());
    for (TrainVerb verb :
        List.of(
            new TrainClassify(err), new TrainLm(err), new TrainSeq2Seq(err), new TrainMlm(err))) {
      train.addSubcommand(verb.commandLine());
    }
    ckpt.addSubcommand(train)
        .addSubcommand(new Predict(in, err))
        .addSubcommand(new Generate(in, err))
        .addSubcommand(new Ls(Clock.systemUTC()))
        .addSubcommand(new Show())
        .addSubcommand(new Tensors())
        .addSubcommand(new Verify())
        .addSubcommand(new Diff())
        .addSubcommand(new Convert())
        .addSubcommand(new Average())
        .addSubcommand(new Prune(Clock.systemUTC()))
        .addSubcommand(new Pin())
        .addSubcommand(new Unpin())
        .addSubcommand(new Doctor())
        .addSubcommand(new Serve(Clock.systemUTC()))
        .addSubcommand(new Completion())
        .addSubcommand(new Help());
    Verbs.of(ckpt.getCommandSpec()).forEach(verb -> verb.versionProvider(new Version()));
    ckpt.setOut(writer(out))
        .setErr(writer(err))
        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((e, _) -> usage(e))
        .setExecutionExceptionHandler((e, command, _) -> failure(e, command, debug))
        .setExecutionStrategy(words -> execute(words, debug));
    return ckpt;
  }

  /** Runs the verb; what picocli lets through, errors of the JVM, are told as any other. */
  private static int execute(ParseResult words, boolean debug) {
    List<CommandLine> commands = words.asCommandLineList();
    try {
      return new RunLast().execute(words);
    } catch (VirtualMachineError | LinkageError e) {
      return failure(e, commands.getLast(), debug);
    } finally {
      commands.getLast().getOut().flush();
      commands.getLast().getErr().flush();
    }
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

  private static int failure(Throwable e, CommandLine command, boolean debug) {
    if (e instanceof CancellationException) {
      return ExitStatus.INTERRUPTED; // Whoever threw it has said so.
    }
    Failure failure = Failure.of(e);
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + failure.message());
    if (debug) {
      e.printStackTrace(err);
    }
    err.flush();
    return failure.status();
  }

  private static PrintStream utf8(OutputStream stream) {
    return new PrintStream(new BufferedOutputStream(stream), false, StandardCharsets.UTF_8);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, false, StandardCharsets.UTF_8);
  }
}
