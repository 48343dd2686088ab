package io.github.checkpoint4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples run, and do what they say. */
class ExamplesTest {
  private static final Path SOURCES =
      Path.of(
          System.getProperty("checkpoint4j.root"),
          "examples/src/main/java/io/github/checkpoint4j/examples");

  @TempDir Path directory;
  private Path run = Path.of("");

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @BeforeEach
  void name_the_run() {
    run = directory.resolve("run");
  }

  private interface Main {
    void run() throws IOException;
  }

  private static String printed(Main main) throws IOException {
    PrintStream before = System.out;
    var bytes = new ByteArrayOutputStream();
    try (var out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      main.run();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static List<String> checkpoints(Path run) throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      return store.list().stream().map(CheckpointInfo::name).toList();
    }
  }

  private Path file(String... lines) throws IOException {
    return Files.write(directory.resolve("examples.txt"), List.of(lines));
  }

  private Path pronunciations() throws IOException {
    return file(
        "cat\tK AE T", "bat\tB AE T", "act\tAE K T", "tab\tT AE B", "cab\tK AE B", "at\tAE T");
  }

  @Test
  void each_is_shorter_than_sixty_lines_and_named_in_the_readmes() throws IOException {
    var names = new TreeSet<String>();
    try (Stream<Path> sources = Files.list(SOURCES)) {
      for (Path source : sources.filter(path -> !path.endsWith("package-info.java")).toList()) {
        assertThat(Files.readAllLines(source)).as(source.toString()).hasSizeLessThan(60);
        names.add(source.getFileName().toString().replace(".java", ""));
      }
    }
    assertThat(names).hasSize(6);
    for (String readme : List.of("README.md", "README.zh-CN.md")) {
      assertThat(Files.readString(Path.of(System.getProperty("checkpoint4j.root"), readme)))
          .contains(
              names.stream()
                  .map(
                      name ->
                          "(examples/src/main/java/io/github/checkpoint4j/examples/"
                              + name
                              + ".java)")
                  .toList());
    }
  }

  @Test
  void a_loop_of_ones_own_goes_on_with_the_losses_it_would_have_had() throws IOException {
    String whole = printed(() -> OwnTrainingLoop.main(run.toString(), "40"));
    assertThat(checkpoints(run)).containsExactly("checkpoint-30", "checkpoint-40");
    assertThat(whole.lines()).hasSize(40);

    String other = directory.resolve("other").toString();
    String first = printed(() -> OwnTrainingLoop.main(other, "20"));
    String second = printed(() -> OwnTrainingLoop.main(other, "40"));

    assertThat(first + second).isEqualTo(whole);
    assertThat(Files.readAllBytes(directory.resolve("other/checkpoint-40/model.safetensors")))
        .isEqualTo(Files.readAllBytes(run.resolve("checkpoint-40/model.safetensors")));
  }

  @Test
  void a_trainer_with_callbacks_saves_logs_and_learns() throws IOException {
    Path poems = file("one two three four", "two three four one", "three four one two");
    TrainerWithCallbacks.main(poems.toString(), run.toString(), "15");

    assertThat(checkpoints(run)).containsExactly("checkpoint-5", "checkpoint-10", "checkpoint-15");
    List<String> log = Files.readAllLines(run.resolve("log.csv"));
    assertThat(log.getFirst()).startsWith("epoch").contains("val_loss");
    assertThat(log).hasSizeGreaterThan(2);
    try (Checkpoint first = Checkpoint.open(run.resolve("checkpoint-5"));
        Checkpoint last = Checkpoint.open(run.resolve("checkpoint-15"))) {
      assertThat(last.info().metrics().get("eval_loss"))
          .isLessThan(first.info().metrics().get("eval_loss"));
    }
  }

  @Test
  void transfer_learning_trains_the_new_head_and_leaves_what_is_frozen() throws IOException {
    Path file = file("sea\twaves and salt", "hill\tstones and grass", "sky\tclouds and stars");
    String said =
        printed(
            () -> TransferLearning.main(file.toString(), run.toString(), "12", "salt and waves"));

    assertThat(said.lines().toList().getFirst()).isEqualTo("101 of 105 loaded");
    assertThat(said.lines().toList().getLast()).startsWith("sea 0.");
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-12"))) {
      checkpoint.verify().requireClean();
      assertThat(checkpoint.state("model").tensor("classifier.weight").shape())
          .containsExactly(3, 384);
    }
  }

  @Test
  void a_run_goes_on_at_another_learning_rate() throws IOException {
    String pairs = pronunciations().toString();
    String said = printed(() -> ResumeWithChangedLearningRate.main(pairs, run.toString(), "12"));

    assertThat(said).startsWith("step 12, loss ");
    String state = Files.readString(run.resolve("checkpoint-12/trainer_state.json"));
    assertThat(state).contains("\"global_step\": 12");
    try (Checkpoint last = Checkpoint.open(run.resolve("checkpoint-12"));
        Checkpoint half = Checkpoint.open(run.resolve("checkpoint-6"))) {
      assertThat(half.manifest().orElseThrow().hyperparameters().real("learning_rate"))
          .isEqualTo(3e-3);
      assertThat(last.manifest().orElseThrow().hyperparameters().real("learning_rate"))
          .isEqualTo(3e-4);
    }
  }

  @Test
  void a_large_model_is_saved_in_shards_and_read_by_the_tensor() throws IOException {
    String said = printed(() -> ShardedLargeModel.main(run.toString(), "2", "3MB"));

    assertThat(said)
        .contains("model-00001-of-0000", "model.safetensors.index.json", "config.json")
        .contains("transformer.h.1.mlp.c_fc.weight F32 [256, 1024]");
    assertThat(said.lines().toList().getLast()).isEqualTo("all 29 loaded");
  }

  @Test
  void a_kill_changes_nothing_of_a_training() throws Exception {
    List<String> arguments = List.of(pronunciations().toString(), run.toString(), "160", "cat");
    try (var first =
        ExampleProcess.start(Seq2SeqSurvivingAKill.class, directory.resolve("first"), arguments)) {
      first.await(run.resolve("checkpoint-15"));
      first.kill();
    }
    assertThat(run.resolve("checkpoint-160")).doesNotExist();
    String second;
    try (var again =
        ExampleProcess.start(Seq2SeqSurvivingAKill.class, directory.resolve("second"), arguments)) {
      second = again.await();
    }
    assertThat(second).contains("resumed from checkpoint-").endsWith("K AE T\n");

    Path whole = directory.resolve("whole");
    try (var undisturbed =
        ExampleProcess.start(
            Seq2SeqSurvivingAKill.class,
            directory.resolve("third"),
            List.of(arguments.get(0), whole.toString(), "160", "cat"))) {
      assertThat(undisturbed.await()).endsWith("K AE T\n");
    }
    for (String file : List.of("model.safetensors", "optimizer.pt", "rng_state.pth")) {
      assertThat(Files.readAllBytes(run.resolve("checkpoint-160").resolve(file)))
          .as(file)
          .isEqualTo(Files.readAllBytes(whole.resolve("checkpoint-160").resolve(file)));
    }
  }
}
