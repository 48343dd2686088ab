package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StridedCopy;
import io.github.checkpoint4j.state.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Arrays of any dtype, shape, order of elements and order of bytes are what was written. */
class NumPyPropertyTest {
  @Provide
  Arbitrary<Dtype> dtypes() {
    return Arbitraries.of(Dtype.class).filter(dtype -> NumpyCode.of(dtype).isPresent());
  }

  @Property(tries = 500)
  void an_array_in_any_layout_is_the_same(
      @ForAll("dtypes") Dtype dtype,
      @ForAll @Size(max = 4) List<@IntRange(max = 5) Integer> dimensions,
      @ForAll boolean columnMajor,
      @ForAll boolean bigEndian,
      @ForAll @IntRange(min = 1, max = 3) int version,
      @ForAll long seed)
      throws IOException {
    long[] shape = new long[dimensions.size()];
    StringBuilder tuple = new StringBuilder();
    for (int i = 0; i < shape.length; i++) {
      shape[i] = dimensions.get(i);
      tuple.append(shape[i]).append(", ");
    }
    byte[] elements = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
    new Random(seed).nextBytes(elements);
    byte[] stored = elements.clone();
    if (columnMajor && elements.length > 0) {
      // Where an element is when the last index changes slowest.
      int item = dtype.bits() / 8;
      long[] reversed = new long[shape.length];
      long[] strides = new long[shape.length];
      long[] rows = StridedCopy.rowMajor(shape);
      for (int i = 0; i < shape.length; i++) {
        reversed[i] = shape[shape.length - 1 - i];
        strides[i] = rows[shape.length - 1 - i];
      }
      StridedCopy.copy(
          MemorySegment.ofArray(elements),
          0,
          reversed,
          strides,
          item,
          MemorySegment.ofArray(stored));
    }
    int swap = NumpyCode.swapSize(dtype);
    if (bigEndian && swap > 1) {
      TorchTensors.swap(MemorySegment.ofArray(stored), swap);
    }
    String header =
        "{'descr': '%s%s', 'fortran_order': %s, 'shape': (%s), }\n"
            .formatted(
                swap == 1 ? "|" : bigEndian ? ">" : "<",
                NumpyCode.of(dtype).orElseThrow(),
                columnMajor ? "True" : "False",
                tuple);

    Tensor read = NumPy.array(file(version, header, stored), "x");

    assertThat(read.hasSameBytes(Tensor.of(dtype, shape, MemorySegment.ofArray(elements))))
        .as(header)
        .isTrue();
  }

  private static MemorySegment file(int version, String header, byte[] stored) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1));
    file.write(version);
    file.write(0);
    byte[] size = GgufBytes.ints(header.length());
    file.write(size, 0, version == 1 ? 2 : 4);
    file.writeBytes(header.getBytes(StandardCharsets.ISO_8859_1));
    file.writeBytes(stored);
    return MemorySegment.ofArray(file.toByteArray());
  }
}
