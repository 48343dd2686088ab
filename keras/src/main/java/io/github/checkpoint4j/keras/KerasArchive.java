package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.format.ZipArchive;
import io.github.checkpoint4j.format.ZipWriter;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files in a {@code .keras} archive. */
final class KerasArchive {
  /** The bytes that all compressed entries may have when inflated. */
  private static final int MOST_INFLATED = 1 << 24;

  private KerasArchive() {}

  /**
   * The files by name. Stored ones are windows; the others, but for the weights, are inflated.
   *
   * @throws CorruptFileException if the archive is damaged, or a name leads out of it
   * @throws UnsupportedFeatureException if the weights are compressed, or others too large for it
   */
  static Map<String, MemorySegment> files(MemorySegment archive, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    ZipArchive zip = ZipArchive.parse(archive, source);
    Map<String, MemorySegment> files = new LinkedHashMap<>();
    int left = MOST_INFLATED;
    for (ZipArchive.Entry entry : zip.entries()) {
      requireInside(entry.name(), source);
      if (entry.name().endsWith("/") && entry.size() == 0) {
        continue;
      }
      boolean isWindow = entry.name().equals(KerasFiles.WEIGHTS);
      MemorySegment bytes = isWindow ? zip.bytes(entry) : zip.bytes(entry, left);
      if (entry.method() != 0) {
        left -= Math.toIntExact(bytes.byteSize());
      }
      files.put(entry.name(), bytes);
    }
    return files;
  }

  /** Nothing is extracted here, but who does it later should not write elsewhere. */
  private static void requireInside(String name, String source) throws CorruptFileException {
    String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || !isPlain(part)) {
        throw new CorruptFileException(
            source
                + ": the entry '"
                + Excerpt.of(name)
                + "' has a name that leads out of the archive; do not unpack it, get it elsewhere");
      }
    }
  }

  /** Without what is a separator or ends a name on some system. */
  private static boolean isPlain(String part) {
    return part.chars().noneMatch(c -> c == '\\' || c == ':' || c == 0);
  }

  /**
   * Returns if the bytes of each stored entry have the CRC-32 of the directory; those of the others
   * are compared when they are inflated.
   *
   * @throws CorruptFileException if one's has not; the message names it
   */
  static void requireChecksums(MemorySegment archive, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    ZipArchive zip = ZipArchive.parse(archive, source);
    for (ZipArchive.Entry entry : zip.entries()) {
      if (entry.method() == 0) {
        zip.requireCrc(entry);
      }
    }
  }

  /** The archive of files, in the order of the map. */
  static FileContent write(Map<String, FileContent> files) {
    ZipWriter zip = new ZipWriter("");
    files.forEach((name, content) -> zip.add(name, content.parts()));
    return zip.finish();
  }
}
