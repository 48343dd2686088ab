package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StridedCopy;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes tensors of a file's storages. A tensor whose elements lie in row-major order is a window on
 * the file; others (transposed, expanded, of a big-endian file) are copied, within an allowance, so
 * that a small file cannot ask for much memory.
 */
final class TorchTensors implements TorchGlobals.Views {
  /** What may be copied beyond the file's own size. */
  static final long SMALL_COPIES = 16L << 20;

  /**
   * By the view as text: strings stay quick to look up also if their hashes are made to be equal.
   */
  private final Map<String, Tensor> copies = new HashMap<>();

  private final boolean bigEndian;
  private final long allowance;
  private long copied;

  /**
   * @param bigEndian whether the storages' numbers are big-endian
   * @param fileSize bytes of the file
   */
  TorchTensors(boolean bigEndian, long fileSize) {
    this.bigEndian = bigEndian;
    this.allowance = fileSize + SMALL_COPIES;
  }

  @Override
  public Tensor view(
      PickleObject.Storage storage, TorchType type, long offset, long[] shape, long[] strides)
      throws UnsupportedFeatureException {
    long elements = check(storage, type, offset, shape, strides);
    int item = type.itemSize();
    boolean reversed = bigEndian && type.swapSize() > 1;
    if (!reversed && (elements == 0 || isRowMajor(shape, strides))) {
      long start = elements == 0 ? 0 : offset * item;
      return tensor(type, shape, storage.bytes().asSlice(start, elements * item));
    }
    String view =
        storage.bytes().address()
            + " "
            + type
            + " "
            + offset
            + " "
            + Arrays.toString(shape)
            + Arrays.toString(strides);
    Tensor known = copies.get(view);
    if (known != null) {
      return known;
    }
    long size = elements * item;
    if (size > allowance - copied) {
      throw new UnsupportedFeatureException(
          "its elements are not in row-major order, and a copy of "
              + size
              + " bytes after "
              + copied
              + " other bytes is more than the "
              + allowance
              + " bytes that a file of this size warrants; save it with tensor.contiguous()");
    }
    copied += size;
    MemorySegment copy = Arena.ofAuto().allocate(size, 8);
    StridedCopy.copy(storage.bytes(), offset, shape, strides, item, copy);
    if (reversed) {
      swap(copy, type.swapSize());
    }
    Tensor tensor = tensor(type, shape, copy);
    copies.put(view, tensor);
    return tensor;
  }

  private static Tensor tensor(TorchType type, long[] shape, MemorySegment bytes) {
    if (type.dtype() != Dtype.F4) {
      return Tensor.of(type.dtype(), shape, bytes);
    }
    if (shape.length == 0) {
      throw new IllegalArgumentException("it is a " + type.dtypeName() + " without dimensions");
    }
    long[] wide = shape.clone();
    try {
      wide[wide.length - 1] = Math.multiplyExact(wide[wide.length - 1], 2L);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " is too large", e);
    }
    return Tensor.of(Dtype.F4, wide, bytes);
  }

  /** The number of elements. */
  private static long check(
      PickleObject.Storage storage, TorchType type, long offset, long[] shape, long[] strides) {
    if (shape.length != strides.length) {
      throw new IllegalArgumentException(
          "it has " + shape.length + " dimensions and " + strides.length + " strides");
    }
    long elements = Tensor.elementCount(shape);
    long stored = storage.bytes().byteSize() / type.itemSize();
    long last = offset;
    try {
      for (int i = 0; i < shape.length; i++) {
        if (strides[i] < 0) {
          throw new IllegalArgumentException("negative stride in " + Arrays.toString(strides));
        }
        if (elements > 0) {
          last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
        }
      }
      Math.multiplyExact(elements, (long) type.itemSize());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(shape)
              + " with strides "
              + Arrays.toString(strides)
              + " is larger than a long holds",
          e);
    }
    if (offset < 0 || (elements > 0 && last >= stored)) {
      throw new IllegalArgumentException(
          "it takes the elements "
              + offset
              + " to "
              + last
              + " of storage '"
              + Excerpt.of(storage.name())
              + "', which has "
              + stored);
    }
    return elements;
  }

  private static boolean isRowMajor(long[] shape, long[] strides) {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= shape[i];
    }
    return true;
  }

  /** Reverses the bytes of each number of {@code size} bytes. */
  static void swap(MemorySegment bytes, int size) {
    for (long at = 0; at < bytes.byteSize(); at += size) {
      switch (size) {
        case 2 ->
            bytes.set(
                LittleEndian.SHORT, at, Short.reverseBytes(bytes.get(LittleEndian.SHORT, at)));
        case 4 ->
            bytes.set(LittleEndian.INT, at, Integer.reverseBytes(bytes.get(LittleEndian.INT, at)));
        case 8 ->
            bytes.set(LittleEndian.LONG, at, Long.reverseBytes(bytes.get(LittleEndian.LONG, at)));
        default -> throw new IllegalArgumentException("numbers of " + size + " bytes");
      }
    }
  }
}
