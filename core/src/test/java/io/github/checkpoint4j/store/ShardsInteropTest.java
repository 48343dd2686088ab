package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shards both ways with the real huggingface_hub and transformers, on models made anew. */
@Tag("interop")
class ShardsInteropTest {
  private static final String MODELS =
      """
      import contextlib, json, os, sys, torch
      import transformers
      from transformers import *
      from transformers.utils import logging
      logging.set_verbosity_error()
      logging.disable_progress_bar()
      torch.set_num_threads(1)
      torch.manual_seed(3)
      bert = dict(vocab_size=50, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
          intermediate_size=12, max_position_embeddings=8)
      small = dict(vocab_size=50, bos_token_id=1, eos_token_id=2)
      models = {
          "bert": lambda: BertForSequenceClassification(BertConfig(**bert)),
          "masked": lambda: BertForMaskedLM(BertConfig(**bert)),
          "untied": lambda: BertForMaskedLM(BertConfig(tie_word_embeddings=False, **bert)),
          "gpt2": lambda: GPT2LMHeadModel(GPT2Config(n_positions=16, n_embd=8, n_layer=2, n_head=2, **small)),
          "t5": lambda: T5ForConditionalGeneration(T5Config(vocab_size=50, d_model=8, d_kv=4, d_ff=8, num_layers=2, num_heads=2)),
          "half": lambda: BertForSequenceClassification(BertConfig(**bert)).to(torch.bfloat16),
          "resnet": lambda: ResNetForImageClassification(ResNetConfig(embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1])),
      }
      """;

  private static final Set<String> TIED = Set.of("masked", "gpt2", "t5");
  private static final List<String> SIZES = List.of("900B", "2KB", "0.0071MB", "1GB");

  @TempDir Path folder;

  @Test
  void a_state_is_split_as_huggingface_hub_splits_it() throws Exception {
    Json.Obj said =
        python(
            """
            import json, random, torch
            from huggingface_hub import split_torch_state_dict_into_shards
            draw = random.Random(17)
            cases = []
            for _ in range(600):
                sizes = [draw.choice([0, 1, draw.randrange(12), draw.randrange(60)]) for _ in range(draw.randrange(1, 25))]
                limit = draw.randrange(1, 80)
                state = {"t%d" % i: torch.zeros(size, dtype=torch.uint8) for i, size in enumerate(sizes)}
                split = split_torch_state_dict_into_shards(state, max_shard_size=limit)
                cases.append({"sizes": sizes, "limit": limit, "shards": [sorted(names) for names in split.filename_to_tensors.values()]})
            print(json.dumps({"cases": cases}))
            """);
    int sharded = 0;
    for (Json item : said.array("cases").items()) {
      Json.Obj one = (Json.Obj) item;
      List<Integer> sizes = new ArrayList<>();
      one.array("sizes")
          .items()
          .forEach(size -> sizes.add(Integer.valueOf(((Json.Num) size).literal())));
      List<Set<String>> ours =
          Sharding.DEFAULT
              .withMaxShardSize(one.integer("limit"))
              .split(ShardingTest.tensors(sizes));
      List<Json> shards =
          ours.stream()
              .<Json>map(shard -> Json.array(shard.stream().sorted().map(Json::of).toList()))
              .toList();
      assertThat(Json.array(shards)).as("%s", one).isEqualTo(one.get("shards"));
      sharded += shards.size() > 1 ? 1 : 0;
    }
    assertThat(sharded).isGreaterThan(300);
  }

  @Test
  void sizes_are_read_as_huggingface_hub_reads_them() throws Exception {
    Json.Obj said =
        python(
            """
            import json, random
            from huggingface_hub.serialization._base import parse_size_to_int
            draw = random.Random(19)
            texts = ["5GB", " 50 gb ", "1GiB", "7", "3.5.MB", "xKB", ".5MB", "2.KB"]
            texts += ["%.*f%s" % (draw.randrange(9), draw.random() * 10 ** draw.randrange(6), draw.choice(["KB", "mb", " GB", "TB"])) for _ in range(2000)]
            def parsed(text):
                try:
                    return str(parse_size_to_int(text))
                except ValueError:
                    return "none"
            print(json.dumps({text: parsed(text) for text in texts}))
            """);
    assertThat(said.members()).hasSizeGreaterThan(1900);
    for (String text : said.members().keySet()) {
      String ours;
      try {
        ours = Long.toString(Sharding.bytes(text));
      } catch (IllegalArgumentException e) {
        ours = "none";
      }
      assertThat(ours).as(text).isEqualTo(said.text(text));
    }
  }

  @Test
  void models_are_written_and_read_in_shards_as_by_save_pretrained() throws Exception {
    Json.Obj made =
        python(
            MODELS
                + """
                said = {}
                for name, make in models.items():
                    model = make().eval()
                    folder = os.path.join(sys.argv[1], name)
                    os.makedirs(folder)
                    torch.save(model.state_dict(), os.path.join(folder, "state.pt"))
                    said[name] = model.num_parameters()
                    for size in json.loads(sys.argv[2]):
                        limit = int(size[:-1]) if size == "900B" else size
                        model.save_pretrained(os.path.join(folder, "theirs" + size), max_shard_size=limit)
                print(json.dumps(said))
                """,
            folder.toString(),
            SIZES.stream().map(size -> '"' + size + '"').toList().toString());
    int indices = 0;
    for (String model : made.members().keySet()) {
      for (String size : SIZES) {
        indices += compare(folder.resolve(model), size, made.integer(model)) ? 1 : 0;
      }
    }
    assertThat(indices).isGreaterThanOrEqualTo(2 * made.members().size());

    Json.Obj loaded =
        python(
            MODELS
                + """
                said = {}
                for name, make in models.items():
                    folder = os.path.join(sys.argv[1], name)
                    state = torch.load(os.path.join(folder, "state.pt"))
                    for size in json.loads(sys.argv[2]):
                        model, info = type(make()).from_pretrained(os.path.join(folder, "ours" + size), output_loading_info=True)
                        found = model.state_dict()
                        assert list(found) == list(state), name
                        assert all(torch.equal(found[key], state[key]) for key in state), name
                        said[name + size] = sum((list(map(str, told)) for told in info.values() if told), [])
                print(json.dumps(said))
                """,
            folder.toString(),
            SIZES.stream().map(size -> '"' + size + '"').toList().toString());
    assertThat(loaded.members()).hasSize(made.members().size() * SIZES.size());
    assertThat(loaded.members().values()).allMatch(Json.array(List.of())::equals);
  }

