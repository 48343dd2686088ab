package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.cli.serve.Answer;
import io.github.checkpoint4j.cli.serve.Request;
import io.github.checkpoint4j.cli.serve.RequestRefusedException;
import io.github.checkpoint4j.cli.serve.Route;
import io.github.checkpoint4j.cli.serve.Task;
import io.github.checkpoint4j.cli.serve.Tasks;
import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Glob;
import io.github.checkpoint4j.store.CheckpointLockedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;
import picocli.CommandLine.ParameterException;

/**
 * What {@code ckpt serve} answers: the verbs that look into a directory, and a few that change it.
 */
final class ServedRoutes implements AutoCloseable {
  /** How many answers that read whole tensors or files are made at once. */
  private static final int READING_AT_ONCE = 2;

  private final ServedDirectory directory;
  private final ServedRuns runs;
  private final ServedChanges changes;
  private final Tasks tasks = new Tasks(ServedRoutes::told);
  private final Semaphore reading = new Semaphore(READING_AT_ONCE);

  ServedRoutes(ServedDirectory directory, InstantSource clock) {
    this.directory = directory;
    this.runs = new ServedRuns(directory, clock);
    this.changes = new ServedChanges(directory, clock);
  }

  List<Route> all() {
    return List.of(
        Route.get("/api/runs", _ -> Answer.of(runs.list())),
        Route.get("/api/run", request -> Answer.of(runs.run(request.text("path")))),
        Route.get("/api/contents", inTurn(this::contents)),
        Route.get("/api/tensor", inTurn(this::tensor)),
        Route.get("/api/heatmap", inTurn(this::heatMap)),
        Route.get("/api/task", request -> Answer.of(tasks.get(request.text("id")).json())),
        Route.post("/api/cancel", this::cancel),
        Route.post("/api/verify", this::verify),
        Route.post("/api/diff", this::diff),
        Route.post("/api/pin", request -> Answer.of(changes.pin(request.text("path"), true))),
        Route.post("/api/unpin", request -> Answer.of(changes.pin(request.text("path"), false))),
        Route.post("/api/prune", request -> Answer.of(changes.prune(request))));
  }

  private Route.Handler inTurn(Route.Handler handler) {
    return request -> {
      reading.acquireUninterruptibly();
      try {
        return handler.answer(request);
      } finally {
        reading.release();
      }
    };
  }

  private Answer contents(Request request) throws IOException {
    return Answer.of(
        ServedContents.of(
            directory.resolve(request.text("path")), new Glob(request.find("filter").orElse("*"))));
  }

  private Answer tensor(Request request) throws IOException {
    return Answer.of(
        ServedContents.tensor(directory.resolve(request.text("path")), request.text("name")));
  }

  private Answer heatMap(Request request) throws IOException {
    HeatMap map =
        ServedContents.heatMap(directory.resolve(request.text("path")), request.text("name"));
    return new Answer("application/octet-stream", map.toBytes());
  }

  private Answer cancel(Request request) throws IOException {
    Task task = tasks.get(request.text("id"));
    task.cancel();
    return Answer.of(task.json());
  }

  private Answer verify(Request request) throws IOException {
    Path path = directory.resolve(request.text("path"));
    Task task =
        tasks.start(
            running -> {
              running.total(Files.isDirectory(path) ? ServedRuns.size(path) : 0);
              return Verify.document(path, running::advance);
            });
    return Answer.of(task.json());
  }

  private Answer diff(Request request) throws IOException {
    Path before = directory.resolve(request.text("a"));
    Path after = directory.resolve(request.text("b"));
    return Answer.of(tasks.start(running -> difference(before, after, running)).json());
  }

  private static Json difference(Path before, Path after, Task running) throws IOException {
    try (Opened<List<Section>> a = Section.at(before);
        Opened<List<Section>> b = Section.at(after)) {
      running.total(a.content().stream().mapToLong(Section::bytes).sum());
      return Differences.of(a.content(), b.content(), new Glob("*"), running::advance).json();
    }
  }

  /** An error of a verb with the message of the command line. */
  static RequestRefusedException told(Throwable thrown) {
    return switch (thrown) {
      case RequestRefusedException e -> e;
      case UncheckedIOException e when e.getCause() != null -> told(e.getCause());
      case ParameterException e ->
          new RequestRefusedException(400, Printable.of(String.valueOf(e.getMessage())));
      default -> {
        Failure failure = Failure.of(thrown);
        yield new RequestRefusedException(status(thrown, failure), failure.message());
      }
    };
  }

  private static int status(Throwable thrown, Failure failure) {
    return switch (thrown) {
      case CheckpointLockedException _ -> 409;
      case RefusedException _ -> 409;
      case CorruptFileException _ -> 422;
      case UnsupportedFeatureException _ -> 422;
      case NoSuchFileException _ -> 404;
      case NotDirectoryException _ -> 404;
      default -> failure.status() == ExitStatus.USAGE ? 400 : 500;
    };
  }

  /** Cancels what reads; waits for a change that is under way, and lets none begin. */
  @Override
  public void close() {
    tasks.close();
    changes.close();
  }
}
