package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyTest {
  @TempDir Path temporary;

  @Test
  void a_run_is_all_its_checkpoints() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    Run verify = ckpt("verify", run);

    assertThat(verify.status()).isZero();
    assertThat(verify.err()).isEmpty();
    assertThat(verify.out().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("ok      " + run + "/checkpoint-"))
        .allMatch(line -> line.contains("2 files, 4 tensors"));
  }

  @Test
  void one_flipped_bit_is_found_and_its_tensor_named() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Fixture.flip(run.resolve("checkpoint-100/model.safetensors"), -1);

    Run verify = ckpt("verify", run);
    Run json = ckpt("verify", "--json", run);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out().lines().filter(line -> line.startsWith("FAILED")))
        .singleElement()
        .asString()
        .contains("checkpoint-100", "model.safetensors", "head.bias");
    assertThat(json.status()).isEqualTo(1);
    assertThat(json.err()).isEmpty();
    assertThat(json.object().bool("ok")).isFalse();
    Json.Obj damaged = (Json.Obj) json.object().array("checked").items().get(1);
    assertThat(damaged.bool("ok")).isFalse();
    Json.Obj problem = (Json.Obj) damaged.array("problems").items().getFirst();
    assertThat(problem.text("file")).isEqualTo("model.safetensors");
    assertThat(problem.text("tensor")).isEqualTo("head.bias");
    assertThat(problem.text("message")).contains("head.bias");
  }

  @Test
  void a_file_cut_short_is_found() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Path file = run.resolve("checkpoint-50/optimizer.pt");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));

    Run verify = ckpt("verify", run.resolve("checkpoint-50"));

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out()).contains("optimizer.pt").startsWith("FAILED");
  }

  @Test
  void a_missing_shard_is_found() throws Exception {
    Fixture.write(
        temporary.resolve("model-00001-of-00002.safetensors"),
        SafeTensors.write(StateDict.builder().put("a", Tensor.scalar(1)).build(), Map.of()));
    Files.writeString(
        temporary.resolve("model.safetensors.index.json"),
        """
        {"metadata": {}, "weight_map":
          {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        """);

    Run verify = ckpt("verify", temporary);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out()).contains("model-00002-of-00002.safetensors");
  }

  @Test
  void files_without_checksums_are_told_from_those_with() throws Exception {
    Path file = Fixture.safetensors(temporary.resolve("m"));

    assertThat(ckpt("verify", file))
        .isEqualTo(
            new Run(
                0,
                "ok      %s: its structure is right; a safetensors file holds no checksums, so its values are not vouched for\n"
                    .formatted(file),
                ""));
  }

  @Test
  void a_checkpoint_without_manifest_is_not_vouched_for() throws Exception {
    Path checkpoint = Fixture.run(temporary.resolve("run")).resolve("checkpoint-50");
    Files.delete(checkpoint.resolve("manifest.json"));

    Run verify = ckpt("verify", checkpoint);

    assertThat(verify.status()).isZero();
    assertThat(verify.out()).contains("it has no manifest, so its values are not vouched for");
  }

  @Test
  void all_paths_are_verified_and_a_damaged_one_counts_more_than_a_missing_one() throws Exception {
    Path good = Fixture.safetensors(temporary.resolve("good"));
    Path bad = Files.writeString(temporary.resolve("bad"), "garbage");
    Path missing = temporary.resolve("missing");

    Run verify = ckpt("verify", missing, bad, good);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out().lines().map(line -> line.substring(0, 6)))
        .containsExactly("FAILED", "FAILED", "ok    ");
    assertThat(ckpt("verify", missing, good).status()).isEqualTo(3);
    assertThat(ckpt("verify", "--json", missing).object().bool("ok")).isFalse();
  }

  @Test
  void an_empty_directory_fails() {
    Run verify = ckpt("verify", temporary);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out()).startsWith("FAILED  " + temporary);
  }

  @Test
  void what_a_problem_names_is_shown_escaped() throws Exception {
    Path bad = Files.writeString(temporary.resolve("b\u001b[31mad"), "garbage");

    assertThat(ckpt("verify", bad).out()).contains("b\\x1b[31mad").doesNotContain("\u001b");
  }

  @Test
  void no_path_is_a_usage_error() {
    assertThat(ckpt("verify"))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt verify: Missing required parameter: 'PATH'; see ckpt verify --help\n"));
  }

  @Test
  void it_ends_where_it_is_told_to() throws IOException {
    Path run = Fixture.run(temporary.resolve("cancelled"));
    CancellationException cancelled = new CancellationException();

    assertThatThrownBy(
            () ->
                Verify.document(
                    run,
                    _ -> {
                      throw cancelled;
                    }))
        .isSameAs(cancelled);
  }
}
