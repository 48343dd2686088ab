package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What the index of a TensorFlow checkpoint says of one tensor.
 *
 * @param type the number of its {@code DataType}
 * @param shard the file with its bytes, counted from 0
 * @param offset where they begin there
 * @param checksum their masked CRC32C
 * @param slices of how many parts it is made, if it is not kept whole
 * @see <a
 *     href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto">
 *     tensor_bundle.proto, BundleEntryProto</a>
 */
@SuppressWarnings("ArrayRecordComponent")
record BundleEntry(
    String key,
    long type,
    long[] shape,
    long shard,
    long offset,
    long size,
    int checksum,
    int slices) {
  private static final int DTYPE = 1;
  private static final int SHAPE = 2;
  private static final int SHARD_ID = 3;
  private static final int OFFSET = 4;
  private static final int SIZE = 5;
  private static final int CRC32C = 6;
  private static final int SLICES = 7;
  private static final int SHAPE_DIM = 2;
  private static final int SHAPE_UNKNOWN_RANK = 3;
  private static final int DIM_SIZE = 1;

  /** As many as TensorFlow's {@code TensorShape} allows. */
  private static final int MOST_DIMENSIONS = 254;

  static BundleEntry read(String key, MemorySegment value, String source)
      throws CorruptFileException {
    long type = 0;
    long[] shape = {};
    long shard = 0;
    long offset = 0;
    long size = 0;
    int checksum = 0;
    int slices = 0;
    ProtobufReader fields =
        new ProtobufReader(value, 0, source + ": entry '" + Excerpt.of(key) + "'");
    while (fields.next()) {
      switch (fields.field()) {
        case DTYPE -> type = fields.varint();
        case SHAPE -> shape = shape(fields.message());
        case SHARD_ID -> shard = fields.varint();
        case OFFSET -> offset = fields.varint();
        case SIZE -> size = fields.varint();
        case CRC32C -> checksum = fields.fixed32();
        case SLICES -> {
          slices++;
          fields.skip();
        }
        default -> fields.skip();
      }
    }
    if (shard < 0 || offset < 0 || size < 0 || size > Long.MAX_VALUE - offset) {
      throw fields.problem(
          "%d bytes at byte %d of shard %d are nowhere".formatted(size, offset, shard));
    }
    return new BundleEntry(key, type, shape, shard, offset, size, checksum, slices);
  }

  private static long[] shape(ProtobufReader shape) throws CorruptFileException {
    long[] dims = {};
    while (shape.next()) {
      switch (shape.field()) {
        case SHAPE_DIM -> {
          dims = Arrays.copyOf(dims, dims.length + 1);
          ProtobufReader dim = shape.message();
          while (dim.next()) {
            if (dim.field() == DIM_SIZE) {
              dims[dims.length - 1] = dim.varint();
            } else {
              dim.skip();
            }
          }
        }
        case SHAPE_UNKNOWN_RANK -> {
          if (shape.varint() != 0) {
            throw shape.problem("a shape without dimensions");
          }
        }
        default -> shape.skip();
      }
      if (dims.length > MOST_DIMENSIONS) {
        throw shape.problem("more than " + MOST_DIMENSIONS + " dimensions");
      }
    }
    return dims;
  }
}
