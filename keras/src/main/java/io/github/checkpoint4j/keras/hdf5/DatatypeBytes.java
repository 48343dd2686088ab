package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.ByteWriter;
import io.github.checkpoint4j.state.Dtype;

/** Writes types as h5py does. */
final class DatatypeBytes {
  private static final int INTEGER = 0x10;
  private static final int FLOATING = 0x11;
  private static final int TEXT = 0x13;
  private static final int OPAQUE = 0x15;
  private static final int COMPOUND = 0x16;
  private static final int ENUMERATION = 0x18;
  private static final int VARIABLE = 0x19;
  private static final int SIGNED = 8;
  private static final int NULL_PADDED = 1;
  private static final int UTF8 = 1 << 4;

  private DatatypeBytes() {}

  /**
   * The type of numbers.
   *
   * @param what what has them, for the message
   * @throws IllegalArgumentException if neither HDF5 nor Keras has them
   */
  static ByteWriter of(Dtype dtype, String what) {
    ByteWriter to = new ByteWriter();
    return switch (dtype) {
      case BOOL -> {
        to.u8(ENUMERATION).u16(2).u8(0).u32(1);
        integer(to, 8, SIGNED);
        name(to, "FALSE");
        name(to, "TRUE");
        yield to.u8(0).u8(1);
      }
      case I8, I16, I32, I64 -> integer(to, dtype.bits(), SIGNED);
      case U8, U16, U32, U64 -> integer(to, dtype.bits(), 0);
      case F16 -> floating(to, 16, 5);
      case F32 -> floating(to, 32, 8);
      case F64 -> floating(to, 64, 11);
      case BF16 -> to.u8(OPAQUE).u16(0).u8(0).u32(2);
      case C32 -> complex(to, 16, 5);
      case C64 -> complex(to, 32, 8);
      case C128 -> complex(to, 64, 11);
      default ->
          throw new IllegalArgumentException(
              what + " has the dtype " + dtype + ", which HDF5 has not; convert it");
    };
  }

  /** Any type will do for no value. */
  static ByteWriter ofNothing() {
    return floating(new ByteWriter(), 32, 8);
  }

  static ByteWriter ofFixedText(int size, boolean ascii) {
    return new ByteWriter().u8(TEXT).u16(NULL_PADDED | (ascii ? 0 : UTF8)).u8(0).u32(size);
  }

  static ByteWriter ofVariableText() {
    int text = 1;
    ByteWriter to = new ByteWriter();
    to.u8(VARIABLE).u16(text | (1 << 8)).u8(0).u32(Datatype.VariableText.SIZE);
    return integer(to, 8, 0);
  }

  private static ByteWriter integer(ByteWriter to, int bits, int sign) {
    return to.u8(INTEGER).u16(sign).u8(0).u32(bits / 8).u16(0).u16(bits);
  }

  private static ByteWriter floating(ByteWriter to, int bits, int exponent) {
    int mantissa = bits - 1 - exponent;
    // Normalised with the highest bit implied; where the sign is.
    to.u8(FLOATING).u8(0x20).u8(bits - 1).u8(0).u32(bits / 8);
    to.u16(0).u16(bits).u8(mantissa).u8(exponent).u8(0).u8(mantissa);
    return to.u32((1 << (exponent - 1)) - 1);
  }

  private static ByteWriter complex(ByteWriter to, int bits, int exponent) {
    to.u8(COMPOUND).u16(2).u8(0).u32(bits / 4);
    for (int i = 0; i < 2; i++) {
      name(to, Datatype.NAMES.get(i));
      to.u32(i * bits / 8).bytes(new byte[28]);
      floating(to, bits, exponent);
    }
    return to;
  }

  /** A name with the zero that ends it, filled up to a multiple of eight. */
  private static void name(ByteWriter to, String name) {
    to.bytes(Stored.ascii(name)).bytes(new byte[8 - name.length() % 8]);
  }
}
