package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * The CRC32C of bytes as TensorFlow and LevelDB keep it beside them: turned and shifted, so that
 * the checksum of bytes that have their checksum in them is not a constant.
 *
 * @see <a href="https://github.com/google/leveldb/blob/main/util/crc32c.h">util/crc32c.h, Mask</a>
 */
public final class MaskedCrc32c {
  private static final int DELTA = 0xa282ead8;

  private MaskedCrc32c() {}

  /** The masked checksum of these bytes. */
  public static int of(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    ZipWriter.update(crc, bytes);
    return masked(crc);
  }

  /** A checksum, masked. */
  static int masked(CRC32C crc) {
    int value = (int) crc.getValue();
    return Integer.rotateRight(value, 15) + DELTA;
  }
}
