package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.LoadRules;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PretrainedBertTest {
  private static final List<String> HEAD = List.of("classifier.weight", "classifier.bias");

  private static StateDict tiny;

  @TempDir Path directory;

  @BeforeAll
  static void read_the_weights() throws IOException {
    torch.set_num_threads(1);
    try (var checkpoint = Checkpoint.open(Golden.path("tiny"))) {
      Map<String, Value> copies = new LinkedHashMap<>();
      checkpoint
          .state("model")
          .entries()
          .forEach(
              (name, value) -> {
                Tensor tensor = (Tensor) value;
                copies.put(name, Tensor.ofFloats(tensor.toFloats(), tensor.shape()));
              });
      tiny = StateDict.of(copies);
    }
  }

  @Test
  void a_directory_with_safetensors_is_loaded() throws IOException {
    var loaded = PretrainedBert.fromDirectory(Golden.path("tiny"));

    has_the_weights(loaded, tiny);
    assertThat(loaded.report().loaded()).hasSize(41);
    assertThat(loaded.report().missing()).isEmpty();
    assertThat(loaded.report().unexpected()).isEmpty();
    assertThat(loaded.tokenizer()).isPresent();
    assertThat(loaded.module().is_training()).isTrue();
  }

  @Test
  void a_directory_with_shards_is_loaded() throws IOException {
    var loaded = PretrainedBert.fromDirectory(Golden.path("sharded"));

    has_the_weights(loaded, tiny);
    assertThat(loaded.tokenizer()).isEmpty();
  }

  @Test
  void a_directory_of_before_2019_is_loaded() throws IOException {
    var loaded = PretrainedBert.fromDirectory(Golden.path("legacy"));

    has_the_weights(loaded, tiny);
    assertThat(loaded.report().unexpected()).isEmpty();
    assertThat(loaded.tokenizer()).isPresent();
  }

  @Test
  void a_bert_without_a_head_gets_a_new_one() throws IOException {
    write(renamed(tiny, name -> HEAD.contains(name) ? "" : name.substring("bert.".length())));

    torch.manual_seed(5);
    var loaded = PretrainedBert.fromDirectory(directory, List.of("a", "b", "c"));

    assertThat(loaded.report().missing()).isEqualTo(HEAD);
    assertThat(loaded.report().loaded()).hasSize(39);
    assertThat(loaded.model().config().labels()).containsExactly("a", "b", "c");
    StateDict state = ModuleState.of(loaded.model()).stateDict();
    torch.manual_seed(5);
    float[] expected =
        NativeTensors.view(torch.randn(3, 32).mul(new org.bytedeco.pytorch.Scalar(0.2))).toFloats();
    assertThat(state.tensor("classifier.weight").toFloats())
        .containsExactly(expected, org.assertj.core.api.Assertions.within(1e-6f));
    assertThat(state.tensor("classifier.bias").toFloats()).containsOnly(0f);
  }

  @Test
  void a_whole_model_is_loaded_without_a_random_number() throws IOException {
    torch.manual_seed(6);
    float expected = torch.rand(1).item_float();
    torch.manual_seed(6);
    PretrainedBert.fromDirectory(Golden.path("tiny"));

    assertThat(torch.rand(1).item_float()).isEqualTo(expected);
  }

  @Test
  void what_it_does_not_know_is_named() throws IOException {
    Map<String, Value> entries = new LinkedHashMap<>(tiny.entries());
    entries.put("cls.predictions.bias", Tensor.ofFloats(new float[] {1}, 1));
    write(StateDict.of(entries));

    var report = PretrainedBert.fromDirectory(directory).report();

    assertThat(report.unexpected()).containsExactly("cls.predictions.bias");
    assertThat(report)
        .hasToString("all 41 loaded; 1 unexpected, passed over: cls.predictions.bias");
  }

  @Test
  void half_precision_is_widened_and_said() throws IOException {
    Map<String, Value> entries = new LinkedHashMap<>(tiny.entries());
    try (var half = NativeTensors.copyOf(tiny.tensor("classifier.bias")).to(ScalarType.BFloat16)) {
      Tensor view = NativeTensors.view(half);
      entries.put(
          "classifier.bias",
          Tensor.of(
              Dtype.BF16,
              view.shape(),
              java.lang.foreign.MemorySegment.ofArray(view.toByteArray())));
      write(StateDict.of(entries));
    }

    var loaded = PretrainedBert.fromDirectory(directory);

    assertThat(loaded.report().converted())
        .containsExactly(new LoadReport.Conversion("classifier.bias", Dtype.BF16, Dtype.F32));
    float[] bias = ModuleState.of(loaded.model()).stateDict().tensor("classifier.bias").toFloats();
    float[] exact = tiny.tensor("classifier.bias").toFloats();
    for (int i = 0; i < bias.length; i++) {
      int rounded = (Float.floatToIntBits(exact[i]) + 0x8000) & 0xFFFF0000;
      assertThat(bias[i]).isEqualTo(Float.intBitsToFloat(rounded));
    }
  }

  @Test
  void names_under_another_prefix_are_an_error_that_names_it() throws IOException {
    write(renamed(tiny, name -> "module." + name));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            directory.resolve("model.safetensors")
                + ": none of its 41 entries is one of the model's 41 parameters and buffers; 41 are"
                + " with rename(\"module.\", \"\")");
  }

  @Test
  void names_of_a_compiled_model_without_a_head_are_an_error_that_names_the_prefix()
      throws IOException {
    write(
        renamed(
            tiny,
            name -> HEAD.contains(name) ? "" : "_orig_mod." + name.substring("bert.".length())));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageEndingWith("; 39 are with rename(\"_orig_mod.\", \"\")");
  }

  @Test
  void a_file_of_another_model_is_an_error_that_shows_both() throws IOException {
    write(StateDict.of(Map.of("transformer.wte.weight", Tensor.ofFloats(new float[] {1, 2}, 2))));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            directory.resolve("model.safetensors")
                + ": none of its 1 entries is one of the model's 41 parameters and buffers; the"
                + " first are [transformer.wte.weight], and the model's"
                + " [bert.embeddings.word_embeddings.weight,"
                + " bert.embeddings.position_embeddings.weight,"
                + " bert.embeddings.token_type_embeddings.weight]");
  }

  @Test
  void a_head_with_other_labels_is_an_error_with_the_shapes() {
    Path tinyDirectory = Golden.path("tiny");

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(tinyDirectory, List.of("a", "b", "c")))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            tinyDirectory.resolve("model.safetensors")
                + " does not fit the model, which was not changed; 2 different: classifier.bias"
                + " (expected F32[3], found F32[2]), classifier.weight (expected F32[3, 32], found"
                + " F32[2, 32]); load it into a model of these shapes, or pass them over with"
                + " ignoreMismatched()");
  }

  @Test
  void a_head_with_other_labels_is_drawn_anew_if_told_so() throws IOException {
    torch.manual_seed(8);
    var loaded =
        PretrainedBert.fromDirectory(
            Golden.path("tiny"),
            List.of("a", "b", "c"),
            WeightLoading.lenient().ignoreMismatched());
    float next = torch.rand(1).item_float();

    assertThat(loaded.report())
        .hasToString(
            "39 of 41 loaded; 2 mismatched: classifier.bias (expected F32[3], found F32[2]),"
                + " classifier.weight (expected F32[3, 32], found F32[2, 32])");
    has_the_weights_of_bert(loaded, tiny);
    StateDict state = ModuleState.of(loaded.model()).stateDict();
    torch.manual_seed(8);
    float[] expected =
        NativeTensors.view(torch.randn(3, 32).mul(new org.bytedeco.pytorch.Scalar(0.2))).toFloats();
    assertThat(state.tensor("classifier.weight").toFloats())
        .containsExactly(expected, org.assertj.core.api.Assertions.within(1e-6f));
    assertThat(state.tensor("classifier.bias").toFloats()).containsOnly(0f);
    assertThat(torch.rand(1).item_float()).isEqualTo(next);
  }

  @Test
  void rules_say_what_is_loaded_and_under_which_names() throws IOException {
    write(renamed(tiny, name -> "module." + name));
    var rules = LoadRules.none().stripPrefix("module.").except(NamePattern.glob("classifier.*"));

    var loaded =
        PretrainedBert.fromDirectory(
            directory, List.of("a", "b", "c"), WeightLoading.lenient().rules(rules));

    assertThat(loaded.report().missing()).isEqualTo(HEAD);
    assertThat(loaded.report().excluded())
        .containsExactlyInAnyOrder("module.classifier.weight", "module.classifier.bias");
    has_the_weights_of_bert(loaded, tiny);
  }

  @Test
  void strict_loading_draws_nothing() throws IOException {
    write(renamed(tiny, name -> HEAD.contains(name) ? "" : name));

    assertThatThrownBy(
            () ->
                PretrainedBert.fromDirectory(directory, List.of("a", "b"), WeightLoading.strict()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            directory.resolve("model.safetensors")
                + " does not fit the model, which was not changed; 2 missing: classifier.weight,"
                + " classifier.bias");
  }

  @Test
  void a_lone_file_is_loaded_whatever_its_name() throws IOException {
    Files.copy(Golden.path("tiny/config.json"), directory.resolve("config.json"));
    Files.copy(Golden.path("tiny/tokenizer.json"), directory.resolve("tokenizer.json"));
    write("weights", SafeTensors.write(tiny, Map.of("format", "pt")));
    write("best.pt", PyTorch.write(tiny, "best"));
    for (String name : List.of("weights", "best.pt")) {
      var loaded =
          PretrainedBert.fromFile(
              directory.resolve(name), List.of("a", "b"), WeightLoading.strict());
      has_the_weights(loaded, tiny);
      assertThat(loaded.tokenizer()).isPresent();
      assertThat(loaded.model().config().labels()).containsExactly("a", "b");
    }
  }

  @Test
  void a_training_state_in_a_file_is_loaded_by_a_rule() throws IOException {
    Files.copy(Golden.path("tiny/config.json"), directory.resolve("config.json"));
    Value state = StateDict.builder().put("epoch", 1).put("model", tiny).build();
    write("last.pt", PyTorch.write(state, "last"));
    Path file = directory.resolve("last.pt");

    assertThatThrownBy(
            () -> PretrainedBert.fromFile(file, List.of("a", "b"), WeightLoading.lenient()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageEndingWith("; 41 are with rename(\"model.\", \"\")");
    var rules = LoadRules.none().stripPrefix("model.");
    has_the_weights(
        PretrainedBert.fromFile(file, List.of("a", "b"), WeightLoading.lenient().rules(rules)),
        tiny);
  }

  @Test
  void a_lone_file_without_a_configuration_beside_it_is_an_error() throws IOException {
    write("weights", SafeTensors.write(tiny, Map.of("format", "pt")));
    Path file = directory.resolve("weights");

    assertThatThrownBy(
            () -> PretrainedBert.fromFile(file, List.of("a", "b"), WeightLoading.lenient()))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(
            directory.resolve("config.json")
                + ": there is none beside the weights; put that of the model there");
  }

  @Test
  void a_lone_file_that_holds_no_weights_says_what_it_is() throws IOException {
    Files.copy(Golden.path("tiny/config.json"), directory.resolve("config.json"));
    Path file = directory.resolve("page.bin");
    Files.writeString(file, "<!DOCTYPE html><html></html>");
    assertThatThrownBy(
            () -> PretrainedBert.fromFile(file, List.of("a", "b"), WeightLoading.lenient()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("an HTML page");
    Files.writeString(directory.resolve("config.json"), "[]");
    assertThatThrownBy(
            () -> PretrainedBert.fromFile(file, List.of("a", "b"), WeightLoading.lenient()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(directory.resolve("config.json") + " is not a JSON object.");
  }

  @Test
  void a_tensor_of_whole_numbers_is_an_error() throws IOException {
    Map<String, Value> entries = new LinkedHashMap<>(tiny.entries());
    entries.put("classifier.bias", Tensor.ofLongs(new long[] {1, 2}, 2));
    write(StateDict.of(entries));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("classifier.bias (expected F32[2], found I64[2])");
  }

  @Test
  void a_parameter_that_is_there_twice_is_an_error() throws IOException {
    Map<String, Value> entries = new LinkedHashMap<>(tiny.entries());
    entries.put("pooler.dense.bias", tiny.tensor("bert.pooler.dense.bias"));
    write(StateDict.of(entries));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            directory.resolve("model.safetensors")
                + ": 'bert.pooler.dense.bias' and 'pooler.dense.bias' are both for"
                + " bert.pooler.dense.bias; leave one of them out with"
                + " except(\"pooler.dense.bias\")");
  }

  @Test
  void a_directory_without_weights_is_named() throws IOException {
    Files.copy(Golden.path("tiny/config.json"), directory.resolve("config.json"));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(
            directory
                + ": has neither model.safetensors nor model.safetensors.index.json nor"
                + " pytorch_model.bin; there are [config.json]");
  }

  @Test
  void a_pickle_that_is_no_state_dict_is_refused() throws IOException {
    Files.copy(Golden.path("tiny/config.json"), directory.resolve("config.json"));
    write("pytorch_model.bin", PyTorch.write(Value.list(Value.of(1)), "pytorch_model"));

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            directory.resolve("pytorch_model.bin")
                + ": not a dict with string keys, so not the weights of a model");
  }

  @Test
  void a_directory_of_another_model_is_refused() throws IOException {
    Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"gpt2\"}");

    assertThatThrownBy(() -> PretrainedBert.fromDirectory(directory))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("config.json: a model of type 'gpt2'; only bert is read");
  }

  @Test
  void a_saved_directory_is_the_same_model() throws IOException {
    var loaded = PretrainedBert.fromDirectory(Golden.path("tiny"));
    Path saved = directory.resolve("a/b");
    loaded.save(saved);
    loaded.save(saved);

    try (var files = Files.list(saved)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");
    }
    assertThat(saved.resolve("config.json"))
        .hasSameBinaryContentAs(Golden.path("tiny/config.json"));
    assertThat(saved.resolve("model.safetensors"))
        .hasSameBinaryContentAs(Golden.path("tiny/model.safetensors"));
    assertThat(saved.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(Golden.path("tiny/tokenizer.json"));
    assertThat(loaded.files())
        .containsOnlyKeys("config.json", "tokenizer.json", "tokenizer_config.json");
    has_the_weights(PretrainedBert.fromDirectory(saved), tiny);
  }

  @Test
  void a_model_saved_in_shards_is_the_same_and_takes_the_place_of_what_was_there()
      throws IOException {
    var loaded = PretrainedBert.fromDirectory(Golden.path("tiny"));
    loaded.save(directory, 20_000);
    assertThat(directory.resolve("model-00001-of-00006.safetensors")).exists();
    has_the_weights(PretrainedBert.fromDirectory(directory), tiny);
    loaded.save(directory, Sharding.bytes("30KB"));
    assertThat(directory.resolve("model-00001-of-00006.safetensors")).doesNotExist();
    has_the_weights(PretrainedBert.fromDirectory(directory), tiny);
    loaded.save(directory);

    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");
    }
    assertThat(directory.resolve("model.safetensors"))
        .hasSameBinaryContentAs(Golden.path("tiny/model.safetensors"));
  }

  @Test
  void shards_of_no_size_are_refused_and_nothing_is_written() throws IOException {
    var loaded = PretrainedBert.fromDirectory(Golden.path("tiny"));
    Path saved = directory.resolve("none");
    assertThatThrownBy(() -> loaded.save(saved, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the maximal size of a shard is 0 bytes; give one of at least 1 byte");
    assertThat(saved).doesNotExist();
  }

  private static void has_the_weights_of_bert(PretrainedBert loaded, StateDict expected) {
    StateDict state = ModuleState.of(loaded.model()).stateDict();
    int compared = 0;
    for (String name : expected.names()) {
      if (!HEAD.contains(name)) {
        assertThat(state.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
        compared++;
      }
    }
    assertThat(compared).isEqualTo(39);
  }

  private static void has_the_weights(PretrainedBert loaded, StateDict expected) {
    StateDict state = ModuleState.of(loaded.model()).stateDict();
    assertThat(state.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(state.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }

  /** Entries under other names; those whose new name is empty are left out. */
  private static StateDict renamed(StateDict state, UnaryOperator<String> rename) {
    Map<String, Value> entries = new LinkedHashMap<>();
    state
        .entries()
        .forEach(
            (name, value) -> {
              if (!rename.apply(name).isEmpty()) {
                entries.put(rename.apply(name), value);
              }
            });
    return StateDict.of(entries);
  }

  private void write(StateDict weights) throws IOException {
    Files.copy(Golden.path("tiny/config.json"), directory.resolve("config.json"));
    write("model.safetensors", SafeTensors.write(weights, Map.of("format", "pt")));
  }

  private void write(String name, FileContent content) throws IOException {
    try (OutputStream out = Files.newOutputStream(directory.resolve(name))) {
      for (FileContent.Part part : content.parts()) {
        out.write(part.bytes().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
      }
    }
  }
}
