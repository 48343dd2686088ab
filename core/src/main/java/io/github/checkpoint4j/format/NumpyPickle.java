package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Numpy's dtypes, scalars and arrays in a pickle, as random-number states and metrics hold them.
 *
 * @see <a
 *     href="https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c">methods.c,
 *     array_reduce, and descriptor.c, arraydescr_reduce</a>
 */
final class NumpyPickle {
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
          Map.entry("f8", Dtype.F64),
          Map.entry("i8", Dtype.I64),
          Map.entry("u8", Dtype.U64));

  private NumpyPickle() {}

  /** Numpy's code for a dtype; empty if it has none. */
  static Optional<String> code(Dtype dtype) {
    return DTYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == dtype)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  // numpy.dtype(code, align, copy)
  static PickleObject.NumpyType type(PickleArguments args) throws UnsupportedFeatureException {
    String code = args.text(0);
    Dtype dtype = DTYPES.get(code);
    if (dtype == null) {
      throw new UnsupportedFeatureException(
          "it holds a numpy object of dtype '"
              + Excerpt.of(code)
              + "', which is not read; in Python save numbers, or values.tolist() instead");
    }
    return new PickleObject.NumpyType(dtype, dtype == Dtype.C64 ? 4 : dtype.bits() / 8);
  }

  // (version, byte order, subarray, names, fields, item size, alignment, flags)
  static void setState(PickleObject.NumpyType type, List<PickleObject> state) {
    PickleArguments args = new PickleArguments(state);
    String order = args.text(1);
    if (!List.of("<", "|", "=", ">").contains(order)) {
      throw new IllegalArgumentException("the byte order '" + Excerpt.of(order) + "' is none");
    }
    type.bigEndian = order.equals(">");
  }

  // (version, shape, dtype, is Fortran order, bytes)
  static void setState(
      PickleObject.NumpyArray array, List<PickleObject> state, PickleGlobals globals)
      throws UnsupportedFeatureException {
    PickleArguments args = new PickleArguments(state);
    long[] shape = args.integers(1);
    PickleObject.NumpyType type = type(args.get(2));
    if (type.bigEndian) {
      globals.charge(args.bytes(4).asSegment().byteSize());
    }
    boolean columnMajor =
        args.get(3) instanceof PickleObject.Leaf leaf
            && leaf.value() instanceof Value.Bool bool
            && bool.value();
    if (columnMajor && shape.length > 1) {
      throw new UnsupportedFeatureException(
          "it holds a numpy array in column-major order; in Python save"
              + " numpy.ascontiguousarray(array) instead");
    }
    array.elements =
        Optional.of(new Value.NdArray(Tensor.of(type.dtype, shape, littleEndian(type, args, 4))));
  }

  // scalar(dtype, bytes)
  static Value scalar(PickleArguments args) {
    PickleObject.NumpyType type = type(args.get(0));
    long size = args.bytes(1).asSegment().byteSize();
    if (size * 8 != type.dtype.bits()) {
      throw new IllegalArgumentException("a scalar of " + type.dtype + " has " + size + " bytes");
    }
    MemorySegment bytes = littleEndian(type, args, 1);
    return switch (type.dtype) {
      case BOOL -> Value.of(bytes.get(ValueLayout.JAVA_BYTE, 0) != 0);
      case F16 -> Value.of((double) Float.float16ToFloat(bytes.get(LittleEndian.SHORT, 0)));
      case F32 -> Value.of((double) Float.intBitsToFloat(bytes.get(LittleEndian.INT, 0)));
      case F64 -> Value.of(Double.longBitsToDouble(bytes.get(LittleEndian.LONG, 0)));
      case C64 -> throw new IllegalArgumentException("a complex number is not read");
      default -> new Value.Int(integer(type.dtype, bytes));
    };
  }

  private static BigInteger integer(Dtype dtype, MemorySegment bytes) {
    byte[] bigEndian = new byte[(int) bytes.byteSize()];
    for (int i = 0; i < bigEndian.length; i++) {
      bigEndian[i] = bytes.get(ValueLayout.JAVA_BYTE, bigEndian.length - 1 - i);
    }
    boolean signed = dtype.name().startsWith("I");
    return signed ? new BigInteger(bigEndian) : new BigInteger(1, bigEndian);
  }

  private static PickleObject.NumpyType type(PickleObject object) {
    if (object instanceof PickleObject.NumpyType type) {
      return type;
    }
    throw new IllegalArgumentException(
        "a numpy dtype is expected and is " + PickleArguments.kind(object));
  }

  private static MemorySegment littleEndian(
      PickleObject.NumpyType type, PickleArguments args, int index) {
    MemorySegment bytes = args.bytes(index).asSegment();
    if (!type.bigEndian || type.swapSize == 1) {
      return bytes;
    }
    if (bytes.byteSize() % type.swapSize != 0) {
      throw new IllegalArgumentException("the elements of " + type.dtype + " are cut short");
    }
    MemorySegment swapped = MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE));
    TorchTensors.swap(swapped, type.swapSize);
    return swapped;
  }
}
