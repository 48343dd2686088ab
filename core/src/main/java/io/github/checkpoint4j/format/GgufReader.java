package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the numbers, strings and values of a GGUF file, one after another. */
final class GgufReader {
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** A string takes its length, an array its type and its length. */
  private static final int LEAST_STRING = 8;

  private static final int LEAST_ARRAY = 12;
  private static final int DEEPEST = 8;

  private final MemorySegment file;
  private final String source;
  private long at;

  GgufReader(MemorySegment file, String source) {
    this.file = file;
    this.source = source;
  }

  /** Where the next number begins. */
  long at() {
    return at;
  }

  long unsignedInt() throws CorruptFileException {
    return LittleEndian.unsignedInt(file, advance(4));
  }

  /** A size, of 64 bits without sign. */
  long size(String what) throws CorruptFileException {
    long size = LittleEndian.signedLong(file, advance(8));
    if (size < 0) {
      throw problem("%s is %s".formatted(what, Long.toUnsignedString(size)));
    }
    return size;
  }

  /**
   * A number of things.
   *
   * @param least bytes of the smallest of them
   */
  long count(String what, int least) throws CorruptFileException {
    long count = size("the number of " + what);
    if (count > (file.byteSize() - at) / least) {
      throw problem(
          "%d %s are said to follow, and only %d bytes do"
              .formatted(count, what, file.byteSize() - at));
    }
    return count;
  }

  String string() throws CorruptFileException {
    long length = size("the length of a string");
    if (length > Integer.MAX_VALUE - 8) {
      throw problem("a string of %d bytes".formatted(length));
    }
    MemorySegment utf8 = file.asSlice(advance(length), length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8.asByteBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw problem("a string is not UTF-8");
    }
  }

  /** A type and a value of it. An array of numbers is a window on the file. */
  Value value() throws CorruptFileException, UnsupportedFeatureException {
    return value(unsignedInt(), 0);
  }

  private Value value(long type, int depth)
      throws CorruptFileException, UnsupportedFeatureException {
    if (type == STRING) {
      return Value.of(string());
    }
    return type == ARRAY ? array(depth + 1) : scalar(type);
  }

  private Value scalar(long type) throws CorruptFileException, UnsupportedFeatureException {
    Dtype dtype = dtype(type);
    long here = advance(dtype.bits() / 8);
    return switch (dtype) {
      case U8 -> Value.of(LittleEndian.unsignedByte(file, here));
      case I8 -> Value.of((byte) LittleEndian.unsignedByte(file, here));
      case U16 -> Value.of(LittleEndian.unsignedShort(file, here));
      case I16 -> Value.of(file.get(LittleEndian.SHORT, here));
      case U32 -> Value.of(LittleEndian.unsignedInt(file, here));
      case I32 -> Value.of(file.get(LittleEndian.INT, here));
      case F32 -> Value.of((double) Float.intBitsToFloat(file.get(LittleEndian.INT, here)));
      case I64 -> Value.of(LittleEndian.signedLong(file, here));
      case F64 -> Value.of(Double.longBitsToDouble(LittleEndian.signedLong(file, here)));
      case BOOL -> truth(LittleEndian.unsignedByte(file, here));
      default ->
          new Value.Int(new BigInteger(Long.toUnsignedString(LittleEndian.signedLong(file, here))));
    };
  }

  private Value truth(int value) throws CorruptFileException {
    if (value > 1) {
      throw problem("a truth value is %d, neither 0 nor 1".formatted(value));
    }
    return Value.of(value == 1);
  }

  private Value array(int depth) throws CorruptFileException, UnsupportedFeatureException {
    if (depth > DEEPEST) {
      throw new UnsupportedFeatureException(
          at(at) + "arrays in arrays, more than %d deep; write plain ones".formatted(DEEPEST));
    }
    long type = unsignedInt();
    if (type == STRING || type == ARRAY) {
      long count = count("items of an array", type == STRING ? LEAST_STRING : LEAST_ARRAY);
      List<Value> items = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        items.add(value(type, depth));
      }
      return new Value.Items(items);
    }
    Dtype dtype = dtype(type);
    long count = count("items of an array", dtype.bits() / 8);
    long size = dtype.byteSize(count);
    MemorySegment bytes = file.asSlice(advance(size), size);
    return new Value.NdArray(Tensor.of(dtype, new long[] {count}, bytes));
  }

  private Dtype dtype(long type) throws UnsupportedFeatureException {
    return switch ((int) Math.min(type, Integer.MAX_VALUE)) {
      case 0 -> Dtype.U8;
      case 1 -> Dtype.I8;
      case 2 -> Dtype.U16;
      case 3 -> Dtype.I16;
      case 4 -> Dtype.U32;
      case 5 -> Dtype.I32;
      case 6 -> Dtype.F32;
      case BOOL -> Dtype.BOOL;
      case 10 -> Dtype.U64;
      case 11 -> Dtype.I64;
      case 12 -> Dtype.F64;
      default ->
          throw new UnsupportedFeatureException(
              at(at)
                  + "a value of GGUF's type %d; expected 0 to 12; use a newer checkpoint4j"
                      .formatted(type));
    };
  }

  private long advance(long bytes) throws CorruptFileException {
    if (bytes > file.byteSize() - at) {
      throw problem(
          "cut short: %d bytes should follow, and %d do".formatted(bytes, file.byteSize() - at));
    }
    long here = at;
    at += bytes;
    return here;
  }

  private String at(long offset) {
    return source + ", byte " + offset + ": ";
  }

  /** An error at what is read. */
  CorruptFileException problem(String what) {
    return new CorruptFileException(
        at(at) + what + "; the file is damaged: copy or download it again");
  }
}
