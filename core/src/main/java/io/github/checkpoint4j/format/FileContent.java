package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of a file to be written, as a list of parts, so that a tensor goes from where it lies
 * to the disk without a copy of the file in between.
 *
 * @param parts the parts, in order
 * @param size the sum of their sizes, in bytes
 */
public record FileContent(List<Part> parts, long size) {

  /**
   * A run of bytes.
   *
   * @param tensor the name of the tensor whose elements these are; empty for headers and padding
   * @param bytes the bytes; they must not change until the file is written
   */
  public record Part(Optional<String> tensor, MemorySegment bytes) {}

  public FileContent {
    parts = List.copyOf(parts);
    long sum = 0;
    for (Part part : parts) {
      sum = Math.addExact(sum, part.bytes().byteSize());
    }
    if (sum != size) {
      throw new IllegalArgumentException("the parts have " + sum + " bytes, not " + size);
    }
  }

  /** A file of these parts. */
  public static FileContent of(List<Part> parts) {
    long sum = 0;
    for (Part part : parts) {
      sum = Math.addExact(sum, part.bytes().byteSize());
    }
    return new FileContent(parts, sum);
  }

  /** A file of these bytes, copied. */
  public static FileContent of(byte[] bytes) {
    return of(List.of(new Part(Optional.empty(), MemorySegment.ofArray(bytes.clone()))));
  }

  /** A file of this text in UTF-8. */
  public static FileContent of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }
}
