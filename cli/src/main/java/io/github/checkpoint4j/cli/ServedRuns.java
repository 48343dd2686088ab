package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Diagnosis;
import io.github.checkpoint4j.store.Standing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The runs and models of the served directory as the page sees them. */
final class ServedRuns {
  private static final int MOST_LISTED = 500;

  private final ServedDirectory directory;
  private final Remembered<Json.Obj> summaries;
  private final Remembered<Json.Obj> documents;

  ServedRuns(ServedDirectory directory, InstantSource clock) {
    this.directory = directory;
    this.summaries = new Remembered<>(clock, MOST_LISTED);
    this.documents = new Remembered<>(clock, 32);
  }

  /** All of them, in a few words each. */
  Json list() throws IOException {
    Discovery found = Discovery.of(directory.root());
    List<Json> runs = new ArrayList<>();
    for (Path run : found.runs().stream().limit(MOST_LISTED).toList()) {
      runs.add(listed(run));
    }
    List<Json> models = new ArrayList<>();
    for (Path model : found.models().stream().limit(MOST_LISTED).toList()) {
      models.add(model(model));
    }
    boolean whole =
        found.whole() && found.runs().size() <= MOST_LISTED && found.models().size() <= MOST_LISTED;
    return Json.object()
        .put("directory", directory.root().toString())
        .put("runs", Json.array(runs))
        .put("models", Json.array(models))
        .put("whole", whole)
        .build();
  }

  private Json listed(Path run) {
    try {
      return summaries.get(
          directory.resolve(directory.name(run)), path -> summary(path, Checkpoints.of(path)));
    } catch (IOException | RuntimeException e) {
      return named(run).put("error", Failure.of(e).message()).build();
    }
  }

  private Json.Builder named(Path path) {
    return Json.object().put("path", directory.name(path)).put("title", directory.title(path));
  }

  private Json model(Path model) {
    try {
      return named(model).put("size", size(model)).build();
    } catch (IOException | RuntimeException e) {
      return named(model).put("error", Failure.of(e).message()).build();
    }
  }

  /** The bytes of a file, or of the files in a directory. */
  static long size(Path path) throws IOException {
    try (Stream<Path> found = Files.walk(path)) {
      return found.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private Json.Obj summary(Path run, Checkpoints checkpoints) throws IOException {
    List<CheckpointInfo> all = checkpoints.all();
    return named(run)
        .put("checkpoints", all.size())
        .put("size", all.stream().mapToLong(CheckpointInfo::size).sum())
        .put("latest", checkpoint(checkpoints, checkpoints.latest()))
        .put("best", checkpoint(checkpoints, checkpoints.best()))
        .put("objective", objective(checkpoints))
        .put("pinned", all.stream().filter(CheckpointInfo::pinned).count())
        .put("unverified", count(all, Standing.UNVERIFIED))
        .put("damaged", count(all, Standing.DAMAGED))
        .put("writer", writer(run))
        .build();
  }

  private static long count(List<CheckpointInfo> all, Standing standing) {
    return all.stream().filter(info -> info.standing() == standing).count();
  }

  private static Json checkpoint(Checkpoints checkpoints, Optional<CheckpointInfo> info) {
    return info.<Json>map(checkpoints::json).orElse(Json.Null.NULL);
  }

  private static Json objective(Checkpoints checkpoints) {
    return checkpoints
        .objective()
        .<Json>map(
            objective ->
                Json.object()
                    .put("metric", objective.metric())
                    .put("greater_is_better", objective.greaterIsBetter())
                    .build())
        .orElse(Json.Null.NULL);
  }

  /** The process that is at work in a run, as far as can be told. */
  private static Json writer(Path run) throws IOException {
    Diagnosis diagnosis = Diagnosis.of(run);
    return diagnosis
        .holder()
        .<Json>map(
            holder ->
                Json.object()
                    .put("process", holder.process())
                    .put("liveness", holder.liveness().name().toLowerCase(Locale.ROOT))
                    .put("writing", diagnosis.writing())
                    .build())
        .orElse(Json.Null.NULL);
  }

  /** All of a run: its summary, its checkpoints, its curves. */
  Json run(String name) throws IOException {
    return documents.get(directory.resolve(name), this::document);
  }

  private Json.Obj document(Path run) throws IOException {
    Checkpoints checkpoints = Checkpoints.of(run);
    Map<String, Json> document = new LinkedHashMap<>(summary(run, checkpoints).members());
    document.put("directory", Json.of(run.toString()));
    document.put(
        "checkpoints",
        Json.array(checkpoints.all().stream().map(info -> checkpoint(checkpoints, info)).toList()));
    document.put("curves", Curves.of(checkpoints).json());
    return Json.object(document);
  }

  private Json checkpoint(Checkpoints checkpoints, CheckpointInfo info) {
    Map<String, Json> json = new LinkedHashMap<>(checkpoints.json(info).members());
    json.put("path", Json.of(directory.name(info.directory())));
    json.put("notes", Plain.texts(checkpoints.notes(info)));
    return Json.object(json);
  }
}
