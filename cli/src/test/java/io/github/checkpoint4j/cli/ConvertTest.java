package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertTest {
  @TempDir Path temporary;

  private Path safetensors() throws IOException {
    return Fixture.safetensors(temporary.resolve("m.safetensors"));
  }

  private StateDict read(String file) throws IOException {
    Path path = temporary.resolve(file);
    MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(path));
    return file.endsWith(".safetensors")
        ? SafeTensors.parse(bytes, file).stateDict()
        : (StateDict) PyTorch.read(bytes, file);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertSame(StateDict found, StateDict expected) {
    assertThat(found.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(found.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }

  @Test
  void safetensors_become_a_pytorch_file_and_come_back() throws Exception {
    Run there = ckpt("convert", safetensors(), temporary.resolve("m.pt"));
    Run back = ckpt("convert", temporary.resolve("m.pt"), temporary.resolve("b.safetensors"));

    assertThat(there)
        .isEqualTo(
            new Run(0, temporary.resolve("m.pt") + ": a PyTorch file, 3 tensors, 40 B\n", ""));
    assertThat(back.status()).isZero();
    assertSame(read("m.pt"), Fixture.MODEL);
    assertThat(temporary.resolve("b.safetensors"))
        .hasBinaryContent(Files.readAllBytes(temporary.resolve("m.safetensors")));
    assertThat(names()).containsExactly("b.safetensors", "m.pt", "m.safetensors");
  }

  @Test
  void a_name_without_a_dot_is_a_directory_with_shards_of_the_size_given() throws Exception {
    Run run =
        ckpt("convert", "--max-shard-size", "0.02KB", safetensors(), temporary.resolve("model"));

    assertThat(run.out()).contains("a Hugging Face directory, 3 tensors");
    assertThat(temporary.resolve("model/model.safetensors.index.json")).exists();
    assertThat(ckpt("tensors", "--json", temporary.resolve("model")).out())
        .isEqualTo(ckpt("tensors", "--json", temporary.resolve("m.safetensors")).out());
    assertThat(ckpt("verify", temporary.resolve("model")).status()).isZero();
  }

  @Test
  void shards_are_merged_into_one_file() throws Exception {
    ckpt("convert", "--max-shard-size", "0.02KB", safetensors(), temporary.resolve("model"));

    Run run = ckpt("convert", temporary.resolve("model"), temporary.resolve("one.safetensors"));

    assertThat(run.status()).isZero();
    assertSame(read("one.safetensors"), Fixture.MODEL);
  }

  @Test
  void a_checkpoints_model_is_taken_with_its_configuration_and_without_its_training()
      throws Exception {
    Path checkpoint = Fixture.commit(temporary.resolve("run"), 7, Map.of()).directory();
    Files.writeString(checkpoint.resolve("config.json"), "{\"dtype\": \"float32\", \"a\": 1}");
    Files.delete(checkpoint.resolve("manifest.json"));

    Run run = ckpt("convert", "--dtype", "bf16", checkpoint, temporary.resolve("model"));

    assertThat(run.status()).as(run.err()).isZero();
    try (Stream<Path> files = Files.list(temporary.resolve("model"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("model.safetensors", "config.json");
    }
    assertThat(temporary.resolve("model/config.json"))
        .hasContent("{\n  \"dtype\": \"bfloat16\",\n  \"a\": 1\n}\n");
    assertThat(read("model/model.safetensors").tensor("head.bias").dtype()).isEqualTo(Dtype.BF16);
  }

  @Test
  void names_are_chosen_and_renamed() throws Exception {
    Run run =
        ckpt(
            "convert",
            "--only",
            "encoder.*",
            "--rename",
            "encoder=bert.encoder",
            "--rename",
            "regex:layer\\.(\\d+)=block$1",
            safetensors(),
            temporary.resolve("e.safetensors"));

    assertThat(run.out()).endsWith("2 tensors, 32 B, 1 not chosen\n");
    assertThat(read("e.safetensors").names())
        .containsExactly("bert.encoder.block0.weight", "bert.encoder.block1.weight");
  }

  @Test
  void floats_are_cast_and_whole_numbers_are_not() throws Exception {
    StateDict state =
        StateDict.builder()
            .put("w", Tensor.ofFloats(new float[] {1, -0.1f}, 2))
            .put("n", Tensor.ofLongs(new long[] {7}))
            .build();
    Path file =
        Fixture.write(temporary.resolve("s.safetensors"), SafeTensors.write(state, Map.of()));

    ckpt("convert", "--dtype", "F16", file, temporary.resolve("h.safetensors"));

    StateDict half = read("h.safetensors");
    assertThat(half.tensor("w").toByteArray()).containsExactly(0x00, 0x3C, 0x66, (byte) 0xAE);
    assertThat(half.tensor("n").dtype()).isEqualTo(Dtype.I64);
  }

  @Test
  void numbers_that_become_infinite_are_told() throws Exception {
    StateDict state =
        StateDict.builder().put("w", Tensor.ofFloats(new float[] {1e6f, 1, -7e4f}, 3)).build();
    Path file =
        Fixture.write(temporary.resolve("s.safetensors"), SafeTensors.write(state, Map.of()));

    Run run = ckpt("convert", "--dtype", "F16", file, temporary.resolve("h.safetensors"));

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEqualTo("note: 2 numbers of 'w' became infinite: too large for F16\n");
  }

  @Test
  void a_dtype_that_is_not_cast_is_told() throws Exception {
    StateDict state =
        StateDict.builder()
            .put("q", Tensor.of(Dtype.F8_E4M3, new long[] {2}, MemorySegment.ofArray(new byte[2])))
            .build();
    Path file =
        Fixture.write(temporary.resolve("s.safetensors"), SafeTensors.write(state, Map.of()));

    Run run = ckpt("convert", "--dtype", "F16", file, temporary.resolve("h.safetensors"));

    assertThat(run.err()).isEqualTo("note: 'q' stays F8_E4M3, which is not cast\n");
  }

  @Test
  void a_tensor_of_two_names_stays_one_when_it_is_cast() throws Exception {
    Tensor shared = Tensor.ofFloats(new float[] {1, 2}, 2);
    StateDict state = StateDict.builder().put("a", shared).put("b", shared).build();
    Path file =
        Fixture.write(temporary.resolve("s.safetensors"), SafeTensors.write(state, Map.of()));

    ckpt("convert", "--dtype", "BF16", file, temporary.resolve("h.safetensors"));

    MemorySegment bytes =
        MemorySegment.ofArray(Files.readAllBytes(temporary.resolve("h.safetensors")));
    SafeTensors written = SafeTensors.parse(bytes, "h");
    assertThat(written.tensors().keySet()).containsExactly("a");
    assertThat(written.aliases()).containsExactly(Map.entry("b", "a"));
  }

  @Test
  void what_is_no_tensor_is_left_out_and_told() throws Exception {
    StateDict state =
        StateDict.builder()
            .put("model", Fixture.MODEL)
            .put("epoch", 3)
            .put("name", Value.of("run"))
            .build();
    Path file = Fixture.write(temporary.resolve("c.pt"), PyTorch.write(state, "c"));

    Run text = ckpt("convert", file, temporary.resolve("t.safetensors"));
    Run json = ckpt("convert", "--json", file, temporary.resolve("j.safetensors"));

    assertThat(text.err()).isEqualTo("note: left out, since they are no tensors: epoch, name\n");
    assertThat(json.object().array("left_out").items())
        .containsExactly(Json.of("epoch"), Json.of("name"));
    assertThat(json.object().integer("tensors")).isEqualTo(3);
    assertThat(json.err()).isEmpty();
    assertThat(read("t.safetensors").names()).contains("model.head.bias");
  }

  @Test
  void a_rule_for_no_name_is_told() throws Exception {
    Run run =
        ckpt("convert", "--rename", "module.=", safetensors(), temporary.resolve("x.safetensors"));

    assertThat(run.err())
        .isEqualTo("note: no tensor's name was changed by rename(\"module.\", \"\")\n");
  }

  @Test
  void a_target_that_is_there_is_replaced_only_if_asked_for() throws Exception {
    Path target = Files.writeString(temporary.resolve("t.pt"), "mine");

    Run refused = ckpt("convert", safetensors(), target);
    assertThat(refused.status()).isEqualTo(3);
    assertThat(refused.err())
        .isEqualTo(
            "ckpt convert: "
                + target
                + ": it is there already; give another name, or remove it first\n");
    assertThat(target).hasContent("mine");
    assertThat(ckpt("convert", "--overwrite", safetensors(), target).status()).isZero();
    assertSame(read("t.pt"), Fixture.MODEL);
  }

  @Test
  void the_source_is_not_written_to_even_through_a_link() throws Exception {
    Path source = safetensors();
    Path link = Files.createSymbolicLink(temporary.resolve("l.safetensors"), source);
    byte[] before = Files.readAllBytes(source);

    for (Path target : List.of(source, link)) {
      Run run = ckpt("convert", "--overwrite", source, target);
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err())
          .isEqualTo(
              "ckpt convert: " + target + " is the source itself; give the target another name\n");
    }
    assertThat(source).hasBinaryContent(before);
  }

  @Test
  void a_run_is_refused_with_its_latest_checkpoint() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));

    assertThat(ckpt("convert", run, temporary.resolve("x.pt")).err())
        .isEqualTo(
            "ckpt convert: "
                + run
                + " is a run of several checkpoints; give one of them, checkpoint-150 is the"
                + " latest\n");
  }

  @Test
  void a_damaged_source_leaves_no_target() throws Exception {
    Path source = safetensors();
    Files.write(
        source,
        List.of(
            Files.readString(source, java.nio.charset.StandardCharsets.ISO_8859_1)
                .substring(0, 40)));

    assertThat(ckpt("convert", source, temporary.resolve("x.pt")).status()).isEqualTo(1);
    assertThat(names()).containsExactly("m.safetensors");
  }

  @Test
  void a_missing_folder_of_the_target_is_named() throws Exception {
    Run run = ckpt("convert", safetensors(), temporary.resolve("no/x.pt"));

    assertThat(run.status()).isEqualTo(3);
    assertThat(run.err()).contains(temporary.resolve("no").toString());
  }

  @Test
  void no_tensors_are_an_error() throws Exception {
    Path file =
        Fixture.write(
            temporary.resolve("e.pt"), PyTorch.write(StateDict.builder().put("a", 1).build(), "e"));

    assertThat(ckpt("convert", file, temporary.resolve("x.safetensors")))
        .isEqualTo(new Run(1, "", "ckpt convert: there are no tensors to convert\n"));
    assertThat(ckpt("convert", "--only", "x", safetensors(), temporary.resolve("x.pt")))
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt convert: none of 3 tensors matches --only; ckpt tensors lists them\n"));
  }

  @Test
  void usage_errors_say_what_to_give() throws Exception {
    Path source = safetensors();

    assertThat(ckpt("convert", source, temporary.resolve("m.xyz")).err())
        .contains(
            "m.xyz' does not tell the format to write: give a name with one of .safetensors, .pt,"
                + " .pth, .bin, or without a dot for a directory");
    assertThat(ckpt("convert", "--dtype", "int8", source, temporary.resolve("m.pt")).err())
        .contains("--dtype is 'int8'; give F64, F32, F16 or BF16");
    assertThat(ckpt("convert", "--max-shard-size", "1GB", source, temporary.resolve("m.pt")).err())
        .contains("--max-shard-size is for a directory")
        .contains("is to be a PyTorch file; give a name without a dot");
    assertThat(names()).containsExactly("m.safetensors");
  }
}
