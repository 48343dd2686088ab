package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;

/** A run of make.py: its model at the start, its data and its arguments. */
final class GoldenRun {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "trainer");

  private final Path folder;
  private final String name;
  private final Json.Obj setting;
  private final Classifier model;

  /** The run as it is in the project. */
  GoldenRun(String name) throws IOException {
    this(GOLDEN, name);
  }

  /** The run as make.py made it in {@code folder}. */
  GoldenRun(Path folder, String name) throws IOException {
    torch.set_num_threads(1);
    this.folder = folder;
    this.name = name;
    this.setting = json(folder.resolve("expected.json")).object(name);
    this.model = new Classifier(setting.real("dropout"), false);
    ModuleState.of(model.module()).loadStateDict(weights(folder.resolve("model.safetensors")));
  }

  Classifier model() {
    return model;
  }

  List<Json.Obj> logHistory() throws IOException {
    return objects((Json.Arr) parse(folder.resolve(name).resolve("log_history.json")));
  }

  Trainer<Classifier.Example> trainer(TrainingArguments arguments) throws IOException {
    return builder(arguments).build();
  }

  Trainer.Builder<Classifier.Example> builder(TrainingArguments arguments) throws IOException {
    Trainer.Builder<Classifier.Example> builder =
        Trainer.<Classifier.Example>builder()
            .model(model)
            .arguments(arguments)
            .collator(Classifier::collate)
            .length(example -> 1 + (int) (example.x().getFirst() * 32 + 48) / 10)
            .trainDataset(examples("train.json"))
            .evalDataset(examples("eval.json").subList(0, (int) setting.integer("eval_examples")));
    if (setting.bool("metrics")) {
      builder.computeMetrics(ComputeMetrics.accuracy());
    }
    if (setting.find("early_stopping").isPresent()) {
      Json.Obj early = setting.object("early_stopping");
      builder.callback(
          new EarlyStoppingCallback(
              (int) early.integer("early_stopping_patience"),
              early.real("early_stopping_threshold")));
    }
    return builder;
  }

  TrainingArgumentsBuilder arguments(Path output) {
    return TrainingArguments.builder()
        .outputDir(output)
        .optim(OptimizerType.ADAMW_TORCH)
        .set(setting.object("arguments"));
  }

  private static double real(Json value) {
    return ((Json.Num) value).asDouble();
  }

  private List<Classifier.Example> examples(String file) throws IOException {
    List<Classifier.Example> examples = new ArrayList<>();
    for (Json.Obj one : objects((Json.Arr) parse(folder.resolve(file)))) {
      List<Float> x = one.array("x").items().stream().map(value -> (float) real(value)).toList();
      examples.add(new Classifier.Example(x, one.integer("labels")));
    }
    return examples;
  }

  Path folder() {
    return folder.resolve(name);
  }

  /** Checks that {@code trainer} logged what this run did, and ended with its weights. */
  void assertSameEnd(Trainer<Classifier.Example> trainer) throws IOException {
    assertSameHistory(trainer.state().logHistory(), logHistory());
    assertSameWeights(ModuleState.of(model.module()).stateDict());
  }

  void assertSameWeights(StateDict weights) throws IOException {
    StateDict last = weights(folder().resolve("last.safetensors"));
    assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(last.names());
    for (String tensor : last.names()) {
      assertClose(tensor, weights.tensor(tensor).toFloats(), last.tensor(tensor).toFloats());
    }
  }

  /** Checks that {@code output} has the checkpoints of this run, with the same states. */
  void assertSameCheckpoints(Path output) throws IOException {
    Set<String> checkpoints = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder())) {
      files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".trainer_state.json"))
          .forEach(file -> checkpoints.add(file.replace(".trainer_state.json", "")));
    }
    try (Stream<Path> files = Files.list(output)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(file -> !file.startsWith(".")))
          .containsExactlyInAnyOrderElementsOf(checkpoints);
    }
    for (String checkpoint : checkpoints) {
      Json.Obj theirs = json(folder().resolve(checkpoint + ".trainer_state.json"));
      Json.Obj ours = json(output.resolve(checkpoint).resolve("trainer_state.json"));
      assertThat(ours.members().keySet()).isEqualTo(theirs.members().keySet());
      for (String field : theirs.members().keySet()) {
        switch (field) {
          case "log_history" ->
              assertSameHistory(objects(ours.array(field)), objects(theirs.array(field)));
          case "stateful_callbacks" ->
              assertThat(ours.object(field).members())
                  .containsAllEntriesOf(theirs.object(field).members());
          case "best_model_checkpoint" ->
              assertThat(lastPart(ours.get(field))).isEqualTo(lastPart(theirs.get(field)));
          case "best_metric" -> assertCloseJson(field, ours.get(field), theirs.get(field));
          default -> assertThat(ours.get(field)).as(field).isEqualTo(theirs.get(field));
        }
      }
    }
  }

  static void assertSameHistory(List<Json.Obj> ours, List<Json.Obj> theirs, String... besides) {
    assertThat(ours).hasSameSizeAs(theirs);
    for (int i = 0; i < theirs.size(); i++) {
      assertThat(withoutRates(ours.get(i)))
          .as("entry %d", i)
          .isEqualTo(withoutRates(theirs.get(i)));
      for (String name : withoutRates(theirs.get(i))) {
        if (List.of(besides).contains(name)) {
          continue;
        }
        if (Set.of("step", "epoch", "learning_rate", "eval_accuracy").contains(name)) {
          assertThat(ours.get(i).get(name)).as(name).isEqualTo(theirs.get(i).get(name));
        } else if (!name.endsWith("_runtime")) {
          assertCloseJson(name + " of entry " + i, ours.get(i).get(name), theirs.get(i).get(name));
        }
      }
    }
  }

  /** A run that takes no time at all has no rates. */
  private static Set<String> withoutRates(Json.Obj entry) {
    Set<String> names = new TreeSet<>(entry.members().keySet());
    names.removeIf(name -> name.endsWith("_per_second"));
    return names;
  }

  static void assertCloseJson(String what, Json ours, Json theirs) {
    if (theirs instanceof Json.Num number) {
      assertThat(((Json.Num) ours).asDouble()).as(what).isCloseTo(number.asDouble(), within(2e-5));
    } else {
      assertThat(ours).as(what).isEqualTo(theirs);
    }
  }

  static void assertClose(String what, float[] ours, float[] theirs) {
    assertThat(ours).as(what).hasSameSizeAs(theirs);
    for (int i = 0; i < ours.length; i++) {
      assertThat(ours[i]).as("%s[%d]", what, i).isCloseTo(theirs[i], within(2e-5f));
    }
  }

  static List<Json.Obj> objects(Json.Arr array) {
    return array.items().stream().map(Json.Obj.class::cast).toList();
  }

  static Json.Obj json(Path file) throws IOException {
    return (Json.Obj) parse(file);
  }

  static Json parse(Path file) throws IOException {
    return Json.parsePython(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString());
  }

  static Json json(String text) throws IOException {
    return Json.parsePython(
        MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), "the test");
  }

  static StateDict weights(Path file) throws IOException {
    return SafeTensors.parse(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString())
        .stateDict();
  }

  private static String lastPart(Json path) {
    return path instanceof Json.Str text ? Path.of(text.value()).getFileName().toString() : "none";
  }
}
