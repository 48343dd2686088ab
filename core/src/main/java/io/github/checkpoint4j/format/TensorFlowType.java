package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import java.util.Arrays;
import java.util.Optional;

/**
 * TensorFlow's {@code DataType}, as far as {@link Dtype} has it.
 *
 * @see <a
 *     href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto">types.proto</a>
 */
enum TensorFlowType {
  FLOAT(1, Dtype.F32),
  DOUBLE(2, Dtype.F64),
  INT32(3, Dtype.I32),
  UINT8(4, Dtype.U8),
  INT16(5, Dtype.I16),
  INT8(6, Dtype.I8),
  COMPLEX64(8, Dtype.C64),
  INT64(9, Dtype.I64),
  BOOL(10, Dtype.BOOL),
  BFLOAT16(14, Dtype.BF16),
  UINT16(17, Dtype.U16),
  COMPLEX128(18, Dtype.C128),
  HALF(19, Dtype.F16),
  UINT32(22, Dtype.U32),
  UINT64(23, Dtype.U64),
  FLOAT8_E5M2(24, Dtype.F8_E5M2),
  FLOAT8_E4M3FN(25, Dtype.F8_E4M3),
  FLOAT8_E4M3FNUZ(26, Dtype.F8_E4M3FNUZ),
  FLOAT8_E5M2FNUZ(28, Dtype.F8_E5M2FNUZ);

  /** The number of strings, which are no numbers and have no dtype. */
  static final long STRING = 7;

  private final long number;
  private final Dtype dtype;

  TensorFlowType(long number, Dtype dtype) {
    this.number = number;
    this.dtype = dtype;
  }

  /** The dtype of this number; empty if it is none of these. */
  static Optional<Dtype> dtype(long number) {
    return Arrays.stream(values())
        .filter(type -> type.number == number)
        .map(type -> type.dtype)
        .findFirst();
  }
}
