package io.github.checkpoint4j.store;

/**
 * Where the elements of a tensor lie in a file, and the CRC32C of these bytes.
 *
 * @param offset bytes from the beginning of the file
 * @param size bytes
 * @param crc32c CRC32C as of RFC 3720, in the low 32 bits
 */
public record TensorChecksum(long offset, long size, int crc32c) {
  public TensorChecksum {
    if (offset < 0 || size < 0 || size > Long.MAX_VALUE - offset) {
      throw new IllegalArgumentException(
          "a tensor cannot be " + size + " bytes at offset " + offset);
    }
  }

  /** The offset of the first byte after it. */
  public long end() {
    return offset + size;
  }
}
