package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The way between libtorch's tensors and those of a state dict.
 *
 * <p>Bytes go by the address of the tensor's memory, not by JavaCPP's indexers, which need {@code
 * sun.misc.Unsafe}.
 */
public final class NativeTensors {
  private NativeTensors() {}

  /**
   * The elements of {@code tensor} as they lie in its memory: later changes show. If they do not
   * lie there in row-major order without gaps, or are lazily conjugated or negated, a row-major
   * copy.
   *
   * <p>The view keeps the native memory: it is valid as long as it is reachable, whatever becomes
   * of {@code tensor} and of the scope it was made in. The memory is given back when the garbage
   * collector has found the view unreachable, which may be late: of tensors that come and go, such
   * as logits, take a {@link #heapCopy}.
   *
   * @param tensor a dense tensor on the CPU
   * @throws IllegalArgumentException if the tensor is undefined, sparse, quantised or on another
   *     device, or if no {@link Dtype} is its element type
   */
  @SuppressWarnings("restricted") // the address and the size are libtorch's
  public static Tensor view(org.bytedeco.pytorch.Tensor tensor) {
    requireOnCpu(tensor);
    Dtype dtype = dtype(tensor.scalar_type());
    long[] shape = logicalShape(dtype, tensor.shape());
    org.bytedeco.pytorch.Tensor rows = kept(rowMajor(tensor));
    long size = dtype.byteSize(Tensor.elementCount(shape));
    if (size == 0) {
      // libtorch has no address for a tensor without elements.
      rows.close();
      return Tensor.of(dtype, shape, MemorySegment.NULL);
    }
    MemorySegment bytes =
        MemorySegment.ofAddress(rows.data_ptr().address())
            .reinterpret(size, Arena.ofAuto(), memory -> rows.close());
    return Tensor.of(dtype, shape, bytes);
  }

