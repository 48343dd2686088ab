package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Small checkpoints for tests. */
final class Contents {
  static final Instant TIME = Instant.parse("2026-03-01T12:00:00Z");
  static final Json.Obj NOTHING = Json.object(Map.of());

  private Contents() {}

  static CheckpointContent of(long step) {
    return of(step, false);
  }

  static CheckpointContent of(long step, boolean overwrite) {
    return of(step, overwrite, (float) step);
  }

  static CheckpointContent of(long step, boolean overwrite, float weight) {
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put("model.safetensors", TrainerLayout.content("model", model(weight)));
    files.put(
        "optimizer.pt",
        TrainerLayout.content(
            "optimizer",
            StateDict.builder().put("step", step).put("exp_avg", Tensor.scalar(weight)).build()));
    files.put("config.json", FileContent.of("{}"));
    return new CheckpointContent(
        step,
        step / 10.0,
        Map.of("eval_loss", 1.0 / (step + 1)),
        files,
        Json.object().put("threads", 1).build(),
        Json.object().put("learning_rate", 5e-5).build(),
        TIME.plusSeconds(step),
        Optional.of(new Objective("eval_loss", false)),
        overwrite);
  }

  static StateDict model(float weight) {
    return StateDict.builder()
        .put("layer.weight", Tensor.ofFloats(new float[] {weight, weight + 1, 3, 4}, 2, 2))
        .put("layer.bias", Tensor.ofFloats(new float[] {weight, -1}, 2))
        .build();
  }

  /** The weight that a checkpoint of {@link #of(long, boolean, float)} was made with. */
  static float weight(CheckpointStore store, CheckpointInfo info) throws IOException {
    try (Checkpoint checkpoint = store.open(info)) {
      return checkpoint.state("model").tensor("layer.bias").toFloats()[0];
    }
  }
}
