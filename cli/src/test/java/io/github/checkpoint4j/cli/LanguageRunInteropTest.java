package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.transformers.BertForMaskedLM;
import io.github.checkpoint4j.transformers.Pretrained;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the language verbs save, {@code transformers} opens and writes the same with; and a run of a
 * GPT-2 that its Trainer began goes on here.
 */
@Tag("interop")
class LanguageRunInteropTest {
  /** What rounding makes of the losses. */
  private static final double ROUNDING = 1e-5;

  @TempDir Path directory;
  private TinyTexts data;
  private Path run;

  @BeforeEach
  void write_the_data() throws IOException {
    data = new TinyTexts(directory);
    run = directory.resolve("run");
  }

  @Test
  void python_goes_on_with_texts_as_generate_does() throws Exception {
    train(data.lm(run, "--max-steps", "60", "--save-steps", "60", "--learning-rate", "0.02"));
    requireSameTexts("lm", "checkpoint-60", "the", "a boat", "the moon is");
  }

  @Test
  void python_splits_texts_into_the_same_bytes() throws Exception {
    train(
        data.lm(
            run,
            "--max-steps",
            "60",
            "--save-steps",
            "60",
            "--learning-rate",
            "0.02",
            "--tokenizer",
            "bytes",
            "--vocab-size",
            "280"));
    requireSameTexts("lm", "checkpoint-60", "the", "雨 a boat", "");
  }

  @Test
  void python_makes_the_same_texts_of_others() throws Exception {
    train(data.seq2seq(run, "--max-steps", "60", "--save-steps", "60", "--learning-rate", "0.02"));
    requireSameTexts("seq2seq", "checkpoint-60", "abc", "fed", "bb");
  }

  @Test
  void python_makes_the_same_texts_of_other_bytes() throws Exception {
    train(
        data.seq2seq(
            run,
            "--max-steps",
            "60",
            "--save-steps",
            "60",
            "--learning-rate",
            "0.02",
            "--tokenizer",
            "bytes",
            "--vocab-size",
            "280"));
    requireSameTexts("seq2seq", "checkpoint-60", "abc", "fed");
  }

  private void requireSameTexts(String task, String checkpoint, String... texts) throws Exception {
    Path saved = run.resolve(checkpoint);
    List<Object> words = new ArrayList<>(List.of("generate", saved));
    words.addAll(List.of(texts));
    words.addAll(List.of("--greedy", "--json", "--threads", "1"));
    Run ours = Run.ckpt(words.toArray());
    assertThat(ours.status()).as(ours.err()).isZero();

    List<String> command = new ArrayList<>(List.of(task, saved.toString()));
    command.addAll(List.of(texts));
    assertThat(((Json.Arr) python(command)).items())
        .hasSize(texts.length)
        .isEqualTo(
            ((Json.Arr) ours.json())
                .items().stream().map(row -> ((Json.Obj) row).get("text")).toList());
  }

