package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import java.util.Map;
import java.util.Optional;

/**
 * Numpy's codes for dtypes: a letter for the kind and the bytes of an element, {@code f4}.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/arrays.interface.html">typestr</a>
 */
final class NumpyCode {
  private static final Map<String, Dtype> DTYPES =
      Map.ofEntries(
          Map.entry("b1", Dtype.BOOL),
          Map.entry("u1", Dtype.U8),
          Map.entry("i1", Dtype.I8),
          Map.entry("i2", Dtype.I16),
          Map.entry("u2", Dtype.U16),
          Map.entry("f2", Dtype.F16),
          Map.entry("i4", Dtype.I32),
          Map.entry("u4", Dtype.U32),
          Map.entry("f4", Dtype.F32),
          Map.entry("c8", Dtype.C64),
          Map.entry("c16", Dtype.C128),
          Map.entry("f8", Dtype.F64),
          Map.entry("i8", Dtype.I64),
          Map.entry("u8", Dtype.U64));

  private NumpyCode() {}

  /** The dtype of a code; empty if there is none. */
  static Optional<Dtype> dtype(String code) {
    return Optional.ofNullable(DTYPES.get(code));
  }

  /** Numpy's code for a dtype; empty if it has none. */
  static Optional<String> of(Dtype dtype) {
    return DTYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == dtype)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Bytes of each number in an element: of a complex one's two parts, or of the element. */
  static int swapSize(Dtype dtype) {
    boolean isComplex = dtype == Dtype.C64 || dtype == Dtype.C128;
    return dtype.bits() / (isComplex ? 16 : 8);
  }
}
