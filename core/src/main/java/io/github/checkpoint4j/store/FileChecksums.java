package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The size of a file, the CRC32C of its bytes, and those of the tensors in it. A tensor's bytes are
 * one run; the runs do not overlap.
 *
 * @param size bytes
 * @param crc32c CRC32C as of RFC 3720 of all bytes
 * @param tensors by name, in the order of the file
 */
public record FileChecksums(long size, int crc32c, Map<String, TensorChecksum> tensors) {

  /**
   * @throws IllegalArgumentException if a size is negative, or a tensor lies outside the file or
   *     over another
   */
  public FileChecksums {
    if (size < 0) {
      throw new IllegalArgumentException("a file cannot be " + size + " bytes");
    }
    List<Map.Entry<String, TensorChecksum>> entries =
        tensors.entrySet().stream()
            .map(Map.Entry::copyOf)
            .sorted(
                Comparator.comparingLong(
                        (Map.Entry<String, TensorChecksum> e) -> e.getValue().offset())
                    .thenComparingLong(e -> e.getValue().end()))
            .toList();
    Map<String, TensorChecksum> ordered = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, TensorChecksum> entry : entries) {
      TensorChecksum tensor = entry.getValue();
      if (tensor.end() > size) {
        throw new IllegalArgumentException(
            "tensor '%s' ends at byte %d of a file of %d"
                .formatted(entry.getKey(), tensor.end(), size));
      }
      if (tensor.offset() < end) {
        throw new IllegalArgumentException(
            "tensor '%s' begins at byte %d, within the one before it"
                .formatted(entry.getKey(), tensor.offset()));
      }
      end = tensor.end();
      ordered.put(entry.getKey(), tensor);
    }
    tensors = Collections.unmodifiableMap(ordered);
  }

  /**
   * The checksums that writing this content gives.
   *
   * @throws IllegalArgumentException if a tensor's parts are not one run
   */
  public static FileChecksums of(FileContent content) {
    MemorySegment chunk = MemorySegment.ofArray(new byte[1 << 16]);
    return Checksummer.pass(
        content,
        new Checksummer.Sink<RuntimeException>() {
          @Override
          public MemorySegment stage() {
            return chunk;
          }

          @Override
          public void put(MemorySegment filled) {}
        },
        _ -> {});
  }

  /** A CRC32C as it is written in manifests and messages: eight hexadecimal digits, lower case. */
  public static String hex(int crc32c) {
    return String.format(Locale.ROOT, "%08x", crc32c);
  }
}
