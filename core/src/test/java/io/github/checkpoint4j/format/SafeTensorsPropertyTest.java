package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SafeTensorsPropertyTest {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Property(tries = 200)
  void what_is_written_is_read_back(
      @ForAll("tensors") Map<String, Tensor> tensors, @ForAll("texts") Map<String, String> metadata)
      throws IOException {
    MemorySegment file = write(tensors, metadata);
    SafeTensors read = SafeTensors.parse(file, "x");
    assertThat(read.metadata()).isEqualTo(metadata);
    assertThat(read.tensors().keySet()).isEqualTo(tensors.keySet());
    StateDict original = StateDict.of(tensors);
    read.tensors().forEach((name, t) -> assertThat(t.hasSameBytes(original.tensor(name))).isTrue());
  }

  @Property(tries = 200)
  void tensors_fill_the_file_and_begin_at_a_multiple_of_their_width(
      @ForAll("tensors") Map<String, Tensor> tensors, @ForAll("texts") Map<String, String> metadata)
      throws IOException {
    MemorySegment file = write(tensors, metadata);
    SafeTensors read = SafeTensors.parse(file, "x");
    long at = 8 + file.get(LENGTH, 0);
    assertThat(at % 8).isZero();
    for (Map.Entry<String, Tensor> entry : read.tensors().entrySet()) {
      assertThat(read.offset(entry.getKey())).isEqualTo(at);
      assertThat(at % Math.max(1, entry.getValue().dtype().bits() / 8)).isZero();
      at += entry.getValue().byteSize();
    }
    assertThat(at).isEqualTo(file.byteSize());
  }

  @Property(tries = 100)
  void the_order_of_the_entries_does_not_matter(
      @ForAll("tensors") Map<String, Tensor> tensors, @ForAll Random random) {
    List<Map.Entry<String, Tensor>> shuffled = new ArrayList<>(tensors.entrySet());
    Collections.shuffle(shuffled, random);
    StateDict.Builder dict = StateDict.builder();
    shuffled.forEach(entry -> dict.put(entry.getKey(), entry.getValue()));
    assertThat(bytes(SafeTensors.write(dict.build(), Map.of())))
        .isEqualTo(bytes(SafeTensors.write(StateDict.of(tensors), Map.of())));
  }

  @Provide
  Arbitrary<Map<String, Tensor>> tensors() {
    return Arbitraries.maps(
            names().filter(name -> !name.equals("__metadata__")),
            Combinators.combine(
                    Arbitraries.of(Dtype.ofSafeTensors()),
                    Arbitraries.longs().between(0, 4).list().ofMaxSize(3),
                    Arbitraries.randoms())
                .as(SafeTensorsPropertyTest::tensor))
        .ofMaxSize(6);
  }

  @Provide
  Arbitrary<Map<String, String>> texts() {
    return Arbitraries.maps(names(), names()).ofMaxSize(3);
  }

  private static Arbitrary<String> names() {
    Arbitrary<Integer> characters =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 0x7f),
            Arbitraries.integers().between(0x80, 0xd7ff),
            Arbitraries.integers().between(0xe000, Character.MAX_CODE_POINT));
    return characters
        .list()
        .ofMaxSize(6)
        .map(c -> c.stream().map(Character::toString).reduce("", String::concat));
  }

  private static Tensor tensor(Dtype dtype, List<Long> dimensions, Random random) {
    long[] shape = dimensions.stream().mapToLong(Long::longValue).toArray();
    if (dtype.bits() % 8 != 0) {
      // Elements of 4 and 6 bits come in fours.
      shape = Arrays.copyOf(shape, shape.length + 1);
      shape[shape.length - 1] = 4;
    }
    byte[] bytes = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
    random.nextBytes(bytes);
    return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
  }

  private static MemorySegment write(Map<String, Tensor> tensors, Map<String, String> metadata) {
    return MemorySegment.ofArray(bytes(SafeTensors.write(StateDict.of(tensors), metadata)));
  }

  private static byte[] bytes(FileContent content) {
    return SafeTensorsGoldenTest.bytes(content);
  }
}
