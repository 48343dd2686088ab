package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import java.util.List;
import java.util.Optional;

/** The type of a dataset's or an attribute's elements. */
sealed interface Datatype {
  /** The parts of a complex number, as h5py calls them. */
  List<String> NAMES = List.of("r", "i");

  /** Bytes of one element, at least one. */
  long size();

  /** Numbers or truth values; the bytes of each part of {@code unit} bytes may be reversed. */
  record Numeric(Dtype dtype, boolean bigEndian, int unit) implements Datatype {
    @Override
    public long size() {
      return dtype.byteSize(1);
    }
  }

  /** Text of a fixed number of bytes; what is left is filled with zeros or blanks. */
  record FixedText(long size, boolean blanks) implements Datatype {}

  /** Text of any length, which is elsewhere: length, address, index. */
  record VariableText() implements Datatype {
    static final int SIZE = 16;

    @Override
    public long size() {
      return SIZE;
    }
  }

  /** Bytes without a meaning. */
  record Opaque(long size) implements Datatype {}

  /** What is not read here. */
  record Other(long size, String kind) implements Datatype {}

  /** Reads a type. */
  static Datatype read(Cursor cursor) throws CorruptFileException {
    return read(cursor, true);
  }

  private static Datatype read(Cursor cursor, boolean outermost) throws CorruptFileException {
    int head = cursor.u8();
    int version = head >> 4;
    int flags = cursor.u16();
    cursor.skip(1);
    long size = cursor.u32();
    if (version == 0 || size == 0) {
      throw cursor.corrupt("a type of version " + version + " and " + size + " bytes");
    }
    return switch (head & 0xf) {
      case 0 -> integer(cursor, flags, size);
      case 1 -> floating(cursor, flags, size);
      case 2 -> new Other(size, "times");
      case 3 -> new FixedText(size, (flags & 0xf) == 2);
      case 4 -> new Other(size, "bit fields");
      case 5 -> new Opaque(size);
      case 6 -> outermost ? compound(cursor, version, flags, size) : new Other(size, "compounds");
      case 7 -> new Other(size, "references to other objects");
      case 8 -> enumeration(cursor, version, flags, size);
      case 9 ->
          (flags & 0xf) == 1 && size == VariableText.SIZE
              ? new VariableText()
              : new Other(size, "lists of any length");
      case 10 -> new Other(size, "arrays");
      default -> new Other(size, "HDF5's class " + (head & 0xf));
    };
  }

  private static Datatype integer(Cursor cursor, int flags, long size) throws CorruptFileException {
    boolean signed = (flags & 8) != 0;
    boolean bigEndian = (flags & 1) != 0;
    int shift = cursor.u16();
    int bits = cursor.u16();
    Optional<Dtype> dtype =
        shift != 0 || bits != size * 8
            ? Optional.empty()
            : Dtype.named((signed ? "I" : "U") + bits);
    return dtype
        .<Datatype>map(found -> new Numeric(found, bigEndian, (int) size))
        .orElseGet(() -> new Other(size, "integers of " + bits + " bits"));
  }

  private static Datatype floating(Cursor cursor, int flags, long size)
      throws CorruptFileException {
    int shift = cursor.u16();
    int bits = cursor.u16();
    int exponentAt = cursor.u8();
    int exponentBits = cursor.u8();
    int mantissaAt = cursor.u8();
    int mantissaBits = cursor.u8();
    long bias = cursor.u32();
    Optional<Dtype> dtype =
        switch ((exponentBits << 8) | mantissaBits) {
          case (5 << 8) | 10 -> Optional.of(Dtype.F16);
          case (8 << 8) | 7 -> Optional.of(Dtype.BF16);
          case (8 << 8) | 23 -> Optional.of(Dtype.F32);
          case (11 << 8) | 52 -> Optional.of(Dtype.F64);
          default -> Optional.empty();
        };
    boolean usual =
        shift == 0
            && bits == size * 8
            && mantissaAt == 0
            && exponentAt == mantissaBits
            && bias == (1L << Math.max(0, exponentBits - 1)) - 1
            // VAX's order.
            && (flags & (1 << 6)) == 0;
    return dtype
        .filter(found -> usual && found.bits() == bits)
        .<Datatype>map(found -> new Numeric(found, (flags & 1) != 0, (int) size))
        .orElseGet(() -> new Other(size, "floating-point numbers of " + bits + " bits"));
  }

  /** Complex numbers are a compound of two floating-point numbers to h5py. */
  private static Datatype compound(Cursor cursor, int version, int members, long size)
      throws CorruptFileException {
    Other other = new Other(size, "compounds");
    if (members != 2) {
      return other;
    }
    Datatype[] parts = new Datatype[2];
    for (int i = 0; i < 2; i++) {
      String name = memberName(cursor, version);
      long at = version < 3 ? cursor.u32() : cursor.number(TreeV2.bytesFor(size));
      cursor.skip(version == 1 ? 28 : 0);
      parts[i] = read(cursor, false);
      if (!(parts[i] instanceof Numeric) || !name.equals(NAMES.get(i)) || at != i * (size / 2)) {
        return other;
      }
    }
    return parts[0] instanceof Numeric number
            && number.equals(parts[1])
            && size == 2 * number.size()
        ? switch (number.dtype()) {
          case F16 -> new Numeric(Dtype.C32, number.bigEndian(), number.unit());
          case F32 -> new Numeric(Dtype.C64, number.bigEndian(), number.unit());
          case F64 -> new Numeric(Dtype.C128, number.bigEndian(), number.unit());
          default -> other;
        }
        : other;
  }

  /** Truth values are an enumeration to h5py. */
  private static Datatype enumeration(Cursor cursor, int version, int members, long size)
      throws CorruptFileException {
    Other other = new Other(size, "enumerations");
    if (members != 2 || size != 1) {
      return other;
    }
    cursor.skip(12);
    boolean named =
        memberName(cursor, version).equals("FALSE") && memberName(cursor, version).equals("TRUE");
    return named && cursor.u8() == 0 && cursor.u8() == 1
        ? new Numeric(Dtype.BOOL, false, 1)
        : other;
  }

  private static String memberName(Cursor cursor, int version) throws CorruptFileException {
    long before = cursor.position();
    String name = cursor.terminated();
    if (version < 3) {
      cursor.skip(-(cursor.position() - before) & 7);
    }
    return name;
  }

  /** That elements of this type are not read. */
  default UnsupportedFeatureException refused(Source source, String what) {
    String kind =
        switch (this) {
          case Other other -> other.kind();
          case Opaque opaque -> "opaque values of " + opaque.size() + " bytes";
          case Numeric number -> number.dtype().toString();
          case FixedText _, VariableText _ -> "texts";
        };
    return source.unsupported(
        "its "
            + Excerpt.of(what)
            + " has "
            + kind
            + ", which are not read here; write numbers, truth values or texts");
  }
}
