package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The layouts from before PyTorch 1.6, see golden/pytorch/legacy.py. */
class PyTorchLegacyTest {
  private static final Golden GOLDEN = Golden.topic("pytorch");

  private static StateDict read(String name) throws IOException {
    return (StateDict) PyTorch.read(GOLDEN.bytes(name), name);
  }

  @ParameterizedTest
  @CsvSource({
    "legacy-views.pt, PYTORCH_LEGACY",
    "legacy-protocol1.pt, PYTORCH_LEGACY",
    "legacy-protocol4.pt, PYTORCH_LEGACY",
    "legacy-protocol5.pt, PYTORCH_LEGACY",
    "legacy-python2.pt, PYTORCH_LEGACY",
    "only-saved/untyped.pt, PYTORCH_LEGACY",
    "tar.pt, PYTORCH_TAR",
    "tar-python2.pt, PYTORCH_TAR",
  })
  void a_layout_is_told_by_its_first_bytes(String name, Format format) throws IOException {
    assertThat(Format.detect(GOLDEN.bytes(name))).isEqualTo(Optional.of(format));
  }

  @Test
  void another_tar_archive_is_none_of_pytorch() throws IOException {
    byte[] other = GOLDEN.bytes("tar.pt").toArray(ValueLayout.JAVA_BYTE);
    other[1024] = 'x'; // the name of the first member, which an extended header precedes

    assertThat(Format.detect(MemorySegment.ofArray(other))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"legacy-views.pt", "tar.pt", "tar-python2.pt"})
  void tensors_are_windows_on_the_file_at_whatever_byte(String name) throws IOException {
    byte[] bytes = GOLDEN.bytes(name).toArray(ValueLayout.JAVA_BYTE);
    StateDict state = (StateDict) PyTorch.read(MemorySegment.ofArray(bytes), name);
    byte first = state.tensor("part").toByteArray()[2];

    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ~bytes[i];
    }

    assertThat(state.tensor("part").toByteArray()[2]).isEqualTo((byte) ~first);
  }

  @Test
  void views_of_one_storage_share_its_memory() throws IOException {
    StateDict views = read("legacy-views.pt");

    assertThat(views.tensor("tied").bytes()).isEqualTo(views.tensor("whole").bytes());
    assertThat(views.tensor("part").bytes()).isEqualTo(views.tensor("whole").bytes().asSlice(20));
  }

  @Test
  void storages_may_be_views_of_storages() throws IOException {
    StateDict state = read("legacy-storage-views.pt");

    assertThat(state.tensor("whole").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(state.tensor("part").toFloats()).containsExactly(3, 4);
    assertThat(state.tensor("same").toFloats()).containsExactly(2, 3, 4);
    assertThat(state.tensor("same").bytes())
        .isEqualTo(state.tensor("whole").bytes().asSlice(8, 12));
    assertThat(state.tensor("parameter").toFloats()).containsExactly(8, 9);
  }

  @Test
  void strings_of_python_2_are_strings_and_its_numbers_numbers() throws IOException {
    StateDict state = read("legacy-python2.pt");

    assertThat(state.names())
        .containsExactly("layer.weight", "grüße", "long text", "number", "small");
    assertThat(state.tensor("layer.weight").toFloats()).containsExactly(1, 2, 3, 4);
    assertThat(state.integer("grüße")).isEqualTo(1L << 40);
    assertThat(state.text("long text")).hasSize(300);
    assertThat(state.get("small"))
        .isEqualTo(Value.list(Value.of(0), Value.of(1), Value.of(300), Value.of(-5)));
  }

  @Test
  void bytes_of_python_2_that_are_no_text_stay_bytes() {
    PickleObject.ByteString bytes = new PickleObject.ByteString(new byte[] {(byte) 0xff, 0});

    assertThat(bytes.value()).isEqualTo(bytes.asBytes());
  }

  @Test
  void elements_are_little_endian_whatever_the_system_was() throws IOException {
    StateDict big = read("legacy-big-endian.pt");
    StateDict little = read("legacy-dtypes.pt");

    assertThat(big.names()).isEqualTo(little.names()).isNotEmpty();
    for (String name : big.names()) {
      assertThat(big.tensor(name).hasSameBytes(little.tensor(name))).as(name).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tar.pt", "tar-python2.pt"})
  void a_tar_file_gives_tensors_views_storages_and_plain_values(String name) throws IOException {
    StateDict state = read(name);

    assertThat(state.tensor("weight").toString()).isEqualTo("F32[2, 3]");
    assertThat(state.tensor("transposed").toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(state.tensor("tied").bytes()).isEqualTo(state.tensor("weight").bytes());
    assertThat(state.tensor("long").toLongs()).containsExactly(-1, 1L << 40);
    assertThat(state.tensor("part").toFloats()).containsExactly(3, 4);
    assertThat(state.tensor("storage").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(((Value.Items) state.get("scalars")).values())
        .isEqualTo(
            List.of(Value.of(1), Value.of(2.5), Value.none(), Value.of(true), Value.of("text")));
  }
}
