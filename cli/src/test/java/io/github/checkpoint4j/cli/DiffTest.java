package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffTest {
  @TempDir Path temporary;

  private Path file(String name, StateDict state) throws IOException {
    return Fixture.write(temporary.resolve(name), SafeTensors.write(state, Map.of()));
  }

  private static StateDict.Builder state() {
    return StateDict.builder();
  }

  private static Tensor floats(float... values) {
    return Tensor.ofFloats(values, values.length);
  }

  @Test
  void equal_files_have_no_difference() throws Exception {
    Path a = Fixture.safetensors(temporary.resolve("a"));
    Path b = Fixture.safetensors(temporary.resolve("b"));

    assertThat(ckpt("diff", "--exit-code", a, b)).isEqualTo(new Run(0, "no difference\n", ""));
    assertThat(ckpt("diff", "--json", a, b).object().bool("same")).isTrue();
  }

  @Test
  void tensors_are_told_with_their_norms_the_most_changed_first() throws Exception {
    Path a =
        file(
            "a", state().put("x", floats(3, 4)).put("y", floats(1, 0)).put("z", floats(5)).build());
    Path b =
        file(
            "b",
            state().put("x", floats(3, 4.5f)).put("y", floats(0, 0)).put("z", floats(5)).build());

    assertThat(ckpt("diff", a, b))
        .isEqualTo(
            new Run(
                0,
                """
                model: 2 of 3 differ
                  name  shape    |A|    |B|   |B-A|  relative  largest  at   changed
                  y     [2]    1.000  0.000   1.000     1.000    1.000  [0]        1
                  x     [2]    5.000  5.408  0.5000    0.1000   0.5000  [1]        1
                """,
                ""));
    assertThat(ckpt("diff", "--exit-code", a, b).status()).isEqualTo(1);
  }

  @Test
  void what_only_one_has_is_told() throws Exception {
    Path a = file("a", state().put("old", floats(1)).put("both", floats(1)).build());
    Path b = file("b", state().put("new", floats(1, 2)).put("both", floats(1)).build());

    assertThat(ckpt("diff", a, b).out())
        .isEqualTo(
            """
            model: 0 of 1 differ, 1 only in A, 1 only in B
              A only  old  F32 [1]
              B only  new  F32 [2]
            """);
  }

  @Test
  void another_shape_or_dtype_is_told() throws Exception {
    Tensor half = Tensor.of(Dtype.F16, new long[] {1}, MemorySegment.ofArray(new byte[2]));
    Path a = file("a", state().put("s", floats(1, 2)).put("t", floats(0)).build());
    Path b =
        file(
            "b",
            state().put("s", Tensor.ofFloats(new float[] {1, 2}, 1, 2)).put("t", half).build());

    assertThat(ckpt("diff", a, b).out())
        .contains("s     F32 [2] -> F32 [1, 2]")
        .contains("t     [1] F32 -> F16");
  }

  @Test
  void numbers_that_ceased_to_be_finite_come_first() throws Exception {
    Path a = file("a", state().put("x", floats(1)).put("y", floats(1)).build());
    Path b = file("b", state().put("x", floats(9)).put("y", floats(Float.NaN)).build());

    assertThat(ckpt("diff", a, b).out().lines().skip(2).toList())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("  y").contains("not finite"),
            second -> assertThat(second).startsWith("  x"));
  }

  @Test
  void only_so_many_rows_are_shown_and_the_rest_is_counted() throws Exception {
    StateDict.Builder before = state();
    StateDict.Builder after = state();
    for (int i = 0; i < 30; i++) {
      before.put("t" + i, floats(1));
      after.put("t" + i, floats(2));
    }
    Path a = file("a", before.build());
    Path b = file("b", after.build());

    assertThat(ckpt("diff", a, b).out().lines()).hasSize(23);
    assertThat(ckpt("diff", a, b).out()).endsWith("  and 10 more; --top 30 shows them\n");
    assertThat(ckpt("diff", "--top", "2", a, b).out())
        .endsWith("  and 28 more; --top 30 shows them\n");
    assertThat(ckpt("diff", "--filter", "t2?", "--top", "99", a, b).out().lines()).hasSize(12);
  }

  @Test
  void a_checkpoint_is_told_by_its_parts() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    Run diff = ckpt("diff", run.resolve("checkpoint-50"), run.resolve("checkpoint-100"));

    assertThat(diff.out())
        .isEqualTo(
            """
            model: no difference
            hyperparameters: no difference
            metrics: 1 of 1 differ
              eval_accuracy: 0.5 -> 0.75
            optimizer.pt: no difference
            """);
  }

  @Test
  void a_file_is_compared_with_a_checkpoints_model() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Path file = Fixture.safetensors(temporary.resolve("m"));

    assertThat(ckpt("diff", file, run.resolve("checkpoint-50")).out()).isEqualTo("no difference\n");
    assertThat(ckpt("diff", run.resolve("checkpoint-50"), file).out()).isEqualTo("no difference\n");
  }

  @Test
  void a_file_that_only_one_checkpoint_has_is_told() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Files.delete(run.resolve("checkpoint-50/manifest.json"));
    Files.writeString(run.resolve("checkpoint-50/vocab.txt"), "a\nb\n");

    assertThat(ckpt("diff", run.resolve("checkpoint-50"), run.resolve("checkpoint-100")).out())
        .startsWith("vocab.txt: only in A\n");
  }

  @Test
  void a_file_that_is_no_state_is_compared_by_its_digest() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    for (String step : new String[] {"50", "100"}) {
      Files.delete(run.resolve("checkpoint-" + step + "/manifest.json"));
      Files.writeString(run.resolve("checkpoint-" + step + "/vocab.txt"), "a " + step + "\n");
    }

    assertThat(ckpt("diff", run.resolve("checkpoint-50"), run.resolve("checkpoint-100")).out())
        .contains("vocab.txt: 1 of 1 differ\n  sha256: '");
  }

  @Test
  void the_document_has_all_differences_with_their_numbers() throws Exception {
    Path a = file("a", state().put("x", floats(3, 4)).put("old", floats(1)).build());
    Path b = file("b", state().put("x", floats(3, 5)).build());

    Json.Obj part =
        (Json.Obj) ckpt("diff", "--json", a, b).object().array("parts").items().getFirst();

    assertThat(part.text("name")).isEqualTo("model");
    assertThat(part.array("only_in_a").items()).containsExactly(Json.of("old"));
    Json.Obj tensor = (Json.Obj) part.array("tensors").items().getFirst();
    assertThat(tensor.real("norm_a")).isEqualTo(5);
    assertThat(tensor.real("largest")).isEqualTo(1);
    assertThat(tensor.text("at")).isEqualTo("[1]");
    assertThat(tensor.integer("changed")).isEqualTo(1);
    assertThat(tensor.object("a").text("dtype")).isEqualTo("F32");
  }

  @Test
  void hostile_names_are_shown_as_text() throws Exception {
    Path a = file("a", state().put("x\u001b[31m\nmodel: no difference", floats(1)).build());
    Path b = file("b", state().put("y", floats(1)).build());

    assertThat(ckpt("diff", a, b).out()).doesNotContain("\u001b").hasLineCount(3);
  }

  @Test
  void a_run_or_a_count_of_no_rows_is_refused() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Path file = Fixture.safetensors(temporary.resolve("m"));

    assertThat(ckpt("diff", run, file))
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt diff: "
                    + run
                    + " is a run of several checkpoints; give one of those that ckpt ls lists\n"));
    assertThat(ckpt("diff", "--top", "0", file, file).err())
        .isEqualTo("ckpt diff: --top is 0; give at least 1\n");
    assertThat(ckpt("diff", file, temporary.resolve("none")).status()).isEqualTo(3);
  }
}
