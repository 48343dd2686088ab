package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The runs of golden/transformers/training, which the Trainer of transformers made, made again. */
final class TrainingGoldenTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers");

  private static final Path RUNS = GOLDEN.resolve("training").resolve("runs.json");

  @TempDir Path folder;

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  /**
   * How far apart losses are at most, relative to those above 1. In bfloat16 numbers have 8 bits: a
   * last bit of float32 that differs can round them apart, after which the weights differ a little.
   * Another kind of CPU multiplies them by another kernel.
   */
  private enum Tolerance {
    SAME_MACHINE(2e-3),
    ANY_MACHINE(5e-2);

    private final double bf16;

    Tolerance(double bf16) {
      this.bf16 = bf16;
    }

    double of(Json.Obj arguments) {
      return arguments.find("bf16").isPresent() ? bf16 : 1e-5;
    }
  }

  static Stream<String> runs() throws IOException {
    return json(RUNS).members().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void a_run_has_the_losses_of_python(String name) throws IOException {
    same(name, json(RUNS).object(name), Tolerance.ANY_MACHINE);
  }

  @Test
  @Tag("interop")
  void runs_that_python_makes_now_are_the_same() throws IOException, InterruptedException {
    Path file = folder.resolve("runs.json");
    new Python(folder)
        .run(List.of("-B", GOLDEN.resolve("training/make.py").toString(), file.toString()));
    Json.Obj runs = json(file);

    assertThat(runs.members().keySet()).isEqualTo(json(RUNS).members().keySet());
    for (String name : runs.members().keySet()) {
      Trainer<Integer> trainer = same(name, runs.object(name), Tolerance.SAME_MACHINE);

      // Nothing was rounded apart yet.
      assertThat(trainer.state().logHistory().getFirst().real("loss"))
          .as(name)
          .isCloseTo(
              ((Json.Obj) runs.object(name).array("log").items().getFirst()).real("loss"),
              within(1e-5));
    }
  }

  private Trainer<Integer> same(String name, Json.Obj run, Tolerance tolerance) throws IOException {
    Trainer<Integer> trainer =
        LanguageModelRun.trainer(
            model(run.text("kind")),
            LanguageModelRun.arguments(folder.resolve(name)).set(run.object("arguments")).build());
    trainer.train();

    List<Json.Obj> logged = trainer.state().logHistory();
    List<Json.Obj> expected = run.array("log").items().stream().map(Json.Obj.class::cast).toList();
    assertThat(logged).hasSize(expected.size() + 1);
    double most = tolerance.of(run.object("arguments"));
    for (int i = 0; i < expected.size(); i++) {
      for (String number : expected.get(i).members().keySet()) {
        double python = expected.get(i).real(number);
        assertThat(logged.get(i).real(number))
            .as("%s, %s of entry %d", name, number, i)
            .isCloseTo(python, within(most * Math.max(1, Math.abs(python))));
      }
    }
    return trainer;
  }

  private static TrainableModel model(String kind) throws IOException {
    return kind.equals("classifier")
        ? PretrainedBert.fromDirectory(GOLDEN.resolve("tiny"))
        : LanguageModelRun.load(kind, GOLDEN.resolve("language").resolve(kind));
  }

  private static Json.Obj json(Path file) throws IOException {
    return (Json.Obj)
        Json.parsePython(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString());
  }
}
