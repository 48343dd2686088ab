package io.github.checkpoint4j.keras.hdf5;

/** How large numbers are in binary. */
final class Binary {
  private Binary() {}

  /** The exponent of the largest power of two that is not over a positive number. */
  static int log2(long value) {
    return 63 - Long.numberOfLeadingZeros(value);
  }

  /** Bytes that numbers up to {@code most} take. */
  static int bytesFor(long most) {
    return log2(Math.max(1, most)) / 8 + 1;
  }
}
