package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.state.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * The dimensions of a dataset or an attribute.
 *
 * @param shape the dimensions, none for a scalar; empty if there is no value at all
 * @param most what each may grow to; {@link #UNLIMITED} if there is no limit
 * @param elements the number of elements; 0 if there is no value
 */
record Dataspace(Optional<List<Long>> shape, List<Long> most, long elements) {
  static final long UNLIMITED = -1;

  private static final int MOST_DIMENSIONS = 32;
  private static final int NULL = 2;

  static Dataspace read(Cursor cursor) throws CorruptFileException {
    int version = cursor.u8();
    int rank = cursor.u8();
    boolean growing = (cursor.u8() & 1) != 0;
    if (version < 1 || version > 2 || rank > MOST_DIMENSIONS) {
      throw cursor.corrupt("version " + version + ", " + rank + " dimensions");
    }
    int type = cursor.u8();
    cursor.skip(version == 1 ? 4 : 0);
    if (version == 2 && type == NULL) {
      return new Dataspace(Optional.empty(), List.of(), 0);
    }
    long[] shape = new long[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = cursor.size();
    }
    long[] most = shape.clone();
    for (int i = 0; growing && i < rank; i++) {
      most[i] = cursor.i64();
      if (most[i] != UNLIMITED && most[i] < shape[i]) {
        throw cursor.corrupt("dimension " + i + " is over its limit");
      }
    }
    try {
      return new Dataspace(
          Optional.of(LongStream.of(shape).boxed().toList()),
          LongStream.of(most).boxed().toList(),
          Tensor.elementCount(shape));
    } catch (IllegalArgumentException e) {
      throw cursor.corrupt(String.valueOf(e.getMessage()));
    }
  }

  /** The dimensions; none if there is no value. */
  long[] dimensions() {
    return shape.orElse(List.of()).stream().mapToLong(Long::longValue).toArray();
  }
}
