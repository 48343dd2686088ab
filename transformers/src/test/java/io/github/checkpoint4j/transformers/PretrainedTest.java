package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.LocalStorage;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Language models in directories as Hugging Face writes and wrote them. */
final class PretrainedTest {
  private static final String EMBEDDINGS = "transformer.wte.weight";

  @TempDir Path directory;

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  private static Pretrained<? extends TrainableModel> load(String model, Path from)
      throws IOException {
    return switch (model) {
      case "gpt2", "gpt2-untied" -> Gpt2LMHeadModel.fromDirectory(from);
      case "bert-mlm" -> BertForMaskedLM.fromDirectory(from);
      case "t5", "t5-gated" -> T5ForConditionalGeneration.fromDirectory(from);
      default -> throw new IllegalArgumentException(model);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-untied", "bert-mlm", "t5", "t5-gated"})
  void a_saved_directory_has_what_that_of_python_has(String model) throws IOException {
    Path golden = GoldenBatch.directory(model);
    var loaded = load(model, golden);
    loaded.save(directory);

    assertThat(loaded.report().missing()).isEmpty();
    assertThat(loaded.report().unexpected()).isEmpty();
    assertThat(loaded.module().is_training()).isTrue();
    assertThat(loaded.files()).containsOnlyKeys("config.json");
    assertThat(directory.resolve("config.json"))
        .hasSameBinaryContentAs(golden.resolve("config.json"));
    try (MappedFile ours = MappedFile.open(directory.resolve("model.safetensors"));
        MappedFile theirs = MappedFile.open(golden.resolve("model.safetensors"))) {
      Map<String, Tensor> saved = SafeTensors.parse(ours.bytes(), "ours").tensors();
      Map<String, Tensor> expected = SafeTensors.parse(theirs.bytes(), "theirs").tensors();
      assertThat(saved.keySet()).containsExactlyElementsOf(expected.keySet());
      saved.forEach(
          (name, tensor) ->
              assertThat(Digest.sha256(tensor))
                  .as(name)
                  .isEqualTo(Digest.sha256(Objects.requireNonNull(expected.get(name)))));
    }
    has_the_weights(load(model, directory), ModuleState.of(loaded.module()).stateDict());
  }

  @Test
  void a_whole_model_is_loaded_without_a_random_number() throws IOException {
    torch.manual_seed(6);
    float expected = torch.rand(1).item_float();
    torch.manual_seed(6);
    load("gpt2", GoldenBatch.directory("gpt2"));

    assertThat(torch.rand(1).item_float()).isEqualTo(expected);
  }

  @Test
  void an_old_file_without_prefix_and_with_the_mask_is_loaded_and_nothing_is_said()
      throws IOException {
    StateDict state = weights("gpt2");
    StateDict.Builder old = StateDict.builder();
    state
        .entries()
        .forEach(
            (name, value) -> {
              if (!name.equals("lm_head.weight")) {
                old.put(name.substring("transformer.".length()), value);
              }
            });
    old.put("h.0.attn.bias", Tensor.ofFloats(new float[16], 1, 1, 4, 4));
    old.put("h.1.attn.masked_bias", Tensor.scalar(-1e4f));
    write("gpt2", "pytorch_model.bin", PyTorch.write(old.build(), "pytorch_model"));

    var loaded = Gpt2LMHeadModel.fromDirectory(directory, WeightLoading.strict());

    has_the_weights(loaded, state);
    assertThat(loaded.report()).hasToString("all 28 loaded");
  }

  @Test
  void a_lone_file_is_loaded_whatever_its_name() throws IOException {
    StateDict state = weights("gpt2");
    write("gpt2", "best.pt", PyTorch.write(state, "best"));

    has_the_weights(
        Gpt2LMHeadModel.fromFile(directory.resolve("best.pt"), WeightLoading.lenient()), state);
  }

  @Test
  void a_head_that_differs_from_the_embeddings_is_not_tied() throws IOException {
    StateDict state =
        with(weights("gpt2"), "lm_head.weight", Tensor.ofFloats(new float[640], 40, 16));
    write("gpt2", "model.safetensors", SafeTensors.write(state, Map.of()));

    var loaded = Gpt2LMHeadModel.fromDirectory(directory);

    has_the_weights(loaded, state);
    assertThat(ModuleState.of(loaded.module()).parameters()).hasSize(29);
  }

  @Test
  void a_head_alone_is_enough_for_tied_weights() throws IOException {
    StateDict state = weights("gpt2");
    Map<String, Value> entries = new LinkedHashMap<>(state.entries());
    entries.remove(EMBEDDINGS);
    write("gpt2", "model.safetensors", SafeTensors.write(StateDict.of(entries), Map.of()));

    has_the_weights(Gpt2LMHeadModel.fromDirectory(directory), state);
  }

  @Test
  void a_weight_of_another_shape_is_an_error_that_names_it() throws IOException {
    StateDict state = with(weights("gpt2"), EMBEDDINGS, Tensor.ofFloats(new float[32], 2, 16));
    Map<String, Value> entries = new LinkedHashMap<>(state.entries());
    entries.remove("lm_head.weight");
    write("gpt2", "model.safetensors", SafeTensors.write(StateDict.of(entries), Map.of()));

    assertThatThrownBy(() -> Gpt2LMHeadModel.fromDirectory(directory))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("transformer.wte.weight (expected F32[40, 16], found F32[2, 16])");
  }

  private static StateDict weights(String model) throws IOException {
    return ModuleState.of(load(model, GoldenBatch.directory(model)).module()).stateDict();
  }

  private static StateDict with(StateDict state, String name, Tensor tensor) {
    Map<String, Value> entries = new LinkedHashMap<>(state.entries());
    entries.put(name, tensor);
    return StateDict.of(entries);
  }

  private void write(String model, String name, FileContent content) throws IOException {
    Files.copy(
        GoldenBatch.directory(model).resolve("config.json"), directory.resolve("config.json"));
    LocalStorage.instance().write(directory.resolve(name), content);
  }

  private static void has_the_weights(
      Pretrained<? extends TrainableModel> loaded, StateDict expected) {
    StateDict state = ModuleState.of(loaded.module()).stateDict();
    assertThat(state.names()).isEqualTo(expected.names());
    for (String name : expected.names()) {
      assertThat(state.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }
}
