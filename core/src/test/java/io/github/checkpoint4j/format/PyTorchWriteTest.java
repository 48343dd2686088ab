package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PyTorchWriteTest {
  static MemorySegment joined(FileContent content) {
    MemorySegment joined = MemorySegment.ofArray(new byte[Math.toIntExact(content.size())]);
    long at = 0;
    for (FileContent.Part part : content.parts()) {
      MemorySegment.copy(part.bytes(), 0, joined, at, part.bytes().byteSize());
      at += part.bytes().byteSize();
    }
    return joined;
  }

  private static StateDict rewritten(StateDict state) throws IOException {
    return (StateDict) PyTorch.read(joined(PyTorch.write(state, "a")), "a.pt");
  }

  @Test
  void a_tensors_part_is_the_tensors_own_memory_under_its_dotted_name() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor weight = Tensor.of(Dtype.F32, new long[] {2}, arena.allocate(8));
      StateDict state =
          StateDict.builder()
              .put("state", new Value.Dict(Map.of(Value.of(7), weight)))
              .put("list", Value.list(Tensor.scalar(1)))
              .build();

      List<FileContent.Part> tensors =
          PyTorch.write(state, "a").parts().stream()
              .filter(part -> part.tensor().isPresent())
              .toList();

      assertThat(tensors)
          .extracting(FileContent.Part::tensor)
          .containsExactly(Optional.of("state.7"), Optional.of("list.0"));
      assertThat(tensors.getFirst().bytes()).isEqualTo(weight.bytes());
    }
  }

  @Test
  void every_record_starts_at_a_multiple_of_64() throws IOException {
    StateDict state =
        StateDict.builder()
            .put("a", Tensor.ofBytes(new byte[3]))
            .put("b", Tensor.ofFloats(new float[5], 5))
            .build();

    ZipArchive archive = ZipArchive.parse(joined(PyTorch.write(state, "name")), "a.pt");

    assertThat(archive.entries()).allMatch(entry -> entry.data() % 64 == 0);
    assertThat(archive.entries())
        .extracting(ZipArchive.Entry::name)
        .containsExactly(
            "name/data.pkl",
            "name/.format_version",
            "name/.storage_alignment",
            "name/byteorder",
            "name/data/0",
            "name/data/1",
            "name/version",
            "name/.data/serialization_id");
  }

  @Test
  void the_same_value_gives_the_same_bytes() throws IOException {
    Value optimizer = PyTorchReadTest.read("optimizer.pt");

    assertThat(
            joined(PyTorch.write(optimizer, "o")).mismatch(joined(PyTorch.write(optimizer, "o"))))
        .isEqualTo(-1);
  }

  @Test
  void tensors_of_the_same_memory_are_written_once() throws IOException {
    Tensor tied = Tensor.ofFloats(new float[1000], 1000);
    StateDict state = StateDict.builder().put("a", tied).put("b", tied).build();

    FileContent content = PyTorch.write(state, "a");
    StateDict read = (StateDict) PyTorch.read(joined(content), "a.pt");

    assertThat(content.size()).isLessThan(6000);
    assertThat(read.tensor("a").bytes()).isEqualTo(read.tensor("b").bytes());
  }

  @Test
  void a_dtype_that_pytorch_lacks_is_refused_by_name() {
    Tensor tensor = Tensor.of(Dtype.F6_E2M3, new long[] {4}, MemorySegment.ofArray(new byte[3]));
    StateDict state = StateDict.builder().put("layer", StateDict.of(Map.of("w", tensor))).build();

    assertThatThrownBy(() -> PyTorch.write(state, "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("PyTorch has no dtype F6_E2M3, which 'layer.w' has");
  }

  @Test
  void a_scalar_of_pairs_is_refused() {
    Tensor tensor = Tensor.of(Dtype.F4, new long[] {2, 1}, MemorySegment.ofArray(new byte[1]));

    assertThatThrownBy(() -> PyTorch.write(tensor, "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("last dimension of '' is odd: F4[2, 1]");
  }

  @Test
  void half_a_surrogate_pair_is_refused() {
    StateDict state = StateDict.builder().put("a", "\uD834").build();

    assertThatThrownBy(() -> PyTorch.write(state, "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a string in 'a' has half of a surrogate pair and no UTF-8");
  }

  @Test
  void a_folder_is_a_single_name() {
    assertThatThrownBy(() -> PyTorch.write(Value.none(), "a/b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an archive's name is a name, not 'a/b'");
  }

  @Test
  void values_too_deep_for_a_reader_are_refused() {
    Value value = Value.none();
    for (int i = 0; i < 258; i++) {
      value = Value.list(value);
    }
    Value deep = value;

    assertThatThrownBy(() -> PyTorch.write(deep, "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("containers more than 256 deep in one another");
  }

  @Test
  void what_was_read_from_python_is_written_and_read_the_same() throws IOException {
    for (String name : List.of("values.pt", "scheduler.pt")) {
      StateDict state = (StateDict) PyTorchReadTest.read(name);
      StateDict again = rewritten(state);
      assertThat(again.names()).containsExactlyElementsOf(state.names());
      for (String key : state.names()) {
        if (!key.equals("numpy")) {
          assertThat(again.get(key)).as(key).isEqualTo(state.get(key));
        }
      }
    }
  }

  @Test
  void the_bytes_are_the_same_where_digits_have_other_forms() {
    StateDict state = StateDict.builder().put("w", Tensor.scalar(1)).build();
    FileContent plain = PyTorch.write(state, "model");
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertThat(String.format("%d", 1)).isNotEqualTo("1");
      assertThat(joined(PyTorch.write(state, "model")).mismatch(joined(plain))).isEqualTo(-1);
    } finally {
      Locale.setDefault(before);
    }
  }
}
