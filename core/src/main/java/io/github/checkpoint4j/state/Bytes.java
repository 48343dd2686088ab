package io.github.checkpoint4j.state;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Python's {@code bytes}. */
public final class Bytes implements Value {
  private final byte[] value;

  private Bytes(byte[] value) {
    this.value = value;
  }

  /** A value with a copy of {@code value}. */
  public static Bytes of(byte[] value) {
    return new Bytes(value.clone());
  }

  /** A copy of the bytes. */
  public byte[] toByteArray() {
    return value.clone();
  }

  /** The bytes, read-only; not a copy. */
  public MemorySegment asSegment() {
    return MemorySegment.ofArray(value).asReadOnly();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return "Bytes[" + value.length + "]";
  }
}
