package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class Hdf5ReadTest {
  private static Hdf5Dataset dataset(Hdf5Group group, String path) {
    return (Hdf5Dataset) group.find(path).orElseThrow();
  }

  private static Tensor tensor(Hdf5Dataset dataset) throws IOException {
    return ((Hdf5Value.Numbers) dataset.value()).tensor();
  }

  private static MemorySegment mapped(String name, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(Golden.FOLDER.resolve(name + ".h5"))) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  /** Where a tensor's bytes are in a file that is in memory; negative if they are elsewhere. */
  private static long placeIn(MemorySegment file, Tensor tensor) {
    return file.asOverlappingSlice(tensor.bytes())
        .map(_ -> tensor.bytes().address() - file.address())
        .orElse(-1L);
  }

  @Test
  void numbers_without_gaps_are_windows_on_the_file_also_after_a_user_block() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment plain = mapped("kinds", arena);
      MemorySegment after = mapped("kinds-userblock", arena);
      Tensor inPlain = tensor(dataset(Hdf5.read(plain, "a.h5"), "array/float32"));
      Tensor inAfter = tensor(dataset(Hdf5.read(after, "b.h5"), "array/float32"));

      assertThat(placeIn(plain, inPlain)).isPositive();
      assertThat(placeIn(after, inAfter)).isGreaterThan(1024);
      assertThat(inPlain.bytes().isReadOnly()).isTrue();
    }
  }

  @Test
  void a_file_may_lie_at_any_address() throws IOException {
    byte[] file = Golden.bytes("kinds").toArray(ValueLayout.JAVA_BYTE);
    for (int shift = 1; shift < 8; shift++) {
      MemorySegment moved = MemorySegment.ofArray(new byte[file.length + shift]).asSlice(shift);
      moved.copyFrom(MemorySegment.ofArray(file));

      assertThat(Described.tree(Hdf5.read(moved, "moved.h5")))
          .isEqualTo(Described.tree(Golden.read("kinds")));
    }
  }

  @Test
  void big_endian_numbers_are_turned() throws IOException {
    Hdf5Group kinds = Golden.read("kinds");

    assertThat(tensor(dataset(kinds, "big/float32")).toFloats()).startsWith(7, 14, 21, 28);
    assertThat(dataset(kinds, "big/float32").dtype()).contains(Dtype.F32);
    assertThat(tensor(dataset(kinds, "big/int64")).toLongs()).startsWith(7, 14, 21, 28);
  }

  @Test
  void shape_and_dtype_are_known_without_the_elements() throws IOException {
    Hdf5Group hostile =
        Hdf5.read(
            Golden.bytes(Golden.FOLDER.resolve("hostile/filter-scaleoffset.h5")), "hostile.h5");
    Hdf5Dataset unreadable = dataset(hostile, "x");

    assertThat(unreadable.shape()).containsExactly(100);
    assertThat(unreadable.dtype()).contains(Dtype.I64);
    assertThatExceptionOfType(UnsupportedFeatureException.class).isThrownBy(unreadable::value);
  }

  @Test
  void texts_and_nothing_have_no_dtype() throws IOException {
    assertThat(dataset(Golden.read("texts"), "names").dtype()).isEmpty();
    assertThat(dataset(Golden.read("texts"), "names").shape()).containsExactly(3);
    assertThat(dataset(Golden.read("texts"), "variable").shape()).isEmpty();
    assertThat(dataset(Golden.read("kinds"), "empty").dtype()).isEmpty();
    assertThat(dataset(Golden.read("kinds"), "empty").value()).isEqualTo(new Hdf5Value.Empty());
  }

  @Test
  void children_and_attributes_keep_the_order_in_which_they_were_made_if_it_was_recorded()
      throws IOException {
    for (String name : List.of("orders", "orders-latest")) {
      Hdf5Group file = Golden.read(name);
      Hdf5Group zebra = (Hdf5Group) file.find("zebra").orElseThrow();

      assertThat(file.children().keySet()).containsExactly("zebra", "apple", "mango");
      assertThat(zebra.children().keySet()).startsWith("20", "19", "18").endsWith("2", "1");
      assertThat(zebra.attributes().keySet()).startsWith("a12", "a11").endsWith("a2", "a1");
    }
  }

  @Test
  void children_are_in_the_order_of_their_names_otherwise() throws IOException {
    for (String name : List.of("many", "many-latest")) {
      Hdf5Group many = (Hdf5Group) Golden.read(name).find("many").orElseThrow();

      assertThat(many.children()).hasSize(3001);
      assertThat(List.copyOf(many.children().keySet())).isSorted();
    }
  }

  @Test
  void a_dataset_may_have_several_paths() throws IOException {
    Hdf5Group deep = Golden.read("deep");

    assertThat(deep.find("alias")).isEqualTo(deep.find("g0/g1/origin"));
  }

  @Test
  void what_was_never_written_is_the_fill_value() throws IOException {
    Hdf5Group kinds = Golden.read("kinds");

    assertThat(tensor(dataset(kinds, "never_written")).toFloats()).containsOnly(1.5f);
    assertThat(tensor(dataset(kinds, "never_written_zero")).toFloats()).containsOnly(0f);
  }

  @Test
  void a_path_that_is_not_there_is_not_found() throws IOException {
    Hdf5Group deep = Golden.read("deep");

    assertThat(deep.find("g0/g1")).containsInstanceOf(Hdf5Group.class);
    for (String path : List.of("", "g1", "g0/", "/g0", "alias/x", "g0//g1")) {
      assertThat(deep.find(path)).as(path).isEqualTo(Optional.empty());
    }
  }

  @Test
  void what_is_HDF5_is_told_by_the_signature() throws IOException {
    for (Path file : Golden.files(Golden.FOLDER)) {
      assertThat(Hdf5.looksLike(Golden.bytes(file))).as(file.toString()).isTrue();
    }
    for (String text : List.of("", "\u0089HDF", "PK\3\4 and more than eight bytes")) {
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      assertThat(Hdf5.looksLike(MemorySegment.ofArray(bytes))).as(text).isFalse();
    }
  }

  @Test
  void a_value_is_not_read_from_memory_that_is_gone() throws IOException {
    Arena arena = Arena.ofConfined();
    Hdf5Dataset dataset = dataset(Hdf5.read(mapped("chunks", arena), "a.h5"), "gzip");
    arena.close();

    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(dataset::value);
  }

  @Test
  void the_checksum_is_Jenkins_s() {
    String text = "Four score and seven years ago";
    MemorySegment bytes = MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));

    assertThat(Lookup3.hash(bytes)).isEqualTo(0x17770551);
    assertThat(Lookup3.hash(MemorySegment.NULL)).isEqualTo(0xdeadbeef);
  }

  @Test
  void a_name_that_HDF5_has_not_is_refused() {
    for (String name : List.of("", ".", "..", "a/b")) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new Hdf5Group(
                      Map.of(), Map.of(name, Hdf5Dataset.of(Map.of(), new Hdf5Value.Empty()))))
          .withMessage("not a name in HDF5: '" + name + "'");
    }
  }

  @Test
  void a_file_that_was_cut_says_how_long_it_should_be() {
    MemorySegment file = Golden.bytes("kinds");

    assertThatExceptionOfType(CorruptFileException.class)
        .isThrownBy(() -> Hdf5.read(file.asSlice(0, 5000), "model.h5"))
        .withMessage(
            "model.h5: '/', byte 5000: the file should have "
                + file.byteSize()
                + " bytes, not 5000; the file is damaged or cut short: fetch or write it again");
  }
}
