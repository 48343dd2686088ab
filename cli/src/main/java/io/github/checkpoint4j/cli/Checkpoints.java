package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Standing;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The checkpoints of a run, oldest first, and which of them are the latest and the best. */
record Checkpoints(List<CheckpointInfo> all) {

  Checkpoints {
    all = List.copyOf(all);
  }

  /**
   * Those of a run, without taking its lock.
   *
   * @throws IOException if there is no such directory, or it cannot be read
   * @throws RefusedException if it is one checkpoint, or a file
   */
  static Checkpoints of(Path run) throws IOException {
    Inspected.requireNoFile(run);
    Checkpoints checkpoints;
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      checkpoints = new Checkpoints(store.list());
    }
    if (checkpoints.all().isEmpty() && Inspected.isCheckpoint(run)) {
      throw new RefusedException(
          run + " is one checkpoint, not a run; look into it with: ckpt show " + run);
    }
    return checkpoints;
  }

  /**
   * The one of this name.
   *
   * @throws NoSuchFileException if there is none; the message names {@code path} and those there
   *     are
   */
  CheckpointInfo named(String name, Path path) throws NoSuchFileException {
    return all.stream()
        .filter(info -> info.name().equals(name))
        .findFirst()
        .orElseThrow(() -> missing(path));
  }

  private NoSuchFileException missing(Path path) {
    String names = String.join(", ", all.stream().map(CheckpointInfo::name).toList());
    return new NoSuchFileException(
        path.toString(),
        null,
        "there is no such checkpoint; "
            + (names.isEmpty() ? "nor any other there" : "there are " + names));
  }

  /** The newest that is not damaged. */
  Optional<CheckpointInfo> latest() {
    return all.reversed().stream().filter(CheckpointInfo::usable).findFirst();
  }

  /** The best that is not damaged, by the metric that the newest one with such a metric names. */
  Optional<CheckpointInfo> best() {
    return Checkpointer.bestOf(all);
  }

  Optional<Objective> objective() {
    return all.reversed().stream().flatMap(info -> info.objective().stream()).findFirst();
  }

  /** What is to be said of a checkpoint beside its figures, in the order of importance. */
  List<String> notes(CheckpointInfo info) {
    List<String> notes = new ArrayList<>();
    if (best().filter(info::equals).isPresent()) {
      notes.add("best");
    }
    if (latest().filter(info::equals).isPresent()) {
      notes.add("latest");
    }
    if (info.pinned()) {
      notes.add("pinned");
    }
    if (info.standing() != Standing.COMMITTED) {
      notes.add(info.standing().name().toLowerCase(Locale.ROOT));
    }
    return notes;
  }

  /** All of them, as an array. */
  Json json() {
    return Json.array(all.stream().map(this::json).toList());
  }

  Json.Obj json(CheckpointInfo info) {
    Map<String, Json> metrics = new LinkedHashMap<>();
    info.metrics().forEach((name, value) -> metrics.put(name, Plain.number(value)));
    Json.Builder json =
        Json.object()
            .put("name", info.name())
            .put("directory", info.directory().toString())
            .put("step", info.step())
            .put(
                "epoch",
                info.epoch().isPresent()
                    ? Plain.number(info.epoch().getAsDouble())
                    : Json.Null.NULL)
            .put("metrics", Json.object(metrics))
            .put("size", info.size())
            .put("time", info.time().toString())
            .put("best", best().filter(info::equals).isPresent())
            .put("latest", latest().filter(info::equals).isPresent())
            .put("pinned", info.pinned())
            .put("standing", info.standing().name().toLowerCase(Locale.ROOT));
    info.damage().ifPresent(damage -> json.put("damage", damage));
    return json.build();
  }
}
