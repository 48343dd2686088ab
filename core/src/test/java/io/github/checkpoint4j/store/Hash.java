package io.github.checkpoint4j.store;

/** Numbers of 64 bits that tell many things apart in little memory and time. */
final class Hash {
  private Hash() {}

  /** Of a thing and those before it; depends on the order. */
  static long of(long before, long thing) {
    long hash = (before ^ thing) * 0x9E37_79B9_7F4A_7C15L;
    return hash ^ hash >>> 32;
  }

  static long of(long before, String text) {
    return of(before, text.hashCode() + ((long) text.length() << 32));
  }
}
