package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StridedCopy;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * Numpy's dtypes, scalars and arrays in a pickle, as random-number states and metrics hold them.
 *
 * @see <a
 *     href="https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c">methods.c,
 *     array_reduce, and descriptor.c, arraydescr_reduce</a>
 */
final class NumpyPickle {
  private NumpyPickle() {}

  // numpy.dtype(code, align, copy)
  static PickleObject.NumpyType type(PickleArguments args) throws UnsupportedFeatureException {
    String code = args.text(0);
    Dtype dtype =
        NumpyCode.dtype(code)
            .orElseThrow(
                () ->
                    new UnsupportedFeatureException(
                        "it holds a numpy object of dtype '"
                            + Excerpt.of(code)
                            + "', which is not read; in Python save numbers, or values.tolist()"
                            + " instead"));
    return new PickleObject.NumpyType(dtype, NumpyCode.swapSize(dtype));
  }

  // (version, byte order, subarray, names, fields, item size, alignment, flags)
  static void setState(PickleObject.NumpyType type, PickleArguments state) {
    String order = state.text(1);
    if (!List.of("<", "|", "=", ">").contains(order)) {
      throw new IllegalArgumentException("the byte order '" + Excerpt.of(order) + "' is none");
    }
    type.bigEndian = order.equals(">");
  }

  // (version, shape, dtype, is Fortran order, bytes)
  static void setState(PickleObject.NumpyArray array, PickleArguments state, TorchGlobals globals) {
    array.elements =
        Optional.of(
            elements(type(state.get(2)), state.integers(1), state.isTrue(3), state, 4, globals));
  }

  // _frombuffer(bytes, dtype, shape, order), which numpy writes in protocol 5
  static PickleObject.NumpyArray fromBuffer(PickleArguments args, TorchGlobals globals) {
    PickleObject.NumpyArray array = new PickleObject.NumpyArray();
    boolean columnMajor = args.text(3).equals("F");
    array.elements =
        Optional.of(elements(type(args.get(1)), args.integers(2), columnMajor, args, 0, globals));
    return array;
  }

  private static Value.NdArray elements(
      PickleObject.NumpyType type,
      long[] shape,
      boolean columnMajor,
      PickleArguments args,
      int bytes,
      TorchGlobals globals) {
    MemorySegment memory = args.bytes(bytes).asSegment();
    boolean transposed = columnMajor && shape.length > 1;
    if (type.bigEndian || transposed) {
      globals.charge(memory.byteSize());
    }
    Tensor stored = Tensor.of(type.dtype, shape, littleEndian(type, memory));
    return new Value.NdArray(transposed ? rowMajor(stored) : stored);
  }

  /** The elements of a tensor whose bytes are in column-major order. */
  private static Tensor rowMajor(Tensor columnMajor) {
    long[] shape = columnMajor.shape();
    long[] strides = StridedCopy.columnMajor(shape);
    int item = columnMajor.dtype().bits() / 8;
    MemorySegment copy = MemorySegment.ofArray(new byte[(int) columnMajor.byteSize()]);
    StridedCopy.copy(columnMajor.bytes(), 0, shape, strides, item, copy);
    return Tensor.of(columnMajor.dtype(), shape, copy);
  }

  /**
   * The elements of an array as a tensor.
   *
   * @throws IllegalArgumentException if it has none yet
   */
  static Tensor elements(PickleObject.NumpyArray array) {
    if (array.elements.isEmpty()) {
      throw new IllegalArgumentException("a numpy array without elements");
    }
    return array.elements.get().elements();
  }

  // scalar(dtype, bytes)
  static Value scalar(PickleArguments args) {
    PickleObject.NumpyType type = type(args.get(0));
    long size = args.bytes(1).asSegment().byteSize();
    if (size * 8 != type.dtype.bits()) {
      throw new IllegalArgumentException("a scalar of " + type.dtype + " has " + size + " bytes");
    }
    MemorySegment bytes = littleEndian(type, args.bytes(1).asSegment());
    return switch (type.dtype) {
      case BOOL -> Value.of(bytes.get(ValueLayout.JAVA_BYTE, 0) != 0);
      case F16 -> Value.of((double) Float.float16ToFloat(bytes.get(LittleEndian.SHORT, 0)));
      case F32 -> Value.of(real32(bytes, 0));
      case F64 -> Value.of(real64(bytes, 0));
      case C64 -> new Value.Complex(real32(bytes, 0), real32(bytes, 4));
      case C128 -> new Value.Complex(real64(bytes, 0), real64(bytes, 8));
      default -> new Value.Int(integer(type.dtype, bytes));
    };
  }

  private static double real32(MemorySegment bytes, long at) {
    return Float.intBitsToFloat(bytes.get(LittleEndian.INT, at));
  }

  private static double real64(MemorySegment bytes, long at) {
    return Double.longBitsToDouble(bytes.get(LittleEndian.LONG, at));
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

  private static MemorySegment littleEndian(PickleObject.NumpyType type, MemorySegment bytes) {
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
