package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt show PATH}: what is inside, as a tree. */
@Command(
    name = "show",
    description = "Shows what is inside a file, a checkpoint or a run, as a tree.",
    mixinStandardHelpOptions = true)
final class Show implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "PATH",
      description = "A file, whose format is told by its content, a checkpoint or a run.")
  Path path = Path.of("");

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    switch (Inspected.at(path)) {
      case FILE -> {
        try (OpenedFile file = OpenedFile.at(path)) {
          show(file.size(), file.contents());
        }
      }
      case CHECKPOINT -> {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
          show(checkpoint);
        }
      }
      case RUN -> {
        try (CheckpointStore store = CheckpointStore.readOnly(path)) {
          show(new Checkpoints(store.list()));
        }
      }
    }
    return ExitStatus.FINE;
  }

  private void show(long size, FileContents contents) {
    if (json) {
      print(contents.json(path.toString(), size));
      return;
    }
    List<Tree.Leaf> leaves = new ArrayList<>();
    contents
        .facts()
        .forEach((name, value) -> leaves.add(new Tree.Leaf(List.of("(" + name + ")"), value)));
    contents.state().forEach(entry -> leaves.add(leaf(entry)));
    print(Tree.of(path.toString(), contents.summary(size), leaves, contents.separator()));
  }

  private void show(Checkpoint checkpoint) throws IOException {
    List<StateEntry> model = checkpoint.contains("model") ? Tensors.model(checkpoint) : List.of();
    Map<String, String> files = new LinkedHashMap<>();
    for (String name : checkpoint.files()) {
      files.put(name, summary(checkpoint.file(name)));
    }
    CheckpointInfo info = checkpoint.info();
    if (json) {
      List<Json> rows = new ArrayList<>();
      for (String name : files.keySet()) {
        long size = checkpoint.file(name).size();
        rows.add(Json.object().put("name", name).put("size", size).build());
      }
      Map<String, Json> document =
          new LinkedHashMap<>(new Checkpoints(List.of(info)).json(info).members());
      document.keySet().removeAll(List.of("best", "latest"));
      document.put("files", Json.array(rows));
      document.put("tensors", FileContents.tensorRows(model));
      print(Json.object(document));
      return;
    }
    List<Tree.Leaf> leaves = new ArrayList<>();
    info.metrics()
        .forEach(
            (name, value) ->
                leaves.add(new Tree.Leaf(List.of("metrics", name), Quantities.metric(value))));
    files.forEach((name, summary) -> leaves.add(new Tree.Leaf(List.of("files", name), summary)));
    for (StateEntry entry : model) {
      List<String> path = new ArrayList<>(List.of("model"));
      path.addAll(entry.path());
      leaves.add(new Tree.Leaf(path, Plain.text(entry.value())));
    }
    print(Tree.of(path.toString(), summary(info), leaves));
  }

  private void show(Checkpoints checkpoints) {
    if (json) {
      print(
          Json.object().put("run", path.toString()).put("checkpoints", checkpoints.json()).build());
      return;
    }
    List<Tree.Leaf> leaves = new ArrayList<>();
    for (CheckpointInfo info : checkpoints.all()) {
      List<String> notes = checkpoints.notes(info);
      String detail =
          summary(info) + (notes.isEmpty() ? "" : " (" + String.join(", ", notes) + ")");
      leaves.add(new Tree.Leaf(List.of(info.name()), detail));
    }
    print(
        Tree.of(
            path.toString(), "a run of " + Quantities.count(leaves.size(), "checkpoint"), leaves));
  }

  private static String summary(CheckpointInfo info) {
    StringBuilder summary = new StringBuilder("step ").append(info.step());
    info.epoch().ifPresent(epoch -> summary.append(", epoch ").append(Quantities.epoch(epoch)));
    return summary.append(", ").append(Quantities.size(info.size())).toString();
  }

  /** A file of a checkpoint in one line, also one that cannot be read. */
  private static String summary(MappedFile file) {
    try {
      return FileContents.of(file).summary(file.size());
    } catch (IOException e) {
      return Quantities.size(file.size());
    }
  }

  private static Tree.Leaf leaf(StateEntry entry) {
    List<String> path = entry.path().isEmpty() ? List.of("(without a name)") : entry.path();
    return new Tree.Leaf(path, Plain.text(entry.value()));
  }

  private void print(Json document) {
    spec.commandLine().getOut().println(document.toText());
  }

  private void print(Tree tree) {
    tree.print(spec.commandLine().getOut());
  }
}
