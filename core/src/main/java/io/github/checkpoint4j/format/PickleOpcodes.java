package io.github.checkpoint4j.format;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes the opcodes of a pickle of protocol 2: those alone that PyTorch reads with {@code
 * weights_only}, save that of whole numbers of more than 255 bytes. Texts and names are written
 * once and recalled from the memo.
 */
final class PickleOpcodes {
  private static final BigInteger INT_MIN = BigInteger.valueOf(Integer.MIN_VALUE);
  private static final BigInteger INT_MAX = BigInteger.valueOf(Integer.MAX_VALUE);

  private final ByteWriter out = new ByteWriter();
  private final Map<String, Integer> memo = new HashMap<>();

  PickleOpcodes() {
    out.u8(0x80).u8(2); // PROTO
  }

  /** The pickle, which makes what was written first. */
  byte[] finish() {
    return out.u8('.').take(); // STOP
  }

  void none() {
    out.u8('N'); // NONE
  }

  void bool(boolean value) {
    out.u8(value ? 0x88 : 0x89); // NEWTRUE, NEWFALSE
  }

  void real(double value) {
    out.u8('G').u64(Long.reverseBytes(Double.doubleToRawLongBits(value))); // BINFLOAT
  }

  void integer(long number) {
    integer(BigInteger.valueOf(number));
  }

  void integer(BigInteger number) {
    if (number.signum() >= 0 && number.bitLength() <= 8) {
      out.u8('K').u8(number.intValue()); // BININT1
    } else if (number.signum() >= 0 && number.bitLength() <= 16) {
      out.u8('M').u16(number.intValue()); // BININT2
    } else if (number.compareTo(INT_MIN) >= 0 && number.compareTo(INT_MAX) <= 0) {
      out.u8('J').u32(number.intValue()); // BININT
    } else {
      byte[] bigEndian = number.toByteArray();
      if (bigEndian.length <= 0xFF) {
        out.u8(0x8a).u8(bigEndian.length); // LONG1
      } else {
        out.u8(0x8b).u32(bigEndian.length); // LONG4
      }
      for (int i = bigEndian.length - 1; i >= 0; i--) {
        out.u8(bigEndian[i]);
      }
    }
  }

  /**
   * A string.
   *
   * @throws CharacterCodingException if it has half of a surrogate pair
   */
  void text(String text) throws CharacterCodingException {
    String key = "s" + text;
    if (!recall(key)) {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] encoded = new byte[utf8.remaining()];
      utf8.get(encoded);
      unicode(encoded);
      memorize(key);
    }
  }

  /** A string of ASCII characters. */
  void word(String text) {
    String key = "s" + text;
    if (!recall(key)) {
      unicode(text.getBytes(StandardCharsets.US_ASCII));
      memorize(key);
    }
  }

  private void unicode(byte[] utf8) {
    out.u8('X').u32(utf8.length).bytes(utf8); // BINUNICODE
  }

  /** Protocol 2 has no bytes: Python writes them as Latin-1 characters to be encoded. */
  void bytes(byte[] raw) {
    global("_codecs", "encode");
    unicode(new String(raw, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8));
    word("latin1");
    out.u8(0x86); // TUPLE2
    reduce();
  }

  /** A class or function; Python 2's modules and names are read by every Python. */
  void global(String module, String name) {
    String key = "c" + module + " " + name;
    if (!recall(key)) {
      // GLOBAL
      out.u8('c').bytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
      memorize(key);
    }
  }

  void emptyTuple() {
    out.u8(')'); // EMPTY_TUPLE
  }

  void emptyList() {
    out.u8(']'); // EMPTY_LIST
  }

  void emptyDict() {
    out.u8('}'); // EMPTY_DICT
  }

  /** Begins the items of a tuple, or those that {@link #appends} or {@link #setItems} adds. */
  void mark() {
    out.u8('('); // MARK
  }

  void tuple() {
    out.u8('t'); // TUPLE
  }

  void appends() {
    out.u8('e'); // APPENDS
  }

  void setItems() {
    out.u8('u'); // SETITEMS
  }

  /** Calls the global that was written before the tuple of its arguments. */
  void reduce() {
    out.u8('R'); // REDUCE
  }

  /** Sets the attributes of an object to the state that was written after it. */
  void build() {
    out.u8('b'); // BUILD
  }

  /** Makes an id of the tuple that was written. */
  void persistentId() {
    out.u8('Q'); // BINPERSID
  }

  void integers(long[] numbers) {
    mark();
    for (long number : numbers) {
      integer(number);
    }
    tuple();
  }

  private boolean recall(String key) {
    Integer index = memo.get(key);
    if (index == null) {
      return false;
    }
    if (index <= 0xFF) {
      out.u8('h').u8(index); // BINGET
    } else {
      out.u8('j').u32(index); // LONG_BINGET
    }
    return true;
  }

  private void memorize(String key) {
    int index = memo.size();
    memo.put(key, index);
    if (index <= 0xFF) {
      out.u8('q').u8(index); // BINPUT
    } else {
      out.u8('r').u32(index); // LONG_BINPUT
    }
  }
}