  /**
   * A copy of the elements on the Java heap.
   *
   * @param tensor a dense tensor on the CPU
   * @throws IllegalArgumentException as {@link #view}, or if there are more than 2^31 - 1 bytes
   */
  public static Tensor heapCopy(org.bytedeco.pytorch.Tensor tensor) {
    requireOnCpu(tensor);
    Dtype dtype = dtype(tensor.scalar_type());
    long[] shape = logicalShape(dtype, tensor.shape());
    long size = dtype.byteSize(Tensor.elementCount(shape));
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a tensor of " + size + " bytes does not fit an array; take a view of it");
    }
    MemorySegment copy = MemorySegment.ofArray(new byte[(int) size]);
    if (size > 0) {
      var rows = rowMajor(tensor);
      try {
        copy.copyFrom(bytes(rows, size));
      } finally {
        Reference.reachabilityFence(rows);
      }
    }
    return Tensor.of(dtype, shape, copy);
  }

  /**
   * A new tensor on the CPU with a copy of the elements, without gradient. It is the caller's, and
   * the open {@link org.bytedeco.javacpp.PointerScope}'s.
   *
   * @throws IllegalArgumentException if libtorch has no such element type
   */
  public static org.bytedeco.pytorch.Tensor copyOf(Tensor source) {
    ScalarType type = scalarType(source.dtype());
    org.bytedeco.pytorch.Tensor copy = empty(type, nativeShape(source));
    overwrite(copy, source);
    return copy;
  }

  /**
   * Overwrites the elements of {@code target}, which may be a strided view of something larger and
   * on any device. Nothing of it is seen by autograd.
   *
   * @throws StateMismatchException if dtype or shape differ; then nothing was changed
   * @throws IllegalArgumentException if {@code target} is not a dense tensor
   */
  public static void copyInto(Tensor source, org.bytedeco.pytorch.Tensor target) {
    LoadReport.TensorType expected = typeOf(target);
    if (!LoadReport.TensorType.of(source).equals(expected)) {
      throw new StateMismatchException("expected " + expected + " and found " + source);
    }
    if (target.is_cpu() && isRowMajor(target)) {
      overwrite(target, source);
    } else {
      convertInto(source, target);
    }
  }

  /**
   * Overwrites the elements of {@code target}, a tensor of the same shape, with those of {@code
   * source}, as libtorch converts them to its type. Nothing of it is seen by autograd.
   */
  static void convertInto(Tensor source, org.bytedeco.pytorch.Tensor target) {
    try (var copy = copyOf(source);
        var _ = new NoGradGuard()) {
      target.copy_(copy);
    }
  }

  /**
   * A reference of its own to the same tensor (same elements, same gradient), which no scope of the
   * caller closes: it is freed when closed or unreachable.
   */
  public static org.bytedeco.pytorch.Tensor kept(org.bytedeco.pytorch.Tensor tensor) {
    return new org.bytedeco.pytorch.Tensor(tensor).retainReference();
  }

  /** What references to one and the same tensor have in common, as long as there is one. */
  static long identity(org.bytedeco.pytorch.Tensor tensor) {
    try (var implementation = tensor.unsafeGetTensorImpl()) {
      return implementation.address();
    }
  }

  /** A new tensor on the CPU whose elements are whatever its memory holds. */
  static org.bytedeco.pytorch.Tensor empty(ScalarType type, long... shape) {
    try (var options = new TensorOptions(type);
        var memoryFormat = new MemoryFormatOptional()) {
      return torch.empty(shape, options, memoryFormat);
    }
  }

  /**
   * Dtype and shape.
   *
   * @param tensor a dense tensor on any device
   * @throws IllegalArgumentException if it is undefined, sparse or quantised
   */
  static LoadReport.TensorType typeOf(org.bytedeco.pytorch.Tensor tensor) {
    requireDense(tensor);
    Dtype dtype = dtype(tensor.scalar_type());
    return LoadReport.TensorType.of(dtype, logicalShape(dtype, tensor.shape()));
  }

  /**
   * The dtype of libtorch's element type.
   *
   * @throws IllegalArgumentException if there is none (quantised and sub-byte types)
   */
  public static Dtype dtype(ScalarType type) {
    return switch (type.intern()) {
      case Byte -> Dtype.U8;
      case Char -> Dtype.I8;
      case Short -> Dtype.I16;
      case Int -> Dtype.I32;
      case Long -> Dtype.I64;
      case Half -> Dtype.F16;
      case Float -> Dtype.F32;
      case Double -> Dtype.F64;
      case ComplexHalf -> Dtype.C32;
      case ComplexFloat -> Dtype.C64;
      case ComplexDouble -> Dtype.C128;
      case Bool -> Dtype.BOOL;
      case BFloat16 -> Dtype.BF16;
      case Float8_e5m2 -> Dtype.F8_E5M2;
      case Float8_e4m3fn -> Dtype.F8_E4M3;
      case Float8_e5m2fnuz -> Dtype.F8_E5M2FNUZ;
      case Float8_e4m3fnuz -> Dtype.F8_E4M3FNUZ;
      case Float8_e8m0fnu -> Dtype.F8_E8M0;
      case Float4_e2m1fn_x2 -> Dtype.F4;
      case UInt16 -> Dtype.U16;
      case UInt32 -> Dtype.U32;
      case UInt64 -> Dtype.U64;
      default ->
          throw new IllegalArgumentException(
              "a tensor of " + type.intern() + " cannot be part of a state dict; convert it first");
    };
  }

  /**
   * libtorch's element type for a dtype.
   *
   * @throws IllegalArgumentException if libtorch has none: {@link Dtype#F6_E2M3} and {@link
   *     Dtype#F6_E3M2}
   */
  public static ScalarType scalarType(Dtype dtype) {
    return switch (dtype) {
      case U8 -> ScalarType.Byte;
      case I8 -> ScalarType.Char;
      case I16 -> ScalarType.Short;
      case I32 -> ScalarType.Int;
      case I64 -> ScalarType.Long;
      case F16 -> ScalarType.Half;
      case F32 -> ScalarType.Float;
      case F64 -> ScalarType.Double;
      case C32 -> ScalarType.ComplexHalf;
      case C64 -> ScalarType.ComplexFloat;
      case C128 -> ScalarType.ComplexDouble;
      case BOOL -> ScalarType.Bool;
      case BF16 -> ScalarType.BFloat16;
      case F8_E5M2 -> ScalarType.Float8_e5m2;
      case F8_E4M3 -> ScalarType.Float8_e4m3fn;
      case F8_E5M2FNUZ -> ScalarType.Float8_e5m2fnuz;
      case F8_E4M3FNUZ -> ScalarType.Float8_e4m3fnuz;
      case F8_E8M0 -> ScalarType.Float8_e8m0fnu;
      case F4 -> ScalarType.Float4_e2m1fn_x2;
      case U16 -> ScalarType.UInt16;
      case U32 -> ScalarType.UInt32;
      case U64 -> ScalarType.UInt64;
      case F6_E2M3, F6_E3M2 ->
          throw new IllegalArgumentException(
              "libtorch has no element type for " + dtype + "; convert the tensor first");
    };
  }

  private static void requireDense(org.bytedeco.pytorch.Tensor tensor) {
    if (!tensor.defined()) {
      throw new IllegalArgumentException("an undefined tensor has no elements");
    }
    if (tensor.layout().intern() != torch.Layout.Strided) {
      throw new IllegalArgumentException(
          "a tensor of layout " + tensor.layout().intern() + "; make it dense with to_dense()");
    }
  }

  private static void requireOnCpu(org.bytedeco.pytorch.Tensor tensor) {
    requireDense(tensor);
    if (!tensor.is_cpu()) {
      throw new IllegalArgumentException(
          "a tensor on " + tensor.device().str().getString() + "; move it to the CPU first");
    }
  }

  private static boolean isRowMajor(org.bytedeco.pytorch.Tensor tensor) {
    return tensor.is_contiguous() && !tensor.is_conj() && !tensor.is_neg();
  }

  private static org.bytedeco.pytorch.Tensor rowMajor(org.bytedeco.pytorch.Tensor tensor) {
    try (var _ = new NoGradGuard()) {
      return isRowMajor(tensor) ? tensor : tensor.resolve_conj().resolve_neg().contiguous();
    }
  }

  /** Overwrites the elements of a tensor whose elements lie row-major. */
  private static void overwrite(org.bytedeco.pytorch.Tensor target, Tensor source) {
    if (source.byteSize() == 0) {
      return;
    }
    try {
      bytes(target, source.byteSize()).copyFrom(source.bytes());
    } finally {
      Reference.reachabilityFence(target);
    }
  }

  /** The memory of a tensor, which has to be kept reachable as long as it is used. */
  @SuppressWarnings("restricted") // the address and the size are libtorch's
  private static MemorySegment bytes(org.bytedeco.pytorch.Tensor tensor, long size) {
    return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(size);
  }

  /** libtorch counts a byte of two 4-bit elements as one, along the last dimension. */
  private static long[] logicalShape(Dtype dtype, long[] shape) {
    if (dtype != Dtype.F4) {
      return shape;
    }
    long[] logical = shape.length == 0 ? new long[] {1} : shape.clone();
    logical[logical.length - 1] = Math.multiplyExact(logical[logical.length - 1], 2L);
    return logical;
  }

  private static long[] nativeShape(Tensor tensor) {
    long[] shape = tensor.shape();
    if (tensor.dtype() != Dtype.F4) {
      return shape;
    }
    if (shape.length == 0 || shape[shape.length - 1] % 2 != 0) {
      throw new IllegalArgumentException(
          "libtorch holds F4 in pairs along the last dimension, which is odd in " + tensor);
    }
    shape[shape.length - 1] /= 2;
    return shape;
  }
}
