package io.github.checkpoint4j.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class StridedCopyTest {
  private static final List<Integer> ITEMS = List.of(1, 2, 3, 4, 8, 16);

  @Property
  void every_element_of_a_permuted_array_is_where_its_index_says(
      @ForAll @IntRange(min = 0, max = 5) int rank, @ForAll long seed) {
    Random random = new Random(seed);
    long[] shape = new long[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = random.nextLong(1, rank < 3 ? 80 : 7);
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    long[] natural = StridedCopy.rowMajor(shape);
    long[] permuted = order.stream().mapToLong(i -> shape[i]).toArray();
    long[] strides = order.stream().mapToLong(i -> natural[i]).toArray();

    assertCopied(permuted, strides, random.nextInt(3), random);
  }

  @Property
  void every_element_of_an_array_with_gaps_is_where_its_index_says(
      @ForAll @IntRange(min = 1, max = 4) int rank, @ForAll long seed) {
    Random random = new Random(seed);
    long[] shape = random.longs(rank, 0, 5).toArray();
    long[] strides = random.longs(rank, 0, 7).toArray();

    assertCopied(shape, strides, random.nextInt(3), random);
  }

  @Test
  void more_than_one_block_is_copied_in_each_direction() {
    assertCopied(new long[] {70, 3, 65}, new long[] {1, 70, 210}, 0, new Random(1));
    assertCopied(new long[] {65, 70}, new long[] {1, 65}, 2, new Random(2));
  }

  @Test
  void a_target_of_another_size_is_refused() {
    assertThatThrownBy(() -> copy(new long[] {2, 3}, new long[] {1, 2}, 23))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the elements take 24 bytes, and there are 23");
  }

  @Test
  void strides_for_other_dimensions_are_refused() {
    assertThatThrownBy(() -> copy(new long[] {2, 3}, new long[] {1}, 24))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 dimensions and 1 strides");
  }

  @Test
  void an_element_outside_the_array_is_refused() {
    assertThatThrownBy(() -> copy(new long[] {2, 3}, new long[] {1, 3}, 24))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static void copy(long[] shape, long[] strides, int size) {
    StridedCopy.copy(
        MemorySegment.ofArray(new byte[24]),
        0,
        shape,
        strides,
        4,
        MemorySegment.ofArray(new byte[size]));
  }

  private static void assertCopied(long[] shape, long[] strides, long offset, Random random) {
    int item = ITEMS.get(random.nextInt(ITEMS.size()));
    long last = offset;
    for (int i = 0; i < shape.length; i++) {
      last += Math.max(0, shape[i] - 1) * strides[i];
    }
    byte[] array = new byte[(int) (last + 1) * item];
    random.nextBytes(array);
    byte[] copy = new byte[(int) Tensor.elementCount(shape) * item];

    StridedCopy.copy(
        MemorySegment.ofArray(array), offset, shape, strides, item, MemorySegment.ofArray(copy));

    long[] places = StridedCopy.rowMajor(shape);
    for (int element = 0; element < copy.length / item; element++) {
      long source = offset;
      for (int i = 0; i < shape.length; i++) {
        source += element / places[i] % shape[i] * strides[i];
      }
      for (int b = 0; b < item; b++) {
        assertThat(copy[element * item + b]).isEqualTo(array[(int) source * item + b]);
      }
    }
  }
}
