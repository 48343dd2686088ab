package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.cli.serve.Request;
import io.github.checkpoint4j.cli.serve.RequestRefusedException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine;

/**
 * What the page changes in a run: it pins, unpins and prunes. One change at a time, and a change
 * that has begun is not interrupted.
 */
final class ServedChanges implements AutoCloseable {
  private static final Pattern OPTION = Pattern.compile("--keep-[a-z-]+");

  private final ServedDirectory directory;
  private final InstantSource clock;
  private boolean closed;

  ServedChanges(ServedDirectory directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /**
   * Pins a checkpoint or leaves it to retention again.
   *
   * @throws io.github.checkpoint4j.store.CheckpointLockedException if the run is being written
   */
  synchronized Json pin(String name, boolean pinned) throws IOException {
    requireOpen();
    Path checkpoint = directory.resolve(name);
    String own = String.valueOf(checkpoint.getFileName());
    if (checkpoint.equals(directory.root()) || !Inspected.isCheckpointName(own)) {
      throw new RefusedException(
          checkpoint + " is not a checkpoint of a run in the served directory");
    }
    Path run = Objects.requireNonNull(checkpoint.getParent());
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo info = new Checkpoints(store.list()).named(own, checkpoint);
      CheckpointInfo changed = pinned ? store.pin(info) : store.unpin(info);
      return new Checkpoints(List.of(changed)).json(changed);
    }
  }

  /**
   * Prunes a run, or says what that would delete: {@code path}; {@code options}, those of {@code
   * ckpt prune} with their values; {@code include_unverified}. Without {@code confirm} nothing is
   * deleted; it has the names that were listed before.
   *
   * @throws RequestRefusedException with 409 if something else would be deleted now
   */
  synchronized Json prune(Request request) throws IOException {
    requireOpen();
    Path run = directory.resolve(request.text("path"));
    KeepOptions keep = options(request);
    boolean unverified =
        request.parameters().find("include_unverified").equals(Optional.of(Json.of(true)));
    if (request.parameters().find("confirm").isEmpty()) {
      return decide(run, true, Checkpoints.of(run), keep, unverified).json();
    }
    List<Json> confirmed = request.parameters().array("confirm").items();
    // A lone checkpoint is refused before a lock is made in it.
    Checkpoints.of(run);
    try (CheckpointStore store = CheckpointStore.open(run)) {
      Pruning pruning = decide(run, false, new Checkpoints(store.list()), keep, unverified);
      if (!confirmed.equals(pruning.surplus().stream().map(Json::of).toList())) {
        throw new RequestRefusedException(
            409,
            "the run has changed since this was listed, so nothing was deleted; list it again");
      }
      pruning.carryOut(store);
      return pruning.json();
    }
  }

  private void requireOpen() throws RequestRefusedException {
    if (closed) {
      throw new RequestRefusedException(
          503, "ckpt serve is ending, so nothing is changed any more");
    }
  }

  /** Waits for the change that is under way; later ones are refused. */
  @Override
  public synchronized void close() {
    closed = true;
  }

  private Pruning decide(
      Path run, boolean dryRun, Checkpoints checkpoints, KeepOptions keep, boolean unverified) {
    RetentionPolicy policy =
        keep.policy(checkpoints)
            .orElseThrow(() -> new IllegalArgumentException(KeepOptions.NONE_GIVEN));
    return Pruning.of(run, dryRun, checkpoints, policy, unverified, clock.instant());
  }

  /** Parses them as the command line does, so that they mean the same, and so do its errors. */
  private static KeepOptions options(Request request) throws RequestRefusedException {
    List<String> words = new ArrayList<>();
    for (Map.Entry<String, Json> option :
        request.parameters().object("options").members().entrySet()) {
      if (!OPTION.matcher(option.getKey()).matches() || !(option.getValue() instanceof Json.Str)) {
        throw new RequestRefusedException(
            400,
            "'"
                + Printable.of(option.getKey())
                + "' is not an option of ckpt prune with its value");
      }
      words.add(option.getKey() + "=" + ((Json.Str) option.getValue()).value());
    }
    KeepOptions keep = new KeepOptions();
    new CommandLine(keep).setExpandAtFiles(false).parseArgs(words.toArray(String[]::new));
    return keep;
  }
}
