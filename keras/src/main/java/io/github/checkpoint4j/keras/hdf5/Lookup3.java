package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.LittleEndian;
import java.lang.foreign.MemorySegment;

/**
 * The checksum of HDF5's newer structures: Bob Jenkins's hashlittle.
 *
 * @see <a href="https://burtleburtle.net/bob/c/lookup3.c">lookup3.c</a>
 */
final class Lookup3 {
  private static final int BLOCK = 12;

  private Lookup3() {}

  static int hash(MemorySegment bytes) {
    long length = bytes.byteSize();
    int a = 0xdeadbeef + (int) length;
    int b = a;
    int c = a;
    long at = 0;
    for (; length - at > BLOCK; at += BLOCK) {
      a += word(bytes, at);
      b += word(bytes, at + 4);
      c += word(bytes, at + 8);
      a = (a - c) ^ Integer.rotateLeft(c, 4);
      c += b;
      b = (b - a) ^ Integer.rotateLeft(a, 6);
      a += c;
      c = (c - b) ^ Integer.rotateLeft(b, 8);
      b += a;
      a = (a - c) ^ Integer.rotateLeft(c, 16);
      c += b;
      b = (b - a) ^ Integer.rotateLeft(a, 19);
      a += c;
      c = (c - b) ^ Integer.rotateLeft(b, 4);
      b += a;
    }
    if (at == length) {
      return c;
    }
    a += word(bytes, at);
    b += word(bytes, at + 4);
    c += word(bytes, at + 8);
    c = (c ^ b) - Integer.rotateLeft(b, 14);
    a = (a ^ c) - Integer.rotateLeft(c, 11);
    b = (b ^ a) - Integer.rotateLeft(a, 25);
    c = (c ^ b) - Integer.rotateLeft(b, 16);
    a = (a ^ c) - Integer.rotateLeft(c, 4);
    b = (b ^ a) - Integer.rotateLeft(a, 14);
    return (c ^ b) - Integer.rotateLeft(b, 24);
  }

  /** Four bytes, with zeros for those beyond the end. */
  private static int word(MemorySegment bytes, long at) {
    if (bytes.byteSize() - at >= 4) {
      return bytes.get(LittleEndian.INT, at);
    }
    int word = 0;
    for (long i = at; i < bytes.byteSize(); i++) {
      word |= LittleEndian.unsignedByte(bytes, i) << (int) (8 * (i - at));
    }
    return word;
  }
}
