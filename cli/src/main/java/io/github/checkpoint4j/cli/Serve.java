package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.GracefulStop;
import io.github.checkpoint4j.cli.serve.LoopbackServer;
import io.github.checkpoint4j.cli.serve.Token;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt serve DIR}: the runs in a directory as a page for the browser on this machine. */
@Command(
    name = "serve",
    description = {
      "Serves a page on the runs and models in a directory, to the browser on this machine: curves,"
          + " checkpoints, tensors, differences; it verifies, pins and prunes.",
      "Prints the address, which lets in whoever has it. Ctrl-C ends it."
    },
    mixinStandardHelpOptions = true)
final class Serve implements Callable<Integer> {
  /** What a change that is under way may take when the process is told to end. */
  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private final InstantSource clock;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "A directory of runs, a run, or models.")
  Path directory = Path.of("");

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The port at 127.0.0.1; 0, as without it, is any that is free.")
  int port;

  @Option(
      names = "--json",
      description = "Print the address and the directory as one JSON document.")
  boolean json;

  Serve(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "--port is %d; give one of 0 to 65535, 0 for any that is free".formatted(port));
    }
    ServedDirectory served = ServedDirectory.at(directory);
    CountDownLatch ended = new CountDownLatch(1);
    try (GracefulStop _ = GracefulStop.within(LONGEST_END, ended::countDown);
        ServedRoutes routes = new ServedRoutes(served, clock);
        LoopbackServer server = start(routes)) {
      PrintWriter out = spec.commandLine().getOut();
      String address = server.entrance().toString();
      out.println(
          json
              ? Json.object()
                  .put("address", address)
                  .put("directory", directory.toString())
                  .build()
                  .toText()
              : address);
      out.flush();
      PrintWriter err = spec.commandLine().getErr();
      err.println("serving " + Printable.of(directory.toString()) + "; Ctrl-C ends it");
      err.flush();
      ended.await();
    }
    return ExitStatus.FINE;
  }

  private LoopbackServer start(ServedRoutes routes) throws IOException {
    try {
      return LoopbackServer.start(port, Token.random(), routes.all(), ServedRoutes::told);
    } catch (BindException e) {
      throw new IOException(
          "port %d of 127.0.0.1 is taken, or not allowed; give another --port, or none"
              .formatted(port),
          e);
    }
  }
}
