package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.CheckpointContent;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Objective;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Files and runs for the tests to look into. */
final class Fixture {
  static final StateDict MODEL =
      StateDict.builder()
          .put("encoder.layer.0.weight", Tensor.ofFloats(new float[] {1, 2, 3, 4}, 2, 2))
          .put("encoder.layer.1.weight", Tensor.ofFloats(new float[] {5, 6, 7, 8}, 2, 2))
          .put("head.bias", Tensor.ofFloats(new float[] {0.5f, Float.NaN}, 2))
          .build();

  static final StateDict OPTIMIZER =
      StateDict.builder()
          .put(
              "state",
              StateDict.builder()
                  .put("exp_avg", Tensor.ofFloats(new float[] {9}, 1))
                  .put("step", 7)
                  .build())
          .put("betas", Value.tuple(Value.of(0.9), Value.of(0.999)))
          .put("lr", 5e-5)
          .build();

  private Fixture() {}

  static Path safetensors(Path file) throws IOException {
    return write(file, SafeTensors.write(MODEL, Map.of("format", "pt")));
  }

  static Path pytorch(Path file) throws IOException {
    return write(file, PyTorch.write(OPTIMIZER, "optimizer"));
  }

  static Path write(Path file, FileContent content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (FileContent.Part part : content.parts()) {
      bytes.writeBytes(part.bytes().toArray(ValueLayout.JAVA_BYTE));
    }
    return Files.write(file, bytes.toByteArray());
  }

  /** Commits a checkpoint with a model and an optimizer; its best is by accuracy. */
  static CheckpointInfo commit(Path run, long step, double accuracy, Instant time)
      throws IOException {
    return commit(
        run,
        step,
        Map.of("eval_accuracy", accuracy),
        Json.object().build(),
        time,
        Optional.of(new Objective("eval_accuracy", true)));
  }

  /** Commits one of a run that tracks no metric. */
  static CheckpointInfo commit(Path run, long step, Map<String, Double> metrics)
      throws IOException {
    return commit(run, step, metrics, Json.object().build(), Instant.now(), Optional.empty());
  }

  /** Commits one on a machine of this fingerprint. */
  static CheckpointInfo commitOn(Path run, long step, Json.Obj fingerprint) throws IOException {
    return commit(run, step, Map.of(), fingerprint, Instant.now(), Optional.empty());
  }

  private static CheckpointInfo commit(
      Path run,
      long step,
      Map<String, Double> metrics,
      Json.Obj fingerprint,
      Instant time,
      Optional<Objective> objective)
      throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      return store.commit(
          new CheckpointContent(
              step,
              step / 100.0,
              metrics,
              Map.of(
                  "model.safetensors", SafeTensors.write(MODEL, Map.of("format", "pt")),
                  "optimizer.pt", PyTorch.write(OPTIMIZER, "optimizer")),
              fingerprint,
              Json.object().build(),
              time,
              objective,
              false));
    }
  }

  /**
   * Commits a checkpoint as a trainer does, with a history of losses: every ten steps {@code loss},
   * which is 1 over the step, and at this one {@code eval_loss}, by which the best is chosen.
   */
  static CheckpointInfo train(Path run, long step, StateDict model) throws IOException {
    List<Json> history = new ArrayList<>();
    for (long at = 10; at <= step; at += 10) {
      history.add(Json.object().put("loss", 1.0 / at).put("step", at).build());
      history.add(Json.object().put("eval_loss", 2.0 / at).put("step", at).build());
    }
    Json state =
        Json.object().put("global_step", step).put("log_history", Json.array(history)).build();
    try (CheckpointStore store = CheckpointStore.open(run)) {
      return store.commit(
          new CheckpointContent(
              step,
              step / 100.0,
              Map.of("eval_loss", 2.0 / step),
              Map.of(
                  "model.safetensors", SafeTensors.write(model, Map.of("format", "pt")),
                  "trainer_state.json", FileContent.of(state.toIndentedText())),
              Json.object().build(),
              Json.object().build(),
              Instant.now(),
              Optional.of(new Objective("eval_loss", false)),
              false));
    }
  }

  /** A run of three checkpoints, of which the second is the best. */
  static Path run(Path run) throws IOException {
    Instant start = Instant.now().minusSeconds(7200);
    commit(run, 50, 0.5, start);
    commit(run, 100, 0.75, start.plusSeconds(60));
    commit(run, 150, 0.7, start.plusSeconds(120));
    return run;
  }

  /** Changes one byte. */
  static void flip(Path file, long position) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[Math.toIntExact(position < 0 ? bytes.length + position : position)] ^= 1;
    Files.write(file, bytes);
  }
}
