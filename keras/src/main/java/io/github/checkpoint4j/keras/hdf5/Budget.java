package io.github.checkpoint4j.keras.hdf5;

/**
 * How many bytes of structures may still be looked at. A file whose trees share their branches, or
 * whose headers lie over one another, would otherwise be walked for ever though it is small.
 */
final class Budget {
  /** Honest files are read once, their tables and texts some times more. */
  private static final long TIMES_FILE = 16;

  private static final long LEAST = 1 << 23;
  private static final long MOST = 1L << 32;

  /** What compresses better than deflate at its best is no data. */
  private static final long DEFLATE_RATIO = 1100;

  private static final long HARMLESS = 1 << 24;

  private long left;

  Budget(long fileSize) {
    this.left = Math.min(MOST, LEAST + Math.min(fileSize, MOST) * TIMES_FILE);
  }

  /** Whether that many bytes more may be looked at. */
  boolean spend(long bytes) {
    left -= bytes;
    return left >= 0;
  }

  /**
   * Whether {@code stored} bytes of a file may stand for {@code declared} bytes in memory: as much
   * as deflate can make of them, or so little that it does not matter.
   */
  static boolean warrants(long stored, long declared) {
    return declared <= HARMLESS || declared / DEFLATE_RATIO <= stored;
  }
}
