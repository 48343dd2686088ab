package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A checkpoint as a test knows it: all it holds follows from its step and version. From step {@link
 * #FROZEN} on, one of its files is the same in all, and shared.
 *
 * @param version tells apart those of one step
 */
record Saved(long step, int version, boolean pinned) {
  static final long FROZEN = 100;

  private static final FileContent FROZEN_FILE =
      SafeTensors.write(
          StateDict.of(Map.of("frozen", Tensor.ofLongs(new long[Remains.BLOCK / 4], 32, 32))),
          Map.of());

  private static final Map<String, Map<String, FileChecksums>> CHECKSUMS =
      new ConcurrentHashMap<>();

  CheckpointContent content(boolean overwrite) {
    return new CheckpointContent(
        step,
        step / 10.0,
        Map.of("version", (double) version),
        files(),
        Json.object(Map.of()),
        Json.object(Map.of()),
        Instant.EPOCH.plusSeconds(step),
        Optional.empty(),
        overwrite,
        true);
  }

  private Map<String, FileContent> files() {
    byte[] weights = new byte[2 * Remains.BLOCK + 100 * (int) (step % 10)];
    Arrays.fill(weights, (byte) (step * 31 + version * 7L + 1));
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put("weights.data", FileContent.of(weights));
    if (step >= FROZEN) {
      files.put("frozen.safetensors", FROZEN_FILE);
    }
    files.put("notes.txt", FileContent.of("step " + step + ", version " + version));
    return files;
  }

  private Map<String, FileChecksums> checksums() {
    return CHECKSUMS.computeIfAbsent(
        step + " " + version,
        _ -> {
          Map<String, FileChecksums> checksums = new LinkedHashMap<>();
          files().forEach((name, content) -> checksums.put(name, FileChecksums.of(content)));
          return checksums;
        });
  }

  /**
   * The checkpoints of a store as it lists them.
   *
   * @throws AssertionError if one is not committed
   */
  static List<Saved> listed(CheckpointStore store) throws IOException {
    return store.list().stream().map(Saved::of).toList();
  }

  private static Saved of(CheckpointInfo info) {
    if (info.standing() != Standing.COMMITTED) {
      throw new AssertionError(info.name() + " is " + info.standing() + " " + info.damage());
    }
    return new Saved(
        info.step(), info.metrics().getOrDefault("version", -1.0).intValue(), info.pinned());
  }

  /**
   * The checkpoints of a store, each read as a whole.
   *
   * @throws AssertionError if one is not committed, not clean, or not what was saved
   */
  static List<Saved> in(CheckpointStore store) throws IOException {
    List<Saved> list = listed(store);
    for (CheckpointInfo info : store.list()) {
      try (Checkpoint checkpoint = store.open(info)) {
        Verification verification = checkpoint.verify();
        if (!verification.isClean()) {
          throw new AssertionError(info.name() + " is damaged: " + verification.problems());
        }
        if (!checkpoint.manifest().orElseThrow().files().equals(of(info).checksums())) {
          throw new AssertionError(info.name() + " is not what was saved as " + of(info));
        }
      }
    }
    return list;
  }

  @Override
  public String toString() {
    return step + (version > 0 ? " v" + version : "") + (pinned ? " pinned" : "");
  }
}
