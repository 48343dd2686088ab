package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** An ONNX {@code TensorProto}. */
record OnnxTensor(String name, Tensor tensor) {
  static final int FLOAT_DATA = 4;
  static final int INT32_DATA = 5;
  static final int INT64_DATA = 7;
  static final int DOUBLE_DATA = 10;
  static final int UINT64_DATA = 11;

  private static final int DIMS = 1;
  private static final int DATA_TYPE = 2;
  private static final int SEGMENT = 3;
  private static final int NAME = 8;
  private static final int RAW_DATA = 9;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static OnnxTensor read(ProtobufReader proto, String source, Map<String, MemorySegment> external)
      throws CorruptFileException, UnsupportedFeatureException {
    String name = "";
    long[] dims = new long[4];
    int rank = 0;
    long number = 0;
    Optional<MemorySegment> raw = Optional.empty();
    ProtobufReader fields = proto.again();
    while (fields.next()) {
      switch (fields.field()) {
        case DIMS -> {
          ProtobufReader values = fields.values();
          while (values.more()) {
            dims = rank == dims.length ? Arrays.copyOf(dims, 2 * rank) : dims;
            dims[rank++] = values.rawVarint();
          }
        }
        case DATA_TYPE -> number = fields.varint();
        case NAME -> name = fields.text();
        case RAW_DATA -> raw = Optional.of(fields.bytes());
        case SEGMENT ->
            throw new UnsupportedFeatureException(
                source + ": an initializer is one segment of a tensor; export the model again");
        default -> fields.skip();
      }
    }
    Optional<OnnxExternalData> elsewhere = OnnxExternalData.of(proto.again(), source);
    OnnxType type = type(number, name, source);
    long[] shape = Arrays.copyOf(dims, rank);
    try {
      MemorySegment bytes =
          elsewhere.isPresent()
              ? elsewhere.get().bytes(external, type.dtype().byteSize(Tensor.elementCount(shape)))
              : raw.isPresent() ? raw.get() : gathered(proto.again(), type, shape);
      return new OnnxTensor(name, Tensor.of(type.dtype(), shape, bytes));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw proto.problem("initializer '" + Excerpt.of(name) + "': " + e.getMessage());
    }
  }

  private static OnnxType type(long number, String name, String source)
      throws UnsupportedFeatureException {
    return OnnxType.of(number)
        .orElseThrow(
            () ->
                new UnsupportedFeatureException(
                    source
                        + ": initializer '"
                        + Excerpt.of(name)
                        + "' is of ONNX's data type "
                        + number
                        + ", which is not read: strings, 64-bit complex and 2- and 4-bit whole"
                        + " numbers are not; convert it in the model"));
  }

  /**
   * The elements that are not in raw_data: as they are in the file if they are floats in one run,
   * else copied.
   */
  private static MemorySegment gathered(ProtobufReader proto, OnnxType type, long[] shape)
      throws CorruptFileException {
    long size;
    try {
      size = type.dtype().byteSize(Tensor.elementCount(shape));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " takes more bytes than a long holds", e);
    }
    if (type == OnnxType.FLOAT4E2M1 && size > 0) {
      throw new IllegalArgumentException("elements of 4 bits that are not in raw_data");
    }
    boolean varints = type.field() != FLOAT_DATA && type.field() != DOUBLE_DATA;
    // A varint takes at least one byte, any other number its width.
    long most = varints ? Math.multiplyExact(proto.size(), type.width()) : proto.size();
    if (size > most) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " has more elements than there are bytes");
    }
    MemorySegment bytes = Arena.ofAuto().allocate(size);
    long at = 0;
    while (proto.next()) {
      if (proto.field() != type.field()) {
        proto.skip();
        continue;
      }
      if (!varints) {
        MemorySegment run = proto.content();
        if (run.byteSize() == size) {
          bytes = run;
        } else if (run.byteSize() > 0 && run.byteSize() <= size - at) {
          bytes.asSlice(at, run.byteSize()).copyFrom(run);
        }
        at = Math.addExact(at, run.byteSize());
      } else {
        ProtobufReader values = proto.values();
        while (values.more()) {
          long value = values.rawVarint();
          if (at < size) {
            put(bytes, at, type.width(), value);
          }
          at += type.width();
        }
      }
    }
    if (at != size) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " takes " + size + " bytes, not " + at);
    }
    return bytes;
  }

  private static void put(MemorySegment bytes, long at, int width, long value) {
    if (width < 8 && (value < -(1L << (8 * width - 1)) || value >= 1L << (8 * width))) {
      throw new IllegalArgumentException(
          "element " + value + " does not fit in " + 8 * width + " bits");
    }
    switch (width) {
      case 1 -> bytes.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> bytes.set(SHORT, at, (short) value);
      case 4 -> bytes.set(INT, at, (int) value);
      default -> bytes.set(LONG, at, value);
    }
  }
}
