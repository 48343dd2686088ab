package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import java.util.Arrays;
import java.util.Optional;

/**
 * ONNX's {@code TensorProto.DataType}, as far as {@link Dtype} has it, and the field of a {@code
 * TensorProto} that holds such elements if {@code raw_data} does not.
 */
enum OnnxType {
  FLOAT(1, Dtype.F32, OnnxTensor.FLOAT_DATA),
  UINT8(2, Dtype.U8, OnnxTensor.INT32_DATA),
  INT8(3, Dtype.I8, OnnxTensor.INT32_DATA),
  UINT16(4, Dtype.U16, OnnxTensor.INT32_DATA),
  INT16(5, Dtype.I16, OnnxTensor.INT32_DATA),
  INT32(6, Dtype.I32, OnnxTensor.INT32_DATA),
  INT64(7, Dtype.I64, OnnxTensor.INT64_DATA),
  BOOL(9, Dtype.BOOL, OnnxTensor.INT32_DATA),
  FLOAT16(10, Dtype.F16, OnnxTensor.INT32_DATA),
  DOUBLE(11, Dtype.F64, OnnxTensor.DOUBLE_DATA),
  UINT32(12, Dtype.U32, OnnxTensor.UINT64_DATA),
  UINT64(13, Dtype.U64, OnnxTensor.UINT64_DATA),
  COMPLEX64(14, Dtype.C64, OnnxTensor.FLOAT_DATA),
  BFLOAT16(16, Dtype.BF16, OnnxTensor.INT32_DATA),
  FLOAT8E4M3FN(17, Dtype.F8_E4M3, OnnxTensor.INT32_DATA),
  FLOAT8E4M3FNUZ(18, Dtype.F8_E4M3FNUZ, OnnxTensor.INT32_DATA),
  FLOAT8E5M2(19, Dtype.F8_E5M2, OnnxTensor.INT32_DATA),
  FLOAT8E5M2FNUZ(20, Dtype.F8_E5M2FNUZ, OnnxTensor.INT32_DATA),
  FLOAT4E2M1(23, Dtype.F4, OnnxTensor.INT32_DATA),
  FLOAT8E8M0(24, Dtype.F8_E8M0, OnnxTensor.INT32_DATA);

  private final long number;
  private final Dtype dtype;
  private final int field;

  OnnxType(long number, Dtype dtype, int field) {
    this.number = number;
    this.dtype = dtype;
    this.field = field;
  }

  static Optional<OnnxType> of(long number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  Dtype dtype() {
    return dtype;
  }

  /** The field of the elements. */
  int field() {
    return field;
  }

  /** Bytes of one number in the field's elements: of a complex number's part, or of an element. */
  int width() {
    return this == COMPLEX64 ? 4 : dtype.bits() / 8;
  }
}
