package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import java.util.Optional;

/**
 * PyTorch's dtypes under the names of its files. The ones with a storage class are pickled by
 * {@code _rebuild_tensor_v2}, the others by {@code _rebuild_tensor_v3} over untyped bytes.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/main/torch/storage.py">torch/storage.py,
 *     _dtype_to_storage_type_map, _new_dtypes</a>
 */
enum TorchType {
  FLOAT32("float32", "FloatStorage", Dtype.F32, 4),
  FLOAT64("float64", "DoubleStorage", Dtype.F64, 8),
  FLOAT16("float16", "HalfStorage", Dtype.F16, 2),
  BFLOAT16("bfloat16", "BFloat16Storage", Dtype.BF16, 2),
  INT64("int64", "LongStorage", Dtype.I64, 8),
  INT32("int32", "IntStorage", Dtype.I32, 4),
  INT16("int16", "ShortStorage", Dtype.I16, 2),
  INT8("int8", "CharStorage", Dtype.I8, 1),
  UINT8("uint8", "ByteStorage", Dtype.U8, 1),
  BOOL("bool", "BoolStorage", Dtype.BOOL, 1),
  COMPLEX64("complex64", "ComplexFloatStorage", Dtype.C64, 4),
  COMPLEX128("complex128", "ComplexDoubleStorage", Dtype.C128, 8),
  COMPLEX32("complex32", "", Dtype.C32, 2),
  UINT16("uint16", "", Dtype.U16, 2),
  UINT32("uint32", "", Dtype.U32, 4),
  UINT64("uint64", "", Dtype.U64, 8),
  FLOAT8_E5M2("float8_e5m2", "", Dtype.F8_E5M2, 1),
  FLOAT8_E4M3FN("float8_e4m3fn", "", Dtype.F8_E4M3, 1),
  FLOAT8_E8M0FNU("float8_e8m0fnu", "", Dtype.F8_E8M0, 1),
  FLOAT8_E5M2FNUZ("float8_e5m2fnuz", "", Dtype.F8_E5M2FNUZ, 1),
  FLOAT8_E4M3FNUZ("float8_e4m3fnuz", "", Dtype.F8_E4M3FNUZ, 1),
  /** A byte of two elements: a tensor's last dimension counts bytes, half of safetensors' count. */
  FLOAT4_E2M1FN_X2("float4_e2m1fn_x2", "", Dtype.F4, 1);

  private final String dtypeName;
  private final String storageClass;
  private final Dtype dtype;
  private final int swapSize;

  TorchType(String dtypeName, String storageClass, Dtype dtype, int swapSize) {
    this.dtypeName = dtypeName;
    this.storageClass = storageClass;
    this.dtype = dtype;
    this.swapSize = swapSize;
  }

  /** The name in module {@code torch}. */
  String dtypeName() {
    return dtypeName;
  }

  /** The name of the class in module {@code torch}; empty if there is none. */
  Optional<String> storageClass() {
    return storageClass.isEmpty() ? Optional.empty() : Optional.of(storageClass);
  }

  Dtype dtype() {
    return dtype;
  }

  /** Bytes of one element as PyTorch counts them. */
  int itemSize() {
    return this == FLOAT4_E2M1FN_X2 ? 1 : dtype.bits() / 8;
  }

  /** Bytes that are in reverse order in a big-endian file. */
  int swapSize() {
    return swapSize;
  }

  /** The type whose dtype has this name in module {@code torch}. */
  static Optional<TorchType> ofDtype(String name) {
    for (TorchType type : values()) {
      if (type.dtypeName.equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type whose storage class has this name. */
  static Optional<TorchType> ofStorageClass(String name) {
    for (TorchType type : values()) {
      if (!name.isEmpty() && type.storageClass.equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type of the elements of this tensor class, as files before 0.1.2 name it. */
  static Optional<TorchType> ofTensorClass(String name) {
    return name.endsWith("Tensor")
        ? ofStorageClass(name.substring(0, name.length() - "Tensor".length()) + "Storage")
        : Optional.empty();
  }

  /** The type with this dtype; empty if PyTorch has none. */
  static Optional<TorchType> of(Dtype dtype) {
    for (TorchType type : values()) {
      if (type.dtype == dtype) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