  /** Compares what is saved in both ways; whether it is in shards. */
  private static boolean compare(Path folder, String size, long parameters) throws IOException {
    Path theirs = folder.resolve("theirs" + size);
    Path ours = Files.createDirectory(folder.resolve("ours" + size));
    String model = String.valueOf(folder.getFileName());
    try (MappedFile file = MappedFile.open(folder.resolve("state.pt"))) {
      StateDict state = (StateDict) PyTorch.read(file.bytes(), "state.pt");
      long limit = size.equals("900B") ? 900 : Sharding.bytes(size);
      Map<String, FileContent> files =
          TrainerLayout.files(
              "model",
              state,
              Sharding.DEFAULT.withMaxShardSize(limit).withParameters(OptionalLong.of(parameters)));
      for (Map.Entry<String, FileContent> content : files.entrySet()) {
        LocalStorage.instance().write(ours.resolve(content.getKey()), content.getValue());
      }
      Files.copy(theirs.resolve("config.json"), ours.resolve("config.json"));
      assertThat(weights(ours)).as("%s %s", model, size).isEqualTo(weights(theirs));
      for (String name : weights(theirs)) {
        if (!TIED.contains(model) || name.equals(TrainerLayout.INDEX_FILE)) {
          assertThat(ours.resolve(name)).hasSameBinaryContentAs(theirs.resolve(name));
        }
      }
      for (Path directory : List.of(ours, theirs)) {
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
          StateDict read = checkpoint.state("model");
          assertThat(state.names()).containsAll(read.names());
          if (directory.equals(ours)) {
            assertThat(read.names()).isEqualTo(state.names());
          }
          for (String name : read.names()) {
            assertThat(read.tensor(name).hasSameBytes(state.tensor(name))).as(name).isTrue();
          }
          assertThat(checkpoint.verify().problems()).isEmpty();
        }
      }
    }
    return Files.exists(theirs.resolve(TrainerLayout.INDEX_FILE));
  }

  private static Set<String> weights(Path directory) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    try (Stream<Path> files = Files.list(directory)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> TrainerLayout.isFileOf("model", name))
          .sorted()
          .forEach(names::add);
    }
    assertThat(names).isNotEmpty();
    return names;
  }

  @Test
  void shards_of_save_pretrained_that_are_missing_stale_or_too_many_are_found() throws Exception {
    python(
        MODELS
            + """
            for seed in "ab":
                models["bert"]().save_pretrained(os.path.join(sys.argv[1], seed), max_shard_size="2KB")
            models["bert"]().save_pretrained(os.path.join(sys.argv[1], "c"), max_shard_size="3KB")
            print("{}")
            """,
        folder.toString());
    Path saved = folder.resolve("a");
    String last = weights(saved).stream().filter(TrainerLayout::isShard).toList().getLast();
    String other = weights(folder.resolve("c")).stream().toList().getFirst();
    assertThat(weights(saved)).doesNotContain(other);

    Files.copy(folder.resolve("c").resolve(other), saved.resolve(other));
    try (Checkpoint checkpoint = Checkpoint.open(saved)) {
      assertThat(checkpoint.verify().problems())
          .extracting(Verification.Problem::message)
          .containsExactly(
              other + " is not named in model.safetensors.index.json: it is of another model");
    }
    Files.delete(saved.resolve(other));
    Files.delete(saved.resolve(last));
    try (Checkpoint checkpoint = Checkpoint.open(saved)) {
      assertThat(checkpoint.verify().problems())
          .extracting(Verification.Problem::message)
          .containsExactly(last + " is missing, which model.safetensors.index.json names");
      assertThatThrownBy(() -> checkpoint.state("model")).hasMessageContaining(last);
    }
    Files.copy(folder.resolve("c").resolve(other), saved.resolve(last));
    try (Checkpoint checkpoint = Checkpoint.open(saved)) {
      assertThat(checkpoint.verify().problems())
          .extracting(Verification.Problem::message)
          .allMatch(message -> message.contains(last))
          .anyMatch(message -> message.contains("is not in"));
      assertThatThrownBy(() -> checkpoint.state("model"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("The shards are not of one model");
    }
  }

  /** Runs a script; the JSON object that it prints last. */
  private Json.Obj python(String script, String... arguments)
      throws IOException, InterruptedException {
    String interpreter = System.getProperty("checkpoint4j.python", "");
    assertThat(interpreter).as("-Dpython=, an interpreter with transformers").isNotEmpty();
    List<String> command = new ArrayList<>(List.of(interpreter, "-c", script));
    command.addAll(List.of(arguments));
    Path errors = folder.resolve("errors.txt");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    List<String> output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    byte[] last = output.getLast().getBytes(StandardCharsets.UTF_8);
    return (Json.Obj) Json.parsePython(MemorySegment.ofArray(last), "what python printed");
  }
}
