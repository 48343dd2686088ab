package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Language models and runs of them, to and fro between here and transformers. */
@Tag("interop")
final class LanguageModelInteropTest {
  @TempDir Path directory;
  private Python python;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    python = new Python(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-mlm", "t5"})
  void python_opens_what_java_saved_and_computes_the_same(String kind) throws Exception {
    torch.manual_seed(21);
    TrainableModel model = LanguageModelRun.fresh(kind, 0.1);
    Path saved = saved(model, "saved");

    agrees(model, python("opened", kind, saved.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-mlm", "t5"})
  void java_opens_what_python_saved_in_shards_and_computes_the_same(String kind) throws Exception {
    Json.Obj made = python("new", kind, directory.toString(), "17");
    Path there = directory.resolve("new");
    assertThat(there.resolve("model.safetensors.index.json")).exists();
    var loaded = LanguageModelRun.load(kind, there);

    assertThat(loaded.report().missing()).isEmpty();
    assertThat(loaded.report().unexpected()).isEmpty();
    agrees(loaded, made);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-mlm", "t5"})
  void one_seed_makes_one_new_model_in_both(String kind) throws Exception {
    Json.Obj made = python("new", kind, directory.toString(), "23");
    TrainableModel there = LanguageModelRun.load(kind, directory.resolve("new")).model();
    torch.manual_seed(23);
    TrainableModel here =
        switch (there) {
          case Gpt2LMHeadModel model -> new Gpt2LMHeadModel(model.config());
          case BertForMaskedLM model -> new BertForMaskedLM(model.config());
          case T5ForConditionalGeneration model -> new T5ForConditionalGeneration(model.config());
          default -> throw new IllegalArgumentException(kind);
        };

    assertThat(torch.rand(1).item_float()).isEqualTo((float) made.real("random"));
    agrees(here, made);
  }

  @Test
  void one_seed_draws_one_new_head_for_masked_tokens_in_both() throws Exception {
    python("new", "bert-mlm", directory.toString(), "29");
    Path base = directory.resolve("base");
    Json.Obj expected = python("head", base.toString(), "31");
    torch.manual_seed(31);
    var loaded = BertForMaskedLM.fromDirectory(base);

    assertThat(torch.rand(1).item_float()).isEqualTo((float) expected.real("random"));
    agrees(loaded, expected);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, 0, 1",
    "gpt2, 0, 2",
    "gpt2, 0.1, 1",
    "gpt2, 0.1, 2",
    "t5, 0, 1",
    "t5, 0.1, 2",
    "bert-mlm, 0.1, 1",
    "bert-mlm, 0.1, 2",
  })
  void a_run_is_that_of_python_and_each_goes_on_where_the_other_was(
      String kind, double dropout, int accumulated) throws Exception {
    torch.manual_seed(5);
    Path start = saved(LanguageModelRun.fresh(kind, dropout), "start");
    Path theirs = directory.resolve("theirs");
    Json.Obj expected = python("run", kind, start.toString(), theirs.toString(), "", accumulated);
    Path ours = directory.resolve("ours");
    same(trained(kind, start, ours, accumulated), expected);

    Json.Obj onInPython =
        python(
            "run",
            kind,
            start.toString(),
            directory.resolve("on").toString(),
            ours.resolve("checkpoint-4").toString(),
            accumulated);
    close(numbers(onInPython, "loss"), numbers(expected, "loss"));
    close(numbers(onInPython, "eval_loss"), numbers(expected, "eval_loss"));
    remove(theirs.resolve("checkpoint-" + LanguageModelRun.STEPS));
    Trainer<Integer> back = trained(kind, start, theirs, accumulated);
    same(back, expected);
    assertThat(logged(back, "loss", "loss"))
        .startsWith(numbers(expected, "loss").subList(0, 4).toArray(Double[]::new));
  }

  private static Trainer<Integer> trained(String kind, Path start, Path output, int accumulated)
      throws IOException {
    Trainer<Integer> trainer =
        LanguageModelRun.trainer(
            LanguageModelRun.load(kind, start),
            LanguageModelRun.arguments(output)
                .gradientAccumulationSteps(accumulated)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(4)
                .build());
    trainer.train();
    return trainer;
  }

  private static void same(Trainer<Integer> trainer, Json.Obj expected) {
    assertThat(logged(trainer, "loss", "loss")).hasSize(LanguageModelRun.STEPS);
    assertThat(logged(trainer, "loss", "learning_rate"))
        .isEqualTo(numbers(expected, "learning_rate"));
    close(logged(trainer, "loss", "loss"), numbers(expected, "loss"));
    close(logged(trainer, "loss", "grad_norm"), numbers(expected, "grad_norm"));
    close(logged(trainer, "eval_loss", "eval_loss"), numbers(expected, "eval_loss"));
  }

  private static List<Double> logged(Trainer<Integer> trainer, String kind, String member) {
    return trainer.state().logHistory().stream()
        .filter(entry -> entry.find(kind).isPresent())
        .map(entry -> entry.real(member))
        .toList();
  }

  private static List<Double> numbers(Json.Obj python, String member) {
    return python.array(member).items().stream().map(item -> ((Json.Num) item).asDouble()).toList();
  }

  private static void close(List<Double> actual, List<Double> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i))
          .as("step %d of %s and %s", i + 1, actual, expected)
          .isCloseTo(expected.get(i), within(1e-5 * Math.max(1, expected.get(i))));
    }
  }

  private Path saved(TrainableModel model, String name) throws IOException {
    Path saved = directory.resolve(name);
    List<String> none = List.of();
    new Pretrained<>(
            model,
            Optional.empty(),
            new LoadReport(none, none, none, List.of(), List.of(), none, none))
        .save(saved);
    return saved;
  }

  private static void agrees(TrainableModel model, Json.Obj expected) {
    Map<String, Tensor> parameters = ModuleState.of(model.module()).parameters();
    Json.Obj digests = expected.object("sha256");
    assertThat(parameters.keySet()).containsExactlyElementsOf(digests.members().keySet());
    parameters.forEach(
        (name, parameter) ->
            assertThat(Digest.sha256(NativeTensors.view(parameter)))
                .as(name)
                .isEqualTo(digests.text(name)));
    model.module().eval();
    try (Batch batch = LanguageModelRun.collate(List.of(0, 5, 10))) {
      ModelOutput output = model.forward(batch);
      float[] logits = NativeTensors.view(output.logits()).toFloats();
      List<Double> others = numbers(expected, "logits");
      assertThat(logits).hasSize(others.size());
      for (int i = 0; i < logits.length; i++) {
        assertThat((double) logits[i]).isCloseTo(others.get(i), within(1e-5));
      }
      assertThat((double) output.requireLoss().item_float())
          .isCloseTo(expected.real("loss"), within(1e-5));
    }
  }

  private Json.Obj python(Object... arguments) throws IOException, InterruptedException {
    return python.script(
        "language.py", Stream.of(arguments).map(Object::toString).toArray(String[]::new));
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