  @Test
  void python_guesses_the_same_tokens() throws Exception {
    train(data.mlm(run, "--learning-rate", "1e-3"));
    Path saved = run.resolve("checkpoint-4");
    String text = "the [MASK] is high";
    Pretrained<BertForMaskedLM> bert = BertForMaskedLM.fromDirectory(saved);
    bert.model().eval();
    long[] ids = bert.tokenizer().orElseThrow().encode(text).ids();

    List<Long> guessed;
    try (Batch batch =
            Batch.of(
                Map.of(
                    "input_ids",
                    NativeTensors.copyOf(
                        io.github.checkpoint4j.state.Tensor.ofLongs(ids, 1, ids.length))));
        Tensor likeliest =
            bert.model().forward(batch).logits().argmax(new LongOptional(-1), false)) {
      guessed = LongStream.of(NativeTensors.heapCopy(likeliest).toLongs()).boxed().toList();
    }

    Json.Arr theirs = (Json.Arr) python(List.of("mlm", saved.toString(), text));
    assertThat(((Json.Arr) theirs.items().getFirst()).items())
        .isEqualTo(guessed.stream().map(Json::of).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lm", "seq2seq"})
  void a_run_begun_in_python_goes_on_here_without_being_told_its_arguments(String task)
      throws Exception {
    boolean lm = task.equals("lm");
    Path examples = lm ? data.texts() : data.pairs();
    train(lm ? data.lm(run) : data.seq2seq(run));
    Path model = withDropout(run.resolve("checkpoint-4"));
    Path theirs = directory.resolve("theirs");
    python(List.of("train", task, model.toString(), examples.toString(), theirs.toString()));
    Path ours = directory.resolve("ours");

    Run on =
        Run.ckpt(
            "train",
            task,
            "--resume",
            theirs.resolve("checkpoint-10"),
            "--train",
            examples,
            "--output",
            ours,
            "--max-length",
            "48",
            "--threads",
            "1");

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err()).contains("resumed from checkpoint-10").doesNotContain("->");
    List<Json.Obj> here;
    try (Checkpoint last = Checkpoint.open(ours.resolve("checkpoint-20"))) {
      here = logged(last.json("trainer_state.json").array("log_history"));
      assertThat(last.json(TrainingTask.FILE).text("tokenizer")).isEqualTo("model");
    }
    byte[] history = Files.readAllBytes(theirs.resolve("log_history.json"));
    List<Json.Obj> there =
        logged((Json.Arr) Json.parsePython(MemorySegment.ofArray(history), "log_history.json"));
    assertThat(here).hasSameSizeAs(there).hasSize(20);
    for (int i = 0; i < there.size(); i++) {
      assertThat(here.get(i).integer("step")).isEqualTo(there.get(i).integer("step"));
      assertThat(here.get(i).real("learning_rate")).isEqualTo(there.get(i).real("learning_rate"));
      assertThat(here.get(i).real("loss"))
          .as("loss of step %s", i + 1)
          .isEqualTo(there.get(i).real("loss"), within(ROUNDING));
    }
  }

  private Path withDropout(Path checkpoint) throws IOException {
    Path model = Files.createDirectory(directory.resolve("model"));
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.equals("model.safetensors") || name.startsWith("tokenizer")) {
          Files.copy(file, model.resolve(name));
        }
      }
    }
    String config = Files.readString(checkpoint.resolve("config.json"));
    Files.writeString(
        model.resolve("config.json"),
        config.replaceAll("(\"(?:[a-z]+_pdrop|dropout_rate)\": )[0-9.]+", "$10.1"));
    return model;
  }

  private static List<Json.Obj> logged(Json.Arr history) {
    return history.items().stream()
        .map(item -> (Json.Obj) item)
        .filter(entry -> entry.find("loss").isPresent())
        .toList();
  }

  private static void train(List<Object> arguments) {
    Run train = Run.ckpt(arguments.toArray());
    assertThat(train.status()).as(train.err()).isZero();
  }

  /** The array that the script prints last; null if there is none. */
  private Json python(List<String> arguments) throws Exception {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with transformers").isNotEmpty();
    Path script = directory.resolve("language.py");
    try (InputStream in = LanguageRunInteropTest.class.getResourceAsStream("language.py")) {
      assertThat(in).isNotNull();
      Files.write(script, in.readAllBytes());
    }
    List<String> command = new ArrayList<>(List.of(python, "-B", script.toString()));
    command.addAll(arguments);
    Path said = directory.resolve("said");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(said.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("HF_HUB_OFFLINE", "1");
    builder.environment().put("PYTHONIOENCODING", "utf-8");
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).as(Files.readString(said)).isZero();
    String last =
        new String(output, StandardCharsets.UTF_8).lines().reduce("{}", (_, line) -> line);
    return last.startsWith("[")
        ? Json.parsePython(
            MemorySegment.ofArray(last.getBytes(StandardCharsets.UTF_8)), "language.py")
        : Json.Null.NULL;
  }
}
