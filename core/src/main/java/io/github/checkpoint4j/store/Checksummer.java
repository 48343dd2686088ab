package io.github.checkpoint4j.store;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Computes the checksums of a file and of its tensors while the bytes pass. */
final class Checksummer {
  /** A view as a ByteBuffer holds fewer than 2 GiB. */
  private static final long SLICE = 1L << 30;

  private final CRC32C whole = new CRC32C();
  private final CRC32C part = new CRC32C();
  private final Map<String, TensorChecksum> tensors = new LinkedHashMap<>();
  private Optional<String> tensor = Optional.empty();
  private long position;
  private long begin;

  /**
   * The bytes that follow belong to this tensor, or to none. Parts of one tensor that follow each
   * other are one run.
   *
   * @throws IllegalArgumentException if the tensor had bytes before, and others came between
   */
  void begin(Optional<String> name) {
    if (name.isPresent() && name.equals(tensor)) {
      return;
    }
    end();
    if (name.isPresent() && tensors.containsKey(name.get())) {
      throw new IllegalArgumentException(
          "tensor '" + name.get() + "' is in two places of one file");
    }
    tensor = name;
    begin = position;
    part.reset();
  }

  /** Takes bytes: native memory, mapped memory or a {@code byte[]}. */
  void update(MemorySegment bytes) {
    update(whole, bytes);
    if (tensor.isPresent()) {
      update(part, bytes);
    }
    position = Math.addExact(position, bytes.byteSize());
  }

  FileChecksums finish() {
    end();
    return new FileChecksums(position, (int) whole.getValue(), tensors);
  }

  private void end() {
    tensor.ifPresent(
        name ->
            tensors.put(name, new TensorChecksum(begin, position - begin, (int) part.getValue())));
    tensor = Optional.empty();
  }

  private static void update(CRC32C crc, MemorySegment bytes) {
    for (long at = 0; at < bytes.byteSize(); at += SLICE) {
      crc.update(bytes.asSlice(at, Math.min(SLICE, bytes.byteSize() - at)).asByteBuffer());
    }
  }

  /** The CRC32C of native memory, mapped memory or a {@code byte[]}. */
  static int crc32c(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    update(crc, bytes);
    return (int) crc.getValue();
  }
}
