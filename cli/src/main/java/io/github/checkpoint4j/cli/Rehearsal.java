package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.CheckpointContent;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Objective;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs the short verbs once on small files, while the JVM records which classes they need for its
 * start-up cache. The launcher does this at the end of a build.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException {
    rehearse();
  }

  static void rehearse() throws IOException {
    Path run = Files.createTempDirectory("ckpt-rehearsal");
    try {
      Path checkpoint = commit(run);
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      for (List<String> words : lines(run, checkpoint)) {
        Ckpt.commandLine(InputStream.nullInputStream(), nowhere, nowhere, false)
            .execute(words.toArray(String[]::new));
      }
    } finally {
      delete(run);
    }
  }

  /** Every verb that the launcher starts without the trainer, and its most frequent errors. */
  static List<List<String>> lines(Path run, Path checkpoint) {
    String model = checkpoint.resolve("model.safetensors").toString();
    String copy = run.resolve("copy.pt").toString();
    return List.of(
        List.of("--help"),
        List.of("help", "show"),
        List.of("completion", "bash"),
        List.of("ls", run.toString()),
        List.of("ls", "--json", run.toString()),
        List.of("show", run.toString()),
        List.of("show", checkpoint.toString()),
        List.of("show", "--json", checkpoint.toString()),
        List.of("show", model),
        List.of("show", checkpoint.resolve("optimizer.pt").toString()),
        List.of("show", checkpoint.resolve("config.json").toString()),
        List.of("tensors", "--stats", "--checksum", checkpoint.toString()),
        List.of("tensors", "--json", model),
        List.of("verify", run.toString()),
        List.of("verify", "--json", model),
        List.of("convert", "--rename", "layer=block", model, copy),
        List.of("convert", "--dtype", "F16", model, run.resolve("half.safetensors").toString()),
        List.of("average", model, checkpoint.toString(), "--output", copy, "--overwrite"),
        List.of("diff", model, copy),
        List.of("diff", "--json", checkpoint.toString(), checkpoint.toString()),
        List.of("prune", "--dry-run", "--keep-latest", "1", run.toString()),
        List.of("pin", "--dry-run", "--best", run.toString()),
        List.of("unpin", "--dry-run", "--best", run.toString()),
        List.of("doctor", run.toString()),
        List.of("show", run.resolve("missing").toString()));
  }

  private static Path commit(Path run) throws IOException {
    StateDict model =
        StateDict.builder()
            .put("layer.0.weight", Tensor.ofFloats(new float[4], 2, 2))
            .put("layer.1.weight", Tensor.ofFloats(new float[4], 2, 2))
            .build();
    StateDict optimizer = StateDict.builder().put("state", model).put("lr", 5e-5).build();
    try (CheckpointStore store = CheckpointStore.open(run)) {
      return store
          .commit(
              new CheckpointContent(
                  1,
                  0.5,
                  Map.of("eval_accuracy", 0.5),
                  Map.of(
                      "model.safetensors", SafeTensors.write(model, Map.of("format", "pt")),
                      "optimizer.pt", PyTorch.write(optimizer, "optimizer"),
                      "config.json", FileContent.of("{\"model_type\": \"bert\", \"n\": [1.5]}")),
                  Json.object().build(),
                  Json.object().build(),
                  Instant.now(),
                  Optional.of(new Objective("eval_accuracy", true)),
                  false))
          .directory();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
