package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShowTest {
  @TempDir Path temporary;

  @Test
  void a_safetensors_file_is_a_tree_with_layers_that_are_alike_as_one() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("no extension"));

    assertThat(ckpt("show", file))
        .isEqualTo(
            new Run(
                0,
                """
                %s  %s, a safetensors file, 3 tensors, 10 parameters
                ├─ (format)   pt
                ├─ encoder.layer
                │  └─ 0 … 1  2 alike
                │     └─ weight  F32 [2, 2]
                └─ head.bias  F32 [2]
                """
                    .formatted(file, Quantities.size(Files.size(file))),
                ""));
  }

  @Test
  void a_pytorch_file_shows_its_plain_values_too() throws Exception {
    Path file = Fixture.pytorch(temporary.resolve("o"));

    assertThat(ckpt("show", file).out())
        .contains("a PyTorch file, 1 tensor, 1 parameter\n")
        .contains("├─ state\n│  ├─ exp_avg  F32 [1]\n│  └─ step     7\n")
        .contains("├─ betas  (0.9, 0.999)\n")
        .contains("└─ lr     5e-05\n");
  }

  @Test
  void json_of_a_file_has_tensors_and_values() throws Exception {
    Path file = Fixture.pytorch(temporary.resolve("o"));

    Json.Obj document = ckpt("show", "--json", file).object();

    assertThat(document.text("path")).isEqualTo(file.toString());
    assertThat(document.text("format")).isEqualTo("pytorch_zip");
    assertThat(document.integer("size")).isEqualTo(Files.size(file));
    assertThat(document.integer("parameters")).isEqualTo(1);
    assertThat(document.array("tensors").toText())
        .isEqualTo("[{\"name\":\"state.exp_avg\",\"dtype\":\"F32\",\"shape\":[1]}]");
    assertThat(document.array("values").toText())
        .isEqualTo(
            "[{\"name\":\"state.step\",\"value\":7},{\"name\":\"betas\",\"value\":[0.9,0.999]},"
                + "{\"name\":\"lr\",\"value\":5e-05}]");
  }

  @Test
  void a_file_that_is_one_tensor() throws Exception {
    Path file = Fixture.write(temporary.resolve("t"), PyTorch.write(Tensor.scalar(1), "t"));

    assertThat(ckpt("show", file).out()).contains("└─ (without a name)  F32 []");
  }

  @Test
  void a_json_text_is_a_tree() throws Exception {
    Path file =
        Files.writeString(
            temporary.resolve("trainer_state.json"),
            "{\"log_history\": [{\"loss\": NaN, \"big\": 123456789012345678901234567890}],"
                + " \"n\": null}");

    assertThat(ckpt("show", file).out())
        .contains("a JSON text\n")
        .contains("loss  NaN")
        .contains("big   123456789012345678901234567890")
        .contains("n  None");
    assertThat(ckpt("show", "--json", file).object().array("values").toText())
        .contains("{\"name\":\"log_history.0.loss\",\"value\":\"NaN\"}");
  }

  @Test
  void a_checkpoint_shows_metrics_files_and_model() throws Exception {
    Path checkpoint = Fixture.run(temporary.resolve("run")).resolve("checkpoint-100");

    Run text = ckpt("show", checkpoint);
    Json.Obj document = ckpt("show", "--json", checkpoint).object();

    assertThat(text.status()).isZero();
    assertThat(text.out())
        .startsWith(checkpoint + "  step 100, epoch 1.00, ")
        .contains("├─ metrics.eval_accuracy  0.7500\n")
        .containsPattern("model\\.safetensors  .* a safetensors file, 3 tensors, 10 parameters")
        .containsPattern("optimizer\\.pt .* a PyTorch file, 1 tensor, 1 parameter")
        .contains("└─ model\n");
    assertThat(document.integer("step")).isEqualTo(100);
    assertThat(document.array("files").items()).hasSize(2);
    assertThat(document.array("tensors").items()).hasSize(3);
    assertThat(document.find("best")).isEmpty();
  }

  @Test
  void a_run_shows_its_checkpoints() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    assertThat(ckpt("show", run).out())
        .startsWith(run + "  a run of 3 checkpoints\n")
        .containsPattern("checkpoint-100  step 100, epoch 1\\.00, .* \\(best\\)");
    assertThat(ckpt("show", "--json", run).object().array("checkpoints").items()).hasSize(3);
  }

  @Test
  void names_and_metadata_that_would_act_on_a_terminal_are_shown_escaped() throws Exception {
    StateDict hostile =
        StateDict.builder()
            .put("a.\u001b[2J\nb", Tensor.scalar(1))
            .put("a.c", Tensor.scalar(1))
            .build();
    Path file =
        Fixture.write(
            temporary.resolve("m"), SafeTensors.write(hostile, Map.of("k\u0007", "v\u001b[31m")));

    assertThat(ckpt("show", file).out())
        .contains("\\x1b[2J\\nb")
        .contains("(k\\x07)  v\\x1b[31m")
        .doesNotContain("\u001b", "\u0007");
  }

  @Test
  void a_name_of_thousands_of_dots_is_shown() throws Exception {
    StateDict deep =
        StateDict.builder()
            .put("a.".repeat(20_000) + "x", Tensor.scalar(1))
            .put("a.".repeat(20_000) + "y", Tensor.scalar(1))
            .build();
    Path file = Fixture.write(temporary.resolve("m"), SafeTensors.write(deep, Map.of()));

    Run show = ckpt("show", file);

    assertThat(show.status()).isZero();
    assertThat(show.out()).contains(".x  F32 []", ".y  F32 []");
  }

  private static List<Path> golden() throws IOException {
    Path golden = Path.of(System.getProperty("checkpoint4j.root"), "golden", "pytorch");
    try (var listed = Files.list(golden)) {
      return listed.filter(f -> f.toString().matches(".*\\.pth?")).sorted().toList();
    }
  }

  @Test
  void golden_files_of_pytorch_are_shown_listed_and_verified_whatever_their_layout()
      throws Exception {
    Set<String> formats = new TreeSet<>();
    for (Path file : golden()) {
      Run text = ckpt("show", file);
      assertThat(text.status()).as(file.toString()).isZero();
      assertThat(text.out()).contains("a PyTorch file");
      assertThat(ckpt("tensors", file).status()).as(file.toString()).isZero();
      assertThat(ckpt("verify", file).out()).contains("its structure is right; a PyTorch file");
      formats.add(ckpt("show", "--json", file).object().text("format"));
    }

    assertThat(formats).containsExactly("pytorch_legacy", "pytorch_tar", "pytorch_zip");
  }

  @Test
  void sets_and_complex_numbers_are_shown_as_python_writes_them() throws Exception {
    StateDict state =
        StateDict.builder()
            .put("set", new Value.ItemSet(Set.of(Value.of("a"))))
            .put("none", new Value.ItemSet(Set.of()))
            .put("frozen", new Value.FrozenSet(Set.of(Value.of(1))))
            .put("wave", new Value.Complex(1, -2.5))
            .build();
    Path file = Fixture.write(temporary.resolve("s.pt"), PyTorch.write(state, "s"));

    assertThat(ckpt("show", file).out())
        .contains("set     {'a'}", "none    set()", "frozen  frozenset({1})", "wave    (1.0-2.5j)");
    assertThat(ckpt("show", "--json", file).object().array("values").toText())
        .contains("{\"name\":\"set\",\"value\":[\"a\"]}")
        .contains("{\"name\":\"wave\",\"value\":\"(1.0-2.5j)\"}");
  }
}
