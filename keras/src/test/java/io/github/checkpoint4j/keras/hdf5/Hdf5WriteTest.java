package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class Hdf5WriteTest {
  static byte[] bytes(FileContent content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    content.parts().forEach(part -> out.writeBytes(part.bytes().toArray(ValueLayout.JAVA_BYTE)));
    return out.toByteArray();
  }

  static Hdf5Group readBack(Hdf5Group tree) throws IOException {
    return Hdf5.read(MemorySegment.ofArray(bytes(Hdf5.write(tree))), "written.h5");
  }

  private static Hdf5Group group(Map<String, ? extends Hdf5Node> children) {
    return new Hdf5Group(Map.of(), Collections.unmodifiableMap(children));
  }

  private static Hdf5Group withAttribute(Hdf5Value value) {
    return new Hdf5Group(Map.of("a", value), Map.of());
  }

  private static Hdf5Dataset floats(float... values) {
    return Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(Tensor.ofFloats(values, values.length)));
  }

  @Property(tries = 100)
  void any_tree_is_read_back_as_it_was(@ForAll long seed) throws IOException {
    Hdf5Group tree = new RandomTree(seed).group(3);

    assertThat(Described.tree(readBack(tree))).isEqualTo(Described.tree(tree));
  }

  @Property(tries = 20)
  void the_same_tree_gives_the_same_bytes(@ForAll long seed) throws IOException {
    byte[] first = bytes(Hdf5.write(new RandomTree(seed).group(2)));

    assertThat(bytes(Hdf5.write(new RandomTree(seed).group(2)))).isEqualTo(first);

    byte[] sorted = bytes(Hdf5.write(Hdf5.read(MemorySegment.ofArray(first), "a.h5")));
    assertThat(bytes(Hdf5.write(Hdf5.read(MemorySegment.ofArray(sorted), "a.h5"))))
        .isEqualTo(sorted);
  }

  @Test
  void what_h5py_wrote_is_written_and_read_back() throws IOException {
    for (String name : List.of("kinds", "texts", "chunks", "many", "orders", "deep-latest")) {
      Hdf5Group tree = Golden.read(name);

      assertThat(Described.tree(readBack(tree))).as(name).isEqualTo(Described.tree(tree));
    }
  }

  @Test
  void elements_are_windows_on_the_tensors_named_by_their_path_and_aligned() throws IOException {
    Tensor tensor = Tensor.ofFloats(new float[] {1, 2, 3}, 3);
    Hdf5Dataset dataset = Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(tensor));
    FileContent content =
        Hdf5.write(group(Map.of("x", dataset, "layers", group(Map.of("0", dataset)))));
    Map<String, Long> found = new LinkedHashMap<>();
    long at = 0;
    for (FileContent.Part part : content.parts()) {
      if (part.tensor().isPresent()) {
        found.put(part.tensor().get(), at % 64);
        assertThat(part.bytes()).isSameAs(tensor.bytes());
      }
      at += part.bytes().byteSize();
    }

    assertThat(found).isEqualTo(Map.of("x", 0L, "layers/0", 0L));
  }

  @Test
  void a_group_may_have_tens_of_thousands_of_children() throws IOException {
    Map<String, Hdf5Node> children = new LinkedHashMap<>();
    for (int i = 0; i < 30_000; i++) {
      children.put("child_" + i, floats(i));
    }
    Hdf5Group back = readBack(group(children));

    assertThat(back.children()).hasSize(30_000);
    assertThat(Described.tree(back)).isEqualTo(Described.tree(group(children)));
  }

  @Test
  void a_text_of_megabytes_may_be_an_attribute() throws IOException {
    Hdf5Value text = new Hdf5Value.Text("{\u00e4}".repeat(1_500_000));

    assertThat(readBack(withAttribute(text)).attributes()).isEqualTo(Map.of("a", text));
  }

  @Test
  void texts_that_take_too_much_at_a_fixed_length_are_written_at_their_own() throws IOException {
    Hdf5Value texts = new Hdf5Value.Texts(List.of("long".repeat(10_000), "", "short", "\u00df"));

    assertThat(readBack(withAttribute(texts)).attributes()).isEqualTo(Map.of("a", texts));
  }

  @Test
  void bfloat16_gets_the_attribute_by_which_Keras_knows_it() throws IOException {
    Tensor tensor = Tensor.of(Dtype.BF16, new long[] {2}, MemorySegment.ofArray(new byte[4]));
    Hdf5Dataset back =
        (Hdf5Dataset)
            readBack(group(Map.of("x", Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(tensor)))))
                .find("x")
                .orElseThrow();

    assertThat(back.attributes()).isEqualTo(Map.of("dtype", new Hdf5Value.Text("bfloat16")));
    assertThat(back.dtype()).isEqualTo(Optional.of(Dtype.BF16));
    assertThat(back.shape()).containsExactly(2);
  }

  @Test
  void a_dtype_that_HDF5_has_not_is_refused_by_its_path() {
    Tensor tensor = Tensor.of(Dtype.F8_E5M2, new long[] {2}, MemorySegment.ofArray(new byte[2]));
    Hdf5Dataset dataset = Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(tensor));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hdf5.write(group(Map.of("g", group(Map.of("x", dataset))))))
        .withMessage("dataset 'g/x' has the dtype F8_E5M2, which HDF5 has not; convert it");
  }

  @Test
  void bfloat16_that_says_to_be_something_else_is_refused() {
    Tensor tensor = Tensor.of(Dtype.BF16, new long[] {2}, MemorySegment.ofArray(new byte[4]));
    Hdf5Dataset dataset =
        Hdf5Dataset.of(Map.of("dtype", new Hdf5Value.Text("int8")), new Hdf5Value.Numbers(tensor));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hdf5.write(group(Map.of("x", dataset))))
        .withMessage(
            "dataset 'x' has BF16, so its attribute 'dtype' must be 'bfloat16'; remove the"
                + " attribute");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hdf5.write(withAttribute(new Hdf5Value.Numbers(tensor))))
        .withMessage("attribute 'a' of '/' has BF16, which only datasets have; write it as F32");
  }

  @Test
  void an_attribute_over_64_kilobytes_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Hdf5.write(
                    withAttribute(
                        new Hdf5Value.Numbers(Tensor.ofFloats(new float[17_000], 17_000)))))
        .withMessage(
            "attribute 'a' of '/' takes 68001 bytes with its name, 1 to 64512 are allowed; split"
                + " it as Keras does, or write a dataset");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Hdf5.write(
                    withAttribute(new Hdf5Value.Texts(Collections.nCopies(5000, "x".repeat(20))))))
        .withMessageContaining("takes 80001 bytes with its name");
  }

  @Test
  void a_text_that_HDF5_cannot_hold_is_refused() {
    for (String text : List.of("a\0b", "\ud800")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Hdf5.write(withAttribute(new Hdf5Value.Text(text))))
          .withMessageMatching(
              "attribute 'a' of '/' has the text '.*\\\\u.*', which has a zero or half a surrogate"
                  + " pair; HDF5's texts have neither");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Hdf5.write(group(Map.of(text, floats(1)))))
          .withMessageStartingWith("group '/' has the text '");
    }
  }

  @Test
  void groups_too_deep_are_refused() {
    Hdf5Group tree = group(Map.of());
    for (int i = 0; i < 201; i++) {
      tree = group(Map.of("g", tree));
    }
    Hdf5Group deep = tree;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hdf5.write(deep))
        .withMessageMatching("'g/g/.*' is 201 groups deep, at most 200 are written");
  }

  @Test
  void too_many_attributes_are_refused() {
    Map<String, Hdf5Value> attributes = new LinkedHashMap<>();
    for (int i = 0; i < 65_001; i++) {
      attributes.put("a" + i, new Hdf5Value.Empty());
    }

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hdf5.write(new Hdf5Group(attributes, Map.of())))
        .withMessage("'/' has 65001 attributes, at most 65000 are written");
  }
}
