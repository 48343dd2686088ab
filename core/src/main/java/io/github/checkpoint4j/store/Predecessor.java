package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The checkpoint whose unchanged files a new one shares: the newest that is committed. One without
 * a manifest is none, for a program that does not know of shared files made it, and may write over
 * them.
 *
 * @param files what its manifest lists
 */
record Predecessor(Storage storage, Path directory, Map<String, FileChecksums> files) {
  /** Small enough that the processor has it in its cache for the comparison and the checksums. */
  private static final int SLICE = 1 << 18;

  /** The one among the checkpoints of a run, oldest first; empty if none is committed. */
  static Optional<Predecessor> among(Storage storage, List<CheckpointDirectory> checkpoints) {
    return checkpoints.reversed().stream()
        .filter(checkpoint -> checkpoint.info().standing() == Standing.COMMITTED)
        .findFirst()
        .map(
            checkpoint ->
                new Predecessor(
                    storage,
                    checkpoint.info().directory(),
                    checkpoint.manifest().map(Manifest::files).orElse(Map.of())));
  }

  /** The file of this name. */
  Path file(String name) {
    return directory.resolve(name);
  }

  /**
   * The checksums of the file of this name, if it holds tensors and each of its bytes is that of
   * {@code content}, and as it was committed. Equal checksums are not taken for equal bytes. That
   * the bytes are read here also shows that the file is not damaged: sharing does not spread
   * damage.
   *
   * <p>A file that cannot be read is one that is not the same, and so is a symbolic link: a further
   * name of it would lead to what is not the checkpoint's own.
   */
  Optional<FileChecksums> same(String name, FileContent content) {
    FileChecksums committed = files.get(name);
    if (committed == null
        || committed.size() != content.size()
        || !TrainerLayout.holdsTensors(name)) {
      return Optional.empty();
    }
    try {
      if (storage.find(file(name)).filter(Storage.Kind.FILE::equals).isEmpty()) {
        return Optional.empty();
      }
      try (MappedFile file = storage.map(file(name))) {
        return file.size() == content.size()
            ? file.read(bytes -> equal(bytes, content)).filter(committed::equals)
            : Optional.empty();
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The checksums of the content; empty at the first byte that is not that of the file. */
  private static Optional<FileChecksums> equal(MemorySegment file, FileContent content) {
    Checksummer checksummer = new Checksummer();
    MemorySegment slice = MemorySegment.ofArray(new byte[SLICE]);
    long position = 0;
    for (FileContent.Part part : content.parts()) {
      checksummer.begin(part.tensor());
      for (long at = 0; at < part.bytes().byteSize(); at += SLICE) {
        long count = Math.min(SLICE, part.bytes().byteSize() - at);
        // Of a mapping, only what is copied by the Java virtual machine may be lost unharmed.
        MemorySegment.copy(file, position, slice, 0, count);
        MemorySegment read = slice.asSlice(0, count);
        if (read.mismatch(part.bytes().asSlice(at, count)) != -1) {
          return Optional.empty();
        }
        checksummer.update(read);
        position += count;
      }
    }
    return Optional.of(checksummer.finish());
  }
}
