package io.github.checkpoint4j.format;

import java.io.ByteArrayOutputStream;

/** Gathers bytes; numbers go little-endian. */
public final class ByteWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  public int size() {
    return bytes.size();
  }

  public ByteWriter u8(int value) {
    bytes.write(value);
    return this;
  }

  public ByteWriter u16(int value) {
    return u8(value).u8(value >>> 8);
  }

  /** The low 32 bits. */
  public ByteWriter u32(long value) {
    return u16((int) value).u16((int) (value >>> 16));
  }

  public ByteWriter u64(long value) {
    return u32(value).u32(value >>> 32);
  }

  public ByteWriter bytes(byte[] value) {
    bytes.writeBytes(value);
    return this;
  }

  /** What was gathered; the writer is empty afterwards. */
  public byte[] take() {
    byte[] taken = bytes.toByteArray();
    bytes.reset();
    return taken;
  }
}
