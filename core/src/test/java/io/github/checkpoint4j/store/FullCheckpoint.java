package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Checkpoints with every kind of file there is in one, small. Those of any two steps have files of
 * the same names and sizes, and other bytes in each.
 */
final class FullCheckpoint {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  private FullCheckpoint() {}

  /** The content of step 10, 11, ... 99. */
  static CheckpointContent content(long step, boolean sharded) {
    return new CheckpointContent(
        step,
        step / 10.0,
        Map.of("eval_loss", step / 100.0),
        files(step, sharded),
        Json.object().put("threads", 1).build(),
        Json.object().put("learning_rate", 5e-5).build(),
        Contents.TIME.plusSeconds(step),
        true);
  }

  /** Commits two of them, of steps 10 and 20, both pinned. */
  static void commitTwo(CheckpointStore store, boolean sharded) throws IOException {
    for (long step : List.of(10L, 20L)) {
      store.pin(store.commit(content(step, sharded)));
    }
  }

  static Map<String, FileContent> files(long step, boolean sharded) {
    Random random = new Random(step);
    Map<String, FileContent> files = new LinkedHashMap<>();
    if (sharded) {
      files.put(FIRST, shard(random, "a.weight", "b.weight", "b.bias"));
      files.put(SECOND, shard(random, "c.weight", "d.weight", "d.bias"));
      files.put(TrainerLayout.INDEX_FILE, index(step));
    } else {
      files.put(TrainerLayout.MODEL_FILE, shard(random, "a.weight", "b.weight", "b.bias"));
    }
    put(files, "optimizer", optimizer(step, random));
    put(files, "scheduler", StateDict.builder().put("last_epoch", step).put("rate", 0.5).build());
    put(files, "rng", StateDict.builder().put("cpu", floats(random, 9)).build());
    put(files, "data", StateDict.builder().put("epoch", step).build());
    put(files, "loop", StateDict.builder().put("batch", step).build());
    files.put("trainer_state.json", trainerState(step));
    files.put("config.json", FileContent.of("{\n  \"hidden_size\": %d\n}\n".formatted(step)));
    files.put(
        "tokenizer.json", FileContent.of("{\"vocab\": {\"[PAD]\": 0, \"a\": %d}}".formatted(step)));
    files.put("vocab.txt", FileContent.of("[PAD]\n[UNK]\nw%d\n".formatted(step)));
    return files;
  }

  private static FileContent index(long step) {
    return FileContent.of(
        """
      {
        "metadata": {"total_size": %d},
        "weight_map": {
          "a.weight": "model-00001-of-00002.safetensors",
          "b.weight": "model-00001-of-00002.safetensors",
          "b.bias": "model-00001-of-00002.safetensors",
          "c.weight": "model-00002-of-00002.safetensors",
          "d.weight": "model-00002-of-00002.safetensors",
          "d.bias": "model-00002-of-00002.safetensors"
        }
      }
      """
            .formatted(step));
  }

  private static FileContent trainerState(long step) {
    return FileContent.of(
        """
      {
        "epoch": 1.5,
        "global_step": %d,
        "log_history": [{"eval_loss": 0.25, "step": %d}]
      }
      """
            .formatted(step, step));
  }

  private static void put(Map<String, FileContent> files, String component, StateDict state) {
    files.put(TrainerLayout.file(component), TrainerLayout.content(component, state));
  }

  private static FileContent shard(Random random, String... names) {
    StateDict.Builder tensors = StateDict.builder();
    for (int i = 0; i < names.length; i++) {
      tensors.put(names[i], floats(random, 7 + 4 * i));
    }
    return SafeTensors.write(tensors.build(), Map.of("format", "pt"));
  }

  private static StateDict optimizer(long step, Random random) {
    StateDict moments =
        StateDict.builder()
            .put("step", Tensor.scalar((float) step))
            .put("exp_avg", floats(random, 7))
            .put("exp_avg_sq", floats(random, 7))
            .build();
    return StateDict.builder()
        .put("state", StateDict.builder().put("0", moments).build())
        .put("param_groups", Value.list(StateDict.builder().put("lr", 5e-5).build()))
        .build();
  }

  private static Tensor floats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    return Tensor.ofFloats(values, count);
  }

  /** The bytes of the files that are there, by name. */
  static Map<String, byte[]> bytes(Storage storage, Path directory) throws IOException {
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    for (Storage.Entry entry : storage.list(directory)) {
      try (MappedFile file = storage.map(directory.resolve(entry.name()))) {
        bytes.put(entry.name(), file.bytes().toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return bytes;
  }
}
