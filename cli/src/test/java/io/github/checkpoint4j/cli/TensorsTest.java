package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorsTest {
  /** Of the eight bytes 0x3f000000 0x7fc00000, each little-endian. */
  private static final String SHA256_OF_BIAS = sha256("0000003f0000c07f");

  @TempDir Path temporary;

  @Test
  void one_line_a_tensor() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("any name"));

    assertThat(ckpt("tensors", file))
        .isEqualTo(
            new Run(
                0,
                """
                name                    dtype  shape   size
                encoder.layer.0.weight  F32    [2, 2]  16 B
                encoder.layer.1.weight  F32    [2, 2]  16 B
                head.bias               F32    [2]      8 B
                """,
                ""));
  }

  @Test
  void json_rows_have_name_dtype_shape_and_digest() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("m"));

    Run tensors = ckpt("tensors", "--json", "--filter", "head.*", file);

    assertThat(tensors.err()).isEmpty();
    List<Json> rows = ((Json.Arr) tensors.json()).items();
    assertThat(rows)
        .containsExactly(
            Json.object()
                .put("name", "head.bias")
                .put("dtype", "F32")
                .put("shape", Json.array(List.of(Json.of(2))))
                .put("sha256", SHA256_OF_BIAS)
                .build());
  }

  @Test
  void names_in_a_pytorch_file_are_its_keys_joined_by_dots() throws Exception {
    Path file = Fixture.pytorch(temporary.resolve("o"));

    List<Json> rows = ((Json.Arr) ckpt("tensors", "--json", file).json()).items();

    assertThat(rows)
        .extracting(row -> ((Json.Obj) row).text("name"))
        .containsExactly("state.exp_avg");
  }

  @Test
  void checksums_are_of_the_bytes() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("m"));

    assertThat(ckpt("tensors", "--checksum", file).out())
        .contains("sha256")
        .contains("8 B  " + SHA256_OF_BIAS);
  }

  @Test
  void statistics_are_columns_and_members() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("m"));

    Run text = ckpt("tensors", "--stats", "--filter", "*.0.*", file);
    Run json = ckpt("tensors", "--stats", "--filter", "head*", "--json", file);

    assertThat(text.out())
        .contains("min", "max", "mean", "std", "norm", "zeros", "NaN", "infinite")
        .containsPattern("1\\.0000 +4\\.0000 +2\\.5000 +1\\.1180 +5\\.4772 +0 +0 +0");
    Json.Obj stats = ((Json.Obj) ((Json.Arr) json.json()).items().getFirst()).object("stats");
    assertThat(stats.real("min")).isEqualTo(0.5);
    assertThat(stats.real("max")).isEqualTo(0.5);
    assertThat(stats.real("mean")).isEqualTo(0.5);
    assertThat(stats.real("std")).isZero();
    assertThat(stats.integer("nan")).isEqualTo(1);
    assertThat(stats.integer("zeros")).isZero();
    assertThat(stats.integer("infinite")).isZero();
  }

  @Test
  void a_filter_that_matches_nothing_says_so() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("m"));

    assertThat(ckpt("tensors", "--filter", "x*", file))
        .isEqualTo(new Run(0, "", "none of 3 tensors matches 'x*'\n"));
    assertThat(ckpt("tensors", "--json", "--filter", "x*", file)).isEqualTo(new Run(0, "[]\n", ""));
  }

  @Test
  void a_checkpoint_is_its_model() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    assertThat(ckpt("tensors", run.resolve("checkpoint-50")).out()).contains("head.bias");
  }

  @Test
  void a_model_in_shards_is_one() throws Exception {
    Fixture.write(
        temporary.resolve("model-00001-of-00002.safetensors"),
        SafeTensors.write(StateDict.builder().put("a", Tensor.scalar(1)).build(), Map.of()));
    Fixture.write(
        temporary.resolve("model-00002-of-00002.safetensors"),
        SafeTensors.write(StateDict.builder().put("b", Tensor.scalar(2)).build(), Map.of()));
    Files.writeString(
        temporary.resolve("model.safetensors.index.json"),
        """
        {"metadata": {"total_size": 8}, "weight_map":
          {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        """);

    List<Json> rows = ((Json.Arr) ckpt("tensors", "--json", temporary).json()).items();

    assertThat(rows).extracting(row -> ((Json.Obj) row).text("name")).containsExactly("a", "b");
  }

  @Test
  void a_directory_from_before_safetensors_is_read_too() throws Exception {
    Fixture.write(
        temporary.resolve("pytorch_model.bin"), PyTorch.write(Fixture.MODEL, "pytorch_model"));
    Files.writeString(temporary.resolve("config.json"), "{}");

    assertThat(ckpt("tensors", temporary).out()).contains("head.bias");
  }

  @Test
  void a_run_is_refused() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    Run tensors = ckpt("tensors", run);

    assertThat(tensors.status()).isEqualTo(1);
    assertThat(tensors.err())
        .isEqualTo(
            "ckpt tensors: %s is a run of several checkpoints; give one of those that ckpt ls lists\n"
                .formatted(run));
  }

  @Test
  void a_directory_without_a_model_is_refused() throws Exception {
    Files.writeString(temporary.resolve("notes.txt"), "x");

    Run tensors = ckpt("tensors", temporary);

    assertThat(tensors.status()).isIn(1, 3);
    assertThat(tensors.out()).isEmpty();
    assertThat(tensors.err()).startsWith("ckpt tensors: ").hasLineCount(1);
  }

  @Test
  void names_that_would_act_on_a_terminal_are_shown_escaped() throws Exception {
    StateDict hostile =
        StateDict.builder().put("\u001b]0;owned\u0007\nx\u202e", Tensor.scalar(1)).build();
    Path file = Fixture.write(temporary.resolve("m"), SafeTensors.write(hostile, Map.of()));

    Run text = ckpt("tensors", file);
    Run json = ckpt("tensors", "--json", file);

    assertThat(text.out()).contains("\\x1b]0;owned\\x07\\nx\\u202e").hasLineCount(2);
    assertThat(Set.of(text.out(), json.out()))
        .allMatch(out -> out.chars().allMatch(c -> c == '\n' || (c >= ' ' && c < 0x7f)));
  }

  private static String sha256(String hexadecimal) {
    return Sha256.of(java.lang.foreign.MemorySegment.ofArray(HexFormat.of().parseHex(hexadecimal)));
  }
}
