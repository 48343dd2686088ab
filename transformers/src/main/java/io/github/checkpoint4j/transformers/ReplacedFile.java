package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writes a file beside its place and then moves it there, so that it is whole or not there. */
final class ReplacedFile {
  private static final long CHUNK = 1 << 26;

  private ReplacedFile() {}

  static void write(Path file, FileContent content) throws IOException {
    Path beside = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(
              beside,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        for (FileContent.Part part : content.parts()) {
          for (long start = 0; start < part.bytes().byteSize(); start += CHUNK) {
            long size = Math.min(CHUNK, part.bytes().byteSize() - start);
            ByteBuffer chunk = part.bytes().asSlice(start, size).asByteBuffer();
            while (chunk.hasRemaining()) {
              channel.write(chunk);
            }
          }
        }
        channel.force(true);
      }
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
