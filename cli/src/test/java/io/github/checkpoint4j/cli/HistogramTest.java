package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HistogramTest {
  private static Optional<Histogram> of(Tensor tensor) {
    return Histogram.of(NumericArray.of(tensor).orElseThrow(), Statistics.of(tensor).orElseThrow());
  }

  @Test
  void each_element_is_in_its_interval_and_the_greatest_in_the_last() {
    float[] values = new float[129];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 64;
    }
    Histogram histogram = of(Tensor.ofFloats(values, 129)).orElseThrow();

    assertThat(histogram.minimum()).isEqualTo(-64);
    assertThat(histogram.maximum()).isEqualTo(64);
    assertThat(histogram.counts()).hasSize(Histogram.INTERVALS);
    assertThat(histogram.counts().subList(0, 63)).containsOnly(2L);
    assertThat(histogram.counts().getLast()).isEqualTo(3);
  }

  @Property(tries = 200)
  void all_finite_elements_are_counted(@ForAll @Size(min = 1, max = 50) float[] values) {
    long finite = 0;
    for (float value : values) {
      finite += Float.isFinite(value) ? 1 : 0;
    }
    Optional<Histogram> histogram = of(Tensor.ofFloats(values, values.length));

    assertThat(histogram.map(h -> h.counts().stream().mapToLong(Long::longValue).sum()).orElse(0L))
        .isEqualTo(finite);
  }

  @Test
  void equal_elements_are_in_one_interval() {
    assertThat(of(Tensor.ofFloats(new float[] {2, 2, Float.NaN}, 3)).orElseThrow())
        .isEqualTo(new Histogram(2, 2, List.of(2L)));
  }

  @Test
  void the_range_may_be_beyond_a_double() {
    MemorySegment bytes =
        MemorySegment.ofArray(
            ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(-Double.MAX_VALUE)
                .putDouble(0)
                .putDouble(Double.MAX_VALUE)
                .array());
    Histogram histogram = of(Tensor.of(Dtype.F64, new long[] {3}, bytes)).orElseThrow();

    assertThat(histogram.counts().getFirst()).isEqualTo(1);
    assertThat(histogram.counts().get(32)).isEqualTo(1);
    assertThat(histogram.counts().getLast()).isEqualTo(1);
  }

  @Test
  void without_a_finite_element_there_is_none() {
    assertThat(of(Tensor.ofFloats(new float[] {Float.NaN, Float.POSITIVE_INFINITY}, 2))).isEmpty();
    assertThat(of(Tensor.ofFloats(new float[0], 0))).isEmpty();
  }
}
