package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.cli.serve.LoopbackServer;
import io.github.checkpoint4j.cli.serve.Token;
import io.github.checkpoint4j.cli.serve.Web;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;

/** A directory that is served, as {@code ckpt serve} does it, in this process. */
final class Served implements AutoCloseable {
  private final ServedRoutes routes;
  private final LoopbackServer server;

  private Served(ServedRoutes routes, LoopbackServer server) {
    this.routes = routes;
    this.server = server;
  }

  static Served at(Path directory) throws IOException {
    ServedRoutes routes = new ServedRoutes(ServedDirectory.at(directory), InstantSource.system());
    return new Served(
        routes, LoopbackServer.start(0, Token.random(), routes.all(), ServedRoutes::told));
  }

  /** The address that lets a browser in. */
  URI entrance() {
    return server.entrance();
  }

  Web web() {
    return new Web(server.entrance());
  }

  /** What a task comes to. */
  static Json.Obj awaited(Web web, Web.Response begun) throws IOException, InterruptedException {
    Json.Obj task = begun.json();
    while (task.text("state").equals("running")) {
      Thread.sleep(5);
      task = web.get("/api/task", "id", task.text("id")).json();
    }
    return task;
  }

  @Override
  public void close() {
    server.close();
    routes.close();
  }
}
