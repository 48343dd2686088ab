package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/** Computes the checksums of a file and of its tensors while the bytes pass. */
final class Checksummer {
  /** Small enough that the second checksum finds the bytes in the processor's cache. */
  private static final int SLICE = 1 << 18;

  /** Where the bytes of a file pass to. */
  interface Sink<E extends Exception> {
    /** Memory to fill, of at least one byte: native or a {@code byte[]}. */
    MemorySegment stage() throws E;

    /** Takes the stage asked for last, filled; of the last one of a file, what was filled. */
    void put(MemorySegment filled) throws E;
  }

  private final CRC32C whole = new CRC32C();
  private final CRC32C part = new CRC32C();
  private final Map<String, TensorChecksum> tensors = new LinkedHashMap<>();
  private Optional<String> tensor = Optional.empty();
  private long position;
  private long begin;

  /**
   * Passes a file's bytes on.
   *
   * @param taken is told how many more bytes the sink took
   * @throws IllegalArgumentException if a tensor's parts are not one run
   */
  static <E extends Exception> FileChecksums pass(
      FileContent content, Sink<E> sink, LongConsumer taken) throws E {
    Checksummer checksummer = new Checksummer();
    MemorySegment stage = MemorySegment.NULL;
    long filled = 0;
    for (FileContent.Part part : content.parts()) {
      checksummer.begin(part.tensor());
      for (long at = 0; at < part.bytes().byteSize(); ) {
        if (filled == stage.byteSize()) {
          stage = sink.stage();
          filled = 0;
        }
        long count = Math.min(stage.byteSize() - filled, part.bytes().byteSize() - at);
        MemorySegment.copy(part.bytes(), at, stage, filled, count);
        checksummer.update(stage.asSlice(filled, count));
        at += count;
        filled += count;
        if (filled == stage.byteSize()) {
          sink.put(stage);
          taken.accept(filled);
        }
      }
    }
    if (filled < stage.byteSize()) {
      sink.put(stage.asSlice(0, filled));
      taken.accept(filled);
    }
    return checksummer.finish();
  }

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

  /** Takes bytes: native memory or a {@code byte[]}. */
  void update(MemorySegment bytes) {
    for (long at = 0; at < bytes.byteSize(); at += SLICE) {
      MemorySegment slice = bytes.asSlice(at, Math.min(SLICE, bytes.byteSize() - at));
      whole.update(slice.asByteBuffer());
      if (tensor.isPresent()) {
        part.update(slice.asByteBuffer());
      }
    }
    position = Math.addExact(position, bytes.byteSize());
  }

  /**
   * Takes bytes of any kind, through a copy. If those of a mapped file are lost meanwhile, copying
   * them ends with an {@link InternalError}; a checksum of the mapping itself would end the
   * process.
   */
  void copyAndUpdate(MemorySegment bytes) {
    MemorySegment copy = MemorySegment.ofArray(new byte[(int) Math.min(SLICE, bytes.byteSize())]);
    for (long at = 0; at < bytes.byteSize(); at += SLICE) {
      long count = Math.min(SLICE, bytes.byteSize() - at);
      MemorySegment.copy(bytes, at, copy, 0, count);
      update(copy.asSlice(0, count));
    }
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

  /** The CRC32C of bytes of any kind, through a copy. */
  static int crc32c(MemorySegment bytes) {
    Checksummer checksummer = new Checksummer();
    checksummer.copyAndUpdate(bytes);
    return checksummer.finish().crc32c();
  }
}
