package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Cast;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AverageTest {
  @TempDir Path temporary;

  private Path file(String name, StateDict state) throws IOException {
    return Fixture.write(temporary.resolve(name), SafeTensors.write(state, Map.of()));
  }

  private Path floats(String name, float... values) throws IOException {
    return file(name, StateDict.builder().put("w", Tensor.ofFloats(values, values.length)).build());
  }

  private StateDict read(Path path) throws IOException {
    return SafeTensors.parse(MemorySegment.ofArray(Files.readAllBytes(path)), "mean").stateDict();
  }

  @Test
  void the_mean_of_files() throws Exception {
    Path target = temporary.resolve("mean.safetensors");

    Run run = ckpt("average", floats("a", 1, 2, -4), floats("b", 2, 4, 4), "--output", target);

    assertThat(run)
        .isEqualTo(
            new Run(
                0,
                "%s: a safetensors file, the mean of %s, %s\n"
                    .formatted(target, temporary.resolve("a"), temporary.resolve("b")),
                ""));
    assertThat(read(target).tensor("w").toFloats()).containsExactly(1.5f, 3, 0);
  }

  @Test
  void the_mean_is_rounded_once() throws Exception {
    // In float, 1e8 + 1 is 1e8, and so the sum would lose all ones.
    Path target = temporary.resolve("mean.safetensors");
    ckpt(
        "average",
        floats("a", 1e8f),
        floats("b", 1),
        floats("c", 1),
        floats("d", -1e8f),
        "--output",
        target);

    assertThat(read(target).tensor("w").toFloats()).containsExactly(0.5f);
  }

  @Test
  void a_run_stands_for_its_checkpoints_and_last_for_its_newest() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    Run all = ckpt("average", "--json", run, "--output", temporary.resolve("all"));
    Run two = ckpt("average", "--json", run, "--last", 2, "--output", temporary.resolve("two"));

    assertThat(all.object().array("sources").items())
        .extracting(source -> ((Json.Str) source).value())
        .containsExactly(run + "/checkpoint-50", run + "/checkpoint-100", run + "/checkpoint-150");
    assertThat(two.object().array("sources").items()).hasSize(2);
    assertThat(temporary.resolve("two/model.safetensors")).exists();
    assertThat(ckpt("diff", temporary.resolve("two"), run.resolve("checkpoint-150")).out())
        .contains("model: no difference");
  }

  @Test
  void halves_are_averaged_as_numbers_and_whole_numbers_are_those_of_the_last() throws Exception {
    MemorySegment half = MemorySegment.ofArray(new byte[2]);
    MemorySegment other = MemorySegment.ofArray(new byte[2]);
    Cast cast = Cast.between(Dtype.F32, Dtype.F16);
    cast.apply(Tensor.ofFloats(new float[] {1}, 1).bytes(), half);
    cast.apply(Tensor.ofFloats(new float[] {2}, 1).bytes(), other);
    Path a =
        file(
            "a",
            StateDict.builder()
                .put("h", Tensor.of(Dtype.F16, new long[] {1}, half))
                .put("n", Tensor.ofLongs(new long[] {3}))
                .build());
    Path b =
        file(
            "b",
            StateDict.builder()
                .put("h", Tensor.of(Dtype.F16, new long[] {1}, other))
                .put("n", Tensor.ofLongs(new long[] {5}))
                .build());
    Path target = temporary.resolve("mean.safetensors");

    Run run = ckpt("average", a, b, "--output", target);

    assertThat(run.err()).isEqualTo("note: 'n' is I64 and not averaged: it is that of " + b + "\n");
    assertThat(read(target).tensor("n").toLongs()).containsExactly(5);
    assertThat(read(target).tensor("h").toByteArray()).containsExactly(0x00, 0x3E);
  }

  @Test
  void a_tensor_longer_than_a_piece_is_averaged_to_its_end() throws Exception {
    float[] ones = new float[20_000];
    float[] threes = new float[20_000];
    Arrays.fill(ones, 1);
    Arrays.fill(threes, 3);
    Path target = temporary.resolve("mean.safetensors");

    ckpt("average", floats("a", ones), floats("b", threes), "--output", target);

    float[] mean = read(target).tensor("w").toFloats();
    assertThat(mean).hasSize(20_000).containsOnly(2);
  }

  @Test
  void models_that_differ_are_refused_with_the_tensor() throws Exception {
    Path a = floats("a", 1, 2);
    Path longer = floats("longer", 1, 2, 3);
    Path more =
        file(
            "more",
            StateDict.builder()
                .put("w", Tensor.ofFloats(new float[2], 2))
                .put("v", Tensor.scalar(1))
                .build());
    Path target = temporary.resolve("mean.pt");

    assertThat(ckpt("average", a, longer, "--output", target))
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt average: %s has 'w' as F32[2], not F32[3], unlike %s; average checkpoints of one model\n"
                    .formatted(a, longer)));
    assertThat(ckpt("average", a, more, "--output", target).err())
        .isEqualTo(
            "ckpt average: %s has no tensor 'v', unlike %s; average checkpoints of one model\n"
                .formatted(a, more));
    assertThat(ckpt("average", more, a, "--output", target).err())
        .isEqualTo(
            "ckpt average: %s has no tensor 'v', unlike %s; average checkpoints of one model\n"
                .formatted(a, more));
    assertThat(target).doesNotExist();
  }

  @Test
  void usage_errors_say_what_to_give() throws Exception {
    Path a = floats("a", 1);
    Path target = temporary.resolve("mean.pt");

    assertThat(ckpt("average", a, "--output", target).err())
        .isEqualTo("ckpt average: a mean of 1 model; give at least two, or a run of several\n");
    assertThat(ckpt("average", a, a, "--output", target).err())
        .isEqualTo("ckpt average: a source is given twice; give each once\n");
    assertThat(ckpt("average", a, floats("b", 1), "--last", 2, "--output", target).err())
        .isEqualTo("ckpt average: --last is for a run, and none is given; give its directory\n");
    assertThat(
            ckpt("average", Fixture.run(temporary.resolve("run")), "--last", 0, "--output", target)
                .err())
        .isEqualTo("ckpt average: --last is 0; give at least 1\n");
    assertThat(ckpt("average", a, floats("b", 1)).status()).isEqualTo(2);
    assertThat(ckpt("average", a, floats("b", 1), "--output", a, "--overwrite").status())
        .isEqualTo(2);
  }
}
