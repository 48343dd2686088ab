package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class HeatMapTest {
  /** As the page reads it: rows, columns, cells. */
  private static List<Number> numbers(Tensor tensor) {
    ByteBuffer bytes =
        ByteBuffer.wrap(HeatMap.of(NumericArray.of(tensor).orElseThrow()).orElseThrow().toBytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    List<Number> numbers = new ArrayList<>(List.of(bytes.getInt(), bytes.getInt()));
    while (bytes.hasRemaining()) {
      numbers.add(bytes.getFloat());
    }
    return numbers;
  }

  private static Tensor counting(int... shape) {
    long[] dimensions = Arrays.stream(shape).asLongStream().toArray();
    int count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return Tensor.ofFloats(values, dimensions);
  }

  @Test
  void a_small_matrix_is_itself() {
    assertThat(numbers(counting(2, 3))).containsExactly(2, 3, 0f, 1f, 2f, 3f, 4f, 5f);
  }

  @Test
  void other_dimensions_are_columns_and_a_vector_one_row() {
    assertThat(numbers(counting(2, 2, 2))).startsWith(2, 4).hasSize(10);
    assertThat(numbers(counting(3))).containsExactly(1, 3, 0f, 1f, 2f);
    assertThat(numbers(counting())).containsExactly(1, 1, 0f);
  }

  @Test
  void a_cell_of_a_large_matrix_is_the_mean_of_its_elements() {
    List<Number> numbers = numbers(counting(512, 1024));

    assertThat(numbers).startsWith(HeatMap.MOST, HeatMap.MOST).hasSize(2 + 256 * 256);
    assertThat(numbers.get(2)).isEqualTo((0 + 1 + 2 + 3 + 1024 + 1025 + 1026 + 1027) / 8f);
  }

  @Property(tries = 60)
  void every_element_is_in_one_cell(
      @ForAll @IntRange(min = 1, max = 700) int rows,
      @ForAll @IntRange(min = 1, max = 700) int columns) {
    byte[] ones = new byte[rows * columns];
    Arrays.fill(ones, (byte) 1);
    List<Number> numbers =
        numbers(Tensor.of(Dtype.U8, new long[] {rows, columns}, MemorySegment.ofArray(ones)));

    assertThat(numbers).startsWith(Math.min(rows, 256), Math.min(columns, 256));
    assertThat(numbers.subList(2, numbers.size())).containsOnly(1f);
  }

  @Test
  void a_cell_with_what_is_not_finite_is_not_finite() {
    Tensor tensor = Tensor.ofFloats(new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1}, 3);

    assertThat(numbers(tensor)).containsExactly(1, 3, Float.NaN, Float.POSITIVE_INFINITY, 1f);
  }

  @Test
  void without_elements_or_numbers_there_is_none() {
    assertThat(HeatMap.of(NumericArray.of(Tensor.ofFloats(new float[0], 3, 0)).orElseThrow()))
        .isEmpty();
    assertThat(
            HeatMap.of(
                NumericArray.of(
                        Tensor.of(Dtype.C64, new long[] {1}, MemorySegment.ofArray(new byte[8])))
                    .orElseThrow()))
        .isEmpty();
  }
}
