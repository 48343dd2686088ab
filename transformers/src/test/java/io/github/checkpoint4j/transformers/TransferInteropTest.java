package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Freezing;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs of 10 steps with dropout, here and in the Trainer of transformers, and to and fro. */
@Tag("interop")
final class TransferInteropTest {
  private static final List<String> TEXTS =
      IntStream.range(0, 22)
          .mapToObj(
              i -> (i % 2 == 0 ? "the film is dull " : "good and funny ") + "the ".repeat(i % 7))
          .toList();

  /** What is asked of either. */
  enum Kind {
    FROZEN {
      @Override
      void set(Trainer.Builder<LabeledText> trainer) {
        trainer.freeze(
            Freezing.of(NamePattern.glob("bert.embeddings.*"), NamePattern.glob("*.layer.0.*")));
      }
    },
    RATES {
      @Override
      void set(Trainer.Builder<LabeledText> trainer) {
        trainer.learningRates(
            LearningRates.uniform().layerDecay(0.9).rate(NamePattern.glob("classifier.*"), 5e-3));
      }
    };

    abstract void set(Trainer.Builder<LabeledText> trainer);
  }

  @TempDir Path directory;
  private Python python;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    python = new Python(directory);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void a_run_is_that_of_python_and_each_goes_on_where_the_other_was(Kind kind) throws Exception {
    Path ours = directory.resolve("ours");
    Path theirs = directory.resolve("theirs");
    Logged expected = logged(inPython(kind, theirs, ""));
    Logged here = logged(train(kind, ours));
    same(here, expected);
    sameOptimizer(ours.resolve("checkpoint-10"), theirs.resolve("checkpoint-10"));

    Path onInPython = directory.resolve("on-in-python");
    Logged there = logged(inPython(kind, onInPython, ours.resolve("checkpoint-5").toString()));
    same(there, expected);
    assertThat(there.losses()).startsWith(here.losses().subList(0, 5).toArray(Double[]::new));
    remove(theirs.resolve("checkpoint-10"));
    Logged back = logged(train(kind, theirs));
    same(back, expected);
    assertThat(back.losses()).startsWith(expected.losses().subList(0, 5).toArray(Double[]::new));
  }

  private Json.Obj inPython(Kind kind, Path output, String resume) throws Exception {
    Path file = directory.resolve("texts.json");
    Files.writeString(file, Json.array(TEXTS.stream().map(Json::of).toList()).toText());
    return python.interop(
        "transfer",
        kind.name().toLowerCase(Locale.ROOT),
        Golden.path("tiny").toString(),
        output.toString(),
        resume,
        file.toString());
  }

  private static Trainer<LabeledText> train(Kind kind, Path output) throws IOException {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny"));
    Trainer.Builder<LabeledText> builder =
        Trainer.<LabeledText>builder()
            .model(model)
            .arguments(
                TrainingArguments.builder()
                    .outputDir(output)
                    .maxSteps(10)
                    .perDeviceTrainBatchSize(4)
                    .learningRate(1e-3)
                    .warmupSteps(2)
                    .weightDecay(0.1)
                    .loggingSteps(1)
                    .saveSteps(5)
                    .build())
            .trainDataset(
                IntStream.range(0, TEXTS.size())
                    .mapToObj(i -> new LabeledText(TEXTS.get(i), i % 2))
                    .toList())
            .collator(new ClassificationCollator(model.tokenizer().orElseThrow(), 32));
    kind.set(builder);
    Trainer<LabeledText> trainer = builder.build();
    trainer.train();
    return trainer;
  }

  /** What was logged, step by step: loss, gradient norm, learning rate. */
  private record Logged(List<Double> losses, List<Double> norms, List<Double> rates) {}

  private static Logged logged(Trainer<LabeledText> trainer) {
    List<Json.Obj> steps =
        trainer.state().logHistory().stream()
            .filter(entry -> entry.find("loss").isPresent())
            .toList();
    return new Logged(
        steps.stream().map(entry -> entry.real("loss")).toList(),
        steps.stream().map(entry -> entry.real("grad_norm")).toList(),
        steps.stream().map(entry -> entry.real("learning_rate")).toList());
  }

  private static Logged logged(Json.Obj python) {
    return new Logged(
        numbers(python.array("loss")),
        numbers(python.array("grad_norm")),
        numbers(python.array("learning_rate")));
  }

  private static List<Double> numbers(Json.Arr array) {
    return array.items().stream().map(item -> ((Json.Num) item).asDouble()).toList();
  }

  private static void same(Logged actual, Logged expected) {
    assertThat(actual.losses()).hasSize(10);
    assertThat(actual.rates()).isEqualTo(expected.rates());
    close(actual.losses(), expected.losses(), 1e-5);
    close(actual.norms(), expected.norms(), 1e-4);
  }

  private static void close(List<Double> actual, List<Double> expected, double most) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i))
          .as("step %d of %s and %s", i + 1, actual, expected)
          .isCloseTo(expected.get(i), within(most * Math.max(1, expected.get(i))));
    }
  }

  /**
   * The same groups of the same parameters with the same options, and the same state but for
   * rounding.
   */
  private static void sameOptimizer(Path ours, Path theirs) throws IOException {
    try (Checkpoint java = Checkpoint.open(ours);
        Checkpoint python = Checkpoint.open(theirs)) {
      List<Value> groups = items(java.state("optimizer").get("param_groups"));
      List<Value> expected = items(python.state("optimizer").get("param_groups"));
      assertThat(groups).hasSameSizeAs(expected);
      for (int i = 0; i < groups.size(); i++) {
        StateDict group = (StateDict) groups.get(i);
        StateDict other = (StateDict) expected.get(i);
        assertThat(group.get("params")).isEqualTo(other.get("params"));
        for (String option : List.of("weight_decay", "betas", "eps", "fused")) {
          assertThat(group.get(option)).as(option).isEqualTo(other.get(option));
        }
        assertThat(group.real("initial_lr")).isEqualTo(other.real("initial_lr"));
        assertThat(group.real("lr")).isEqualTo(other.real("lr"));
      }
      var state = (Value.Dict) java.state("optimizer").get("state");
      var otherState = (Value.Dict) python.state("optimizer").get("state");
      assertThat(state.entries().keySet()).isEqualTo(otherState.entries().keySet());
      state
          .entries()
          .forEach(
              (index, entry) -> {
                Tensor average = ((StateDict) entry).tensor("exp_avg");
                Tensor other = ((StateDict) otherState.find(index).orElseThrow()).tensor("exp_avg");
                assertThat(average.toFloats()).containsExactly(other.toFloats(), within(1e-4f));
              });
    }
  }

  private static List<Value> items(Value value) {
    return ((Value.Items) value).values();
  }

  private static void remove(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(checkpoint);
  }
}
