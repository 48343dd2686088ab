package io.github.checkpoint4j.format;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** A GGUF file put together by hand. */
final class GgufBytes {
  private final int version;
  private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
  private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
  private long pairCount;
  private long tensorCount;
  private byte[] data = {};

  GgufBytes(int version) {
    this.version = version;
  }

  GgufBytes pair(String key, int type, byte[] value) {
    pairs.writeBytes(string(key));
    pairs.writeBytes(ints(type));
    pairs.writeBytes(value);
    pairCount++;
    return this;
  }

  /**
   * @param dims the innermost first
   */
  GgufBytes tensor(String name, int type, long offset, long... dims) {
    infos.writeBytes(string(name));
    infos.writeBytes(ints(dims.length));
    infos.writeBytes(longs(dims));
    infos.writeBytes(ints(type));
    infos.writeBytes(longs(offset));
    tensorCount++;
    return this;
  }

  GgufBytes tensorCount(long count) {
    tensorCount = count;
    return this;
  }

  /** So many bytes after the infos, which are padded to 32 bytes. */
  GgufBytes data(int size) {
    return data(new byte[size]);
  }

  GgufBytes data(byte[] bytes) {
    data = bytes;
    return this;
  }

  MemorySegment segment() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(ints(version));
    file.writeBytes(longs(tensorCount, pairCount));
    file.writeBytes(pairs.toByteArray());
    file.writeBytes(infos.toByteArray());
    file.writeBytes(new byte[(32 - file.size() % 32) % 32]);
    file.writeBytes(data);
    return MemorySegment.ofArray(file.toByteArray());
  }

  /** Arrays in arrays, the innermost empty. */
  static byte[] nested(int depth) {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    for (int i = 0; i < depth; i++) {
      array.writeBytes(ints(9));
      array.writeBytes(longs(1));
    }
    array.writeBytes(ints(0));
    array.writeBytes(longs(0));
    return array.toByteArray();
  }

  static byte[] string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream string = new ByteArrayOutputStream();
    string.writeBytes(longs(utf8.length));
    string.writeBytes(utf8);
    return string.toByteArray();
  }

  static byte[] ints(int... values) {
    byte[] bytes = new byte[4 * values.length];
    for (int i = 0; i < values.length; i++) {
      MemorySegment.ofArray(bytes).set(LittleEndian.INT, 4L * i, values[i]);
    }
    return bytes;
  }

  static byte[] longs(long... values) {
    byte[] bytes = new byte[8 * values.length];
    for (int i = 0; i < values.length; i++) {
      MemorySegment.ofArray(bytes).set(LittleEndian.LONG, 8L * i, values[i]);
    }
    return bytes;
  }
}
