package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.LocalStorage;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory that a model is saved into, which may hold another save. All files are first written
 * beside their places and synced. A reader takes model.safetensors, or else the index; so whatever
 * moment the program or the power ends at, the weights are the old ones, the new ones, or, if
 * shards of the new ones have names of old ones, none: never shards of both.
 *
 * @param path the directory, which is there
 */
record ModelDirectory(Path path) {
  static final String WEIGHTS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  private static final LocalStorage DISK = LocalStorage.instance();

  /** Something done to the directory. */
  interface Step {
    void perform() throws IOException;
  }

  /**
   * Replaces the files of these names, and removes the weights that were there under others.
   *
   * @param files model.safetensors, or shards and their index; and what belongs beside them
   * @throws IOException if a file cannot be written, moved or removed
   */
  void save(Map<String, FileContent> files) throws IOException {
    try {
      for (Step step : steps(files)) {
        step.perform();
      }
    } finally {
      for (String name : files.keySet()) {
        Files.deleteIfExists(beside(name));
      }
    }
  }

  /** The steps of {@link #save}, in order. */
  List<Step> steps(Map<String, FileContent> files) throws IOException {
    String entrance = files.containsKey(INDEX) ? INDEX : WEIGHTS;
    Set<String> present = weights();
    Set<String> stale = new TreeSet<>(present);
    stale.removeAll(files.keySet());
    List<Step> steps = new ArrayList<>();
    files.forEach((name, content) -> steps.add(() -> write(name, content)));
    if (present.stream().anyMatch(name -> isShard(name) && files.containsKey(name))) {
      steps.add(() -> Files.deleteIfExists(path.resolve(INDEX)));
      steps.add(this::sync);
    }
    for (String name : files.keySet()) {
      if (!name.equals(entrance)) {
        steps.add(() -> move(name));
      }
    }
    steps.add(this::sync);
    steps.add(() -> move(entrance));
    steps.add(this::sync);
    for (String other : List.of(WEIGHTS, INDEX)) {
      if (stale.remove(other)) {
        steps.add(() -> Files.deleteIfExists(path.resolve(other)));
        steps.add(this::sync);
      }
    }
    stale.forEach(shard -> steps.add(() -> Files.deleteIfExists(path.resolve(shard))));
    steps.add(this::sync);
    return steps;
  }

  private static boolean isShard(String name) {
    return TrainerLayout.isFileOf(TrainerLayout.MODEL, name)
        && !name.equals(WEIGHTS)
        && !name.equals(INDEX);
  }

  private Set<String> weights() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> TrainerLayout.isFileOf(TrainerLayout.MODEL, name))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private Path beside(String name) {
    return path.resolve("." + name + ".tmp");
  }

  private void write(String name, FileContent content) throws IOException {
    Path beside = beside(name);
    Files.deleteIfExists(beside);
    DISK.write(beside, content);
    DISK.sync(beside);
  }

  private void move(String name) throws IOException {
    Files.move(
        beside(name),
        path.resolve(name),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
  }

  private void sync() throws IOException {
    DISK.syncDirectory(path);
  }
}
