package io.github.checkpoint4j.examples;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.transformers.Gpt2Config;
import io.github.checkpoint4j.transformers.Gpt2LMHeadModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;

/** Saves a model in shards, as Hugging Face does, and reads one tensor without the others. */
public final class ShardedLargeModel {
  private ShardedLargeModel() {}

  /** Arguments: RUN LAYERS SIZE. A shard has at most SIZE, 500MB for instance. */
  public static void main(String... arguments) throws IOException {
    torch.manual_seed(42);
    int layers = Integer.parseInt(arguments[1]);
    var model = new Gpt2LMHeadModel(Gpt2Config.of(1000, 128, 256, layers, 4));
    CheckpointInfo saved;
    try (Checkpointer checkpointer =
        Checkpointer.in(Path.of(arguments[0]))
            .track("model", ModuleState.of(model))
            .maxShardSize(Sharding.bytes(arguments[2]))
            .open()) {
      model.files().forEach(checkpointer::file); // config.json, so that Python opens it too
      saved = checkpointer.save(1, 0, Map.of());
    }
    try (Checkpoint checkpoint = Checkpoint.open(saved.directory())) {
      checkpoint.files().stream().sorted().forEach(System.out::println);
      checkpoint.verify().requireClean();
      String name = "transformer.h." + (layers - 1) + ".mlp.c_fc.weight";
      Tensor weight = checkpoint.state("model").tensor(name); // a window on its shard
      System.out.println(name + " " + weight.dtype() + " " + Arrays.toString(weight.shape()));
    }
    var again = Gpt2LMHeadModel.fromDirectory(saved.directory());
    System.out.println(again.report().lines(4).getFirst());
  }
}
