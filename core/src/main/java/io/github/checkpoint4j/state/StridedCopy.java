package io.github.checkpoint4j.state;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Copies an array that does not lie in row-major order: transposed, expanded, with gaps. */
public final class StridedCopy {
  /** Elements along each side of a block, within which the lines of a cache are used again. */
  private static final long BLOCK = 32;

  private StridedCopy() {}

  /**
   * Copies the elements in row-major order to {@code to}.
   *
   * @param from the array
   * @param offset the first element, in elements
   * @param shape the dimensions, outermost first
   * @param strides how many elements apart the neighbours along each dimension are
   * @param item bytes of an element
   * @param to as many bytes as the elements take
   * @throws IndexOutOfBoundsException if an element is not in {@code from}
   * @throws IllegalArgumentException if {@code to} has another size, or there are not as many
   *     strides as dimensions
   */
  public static void copy(
      MemorySegment from, long offset, long[] shape, long[] strides, int item, MemorySegment to) {
    if (shape.length != strides.length) {
      throw new IllegalArgumentException(
          shape.length + " dimensions and " + strides.length + " strides");
    }
    long size = Math.multiplyExact(Tensor.elementCount(shape), (long) item);
    if (to.byteSize() != size) {
      throw new IllegalArgumentException(
          "the elements take " + size + " bytes, and there are " + to.byteSize());
    }
    if (size > 0) {
      walk(from, offset, merged(shape, strides), item, to);
    }
  }

  private record Dimension(long size, long stride) {}

  /** The same elements in as few dimensions as there can be, at least one. */
  private static List<Dimension> merged(long[] shape, long[] strides) {
    List<Dimension> merged = new ArrayList<>();
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] == 1) {
        continue;
      }
      if (!merged.isEmpty() && merged.getLast().stride() == shape[i] * strides[i]) {
        merged.add(new Dimension(merged.removeLast().size() * shape[i], strides[i]));
      } else {
        merged.add(new Dimension(shape[i], strides[i]));
      }
    }
    return merged.isEmpty() ? List.of(new Dimension(1, 1)) : merged;
  }

  /**
   * Goes through the blocks of the last dimension and of that along which the array's elements are
   * nearest, for each place in the other dimensions.
   */
  private static void walk(
      MemorySegment from, long offset, List<Dimension> dimensions, int item, MemorySegment to) {
    long[] shape = dimensions.stream().mapToLong(Dimension::size).toArray();
    long[] strides = dimensions.stream().mapToLong(Dimension::stride).toArray();
    int last = shape.length - 1;
    int near = nearest(strides);
    long rows = near == last ? 1 : shape[near];
    long[] targets = rowMajor(shape);
    long[] index = new long[shape.length];
    long source = offset;
    long target = 0;
    while (true) {
      for (long row = 0; row < rows; row += BLOCK) {
        long end = Math.min(rows, row + BLOCK);
        long width = strides[last] == 1 ? shape[last] : BLOCK;
        for (long column = 0; column < shape[last]; column += width) {
          long length = Math.min(width, shape[last] - column);
          for (long i = row; i < end; i++) {
            copyRow(
                from,
                source + i * strides[near] + column * strides[last],
                strides[last],
                length,
                item,
                to,
                (target + i * targets[near] + column) * item);
          }
        }
      }
      int i = last - 1;
      for (; i >= 0; i--) {
        if (i == near) {
          continue;
        }
        source += strides[i];
        target += targets[i];
        if (++index[i] < shape[i]) {
          break;
        }
        source -= strides[i] * shape[i];
        target -= targets[i] * shape[i];
        index[i] = 0;
      }
      if (i < 0) {
        return;
      }
    }
  }

  /** The dimension but the last with the smallest stride; the last if there is no other. */
  private static int nearest(long[] strides) {
    int nearest = Math.max(0, strides.length - 2);
    for (int i = 0; i < strides.length - 1; i++) {
      if (strides[i] < strides[nearest]) {
        nearest = i;
      }
    }
    return nearest;
  }

  /** How many elements apart the neighbours along each dimension are in row-major order. */
  public static long[] rowMajor(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, shape[i]);
    }
    return strides;
  }

  /** The same in column-major order, in which Fortran's arrays lie. */
  public static long[] columnMajor(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = 0; i < shape.length; i++) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, shape[i]);
    }
    return strides;
  }

  private static void copyRow(
      MemorySegment from,
      long source,
      long stride,
      long length,
      int item,
      MemorySegment to,
      long target) {
    if (stride == 1 || length == 1) {
      MemorySegment.copy(from, source * item, to, target, length * item);
      return;
    }
    long in = source * item;
    long step = stride * item;
    switch (item) {
      case 1 -> {
        for (long i = 0; i < length; i++) {
          to.set(ValueLayout.JAVA_BYTE, target + i, from.get(ValueLayout.JAVA_BYTE, in + i * step));
        }
      }
      case 2 -> {
        for (long i = 0; i < length; i++) {
          to.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              target + i * 2,
              from.get(ValueLayout.JAVA_SHORT_UNALIGNED, in + i * step));
        }
      }
      case 4 -> {
        for (long i = 0; i < length; i++) {
          to.set(
              ValueLayout.JAVA_INT_UNALIGNED,
              target + i * 4,
              from.get(ValueLayout.JAVA_INT_UNALIGNED, in + i * step));
        }
      }
      case 8 -> {
        for (long i = 0; i < length; i++) {
          to.set(
              ValueLayout.JAVA_LONG_UNALIGNED,
              target + i * 8,
              from.get(ValueLayout.JAVA_LONG_UNALIGNED, in + i * step));
        }
      }
      default -> {
        for (long i = 0; i < length; i++) {
          MemorySegment.copy(from, in + i * step, to, target + i * item, item);
        }
      }
    }
  }
}
