package io.github.checkpoint4j.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The golden files of a topic. */
record Golden(Path folder) {

  static Golden topic(String name) {
    return new Golden(Path.of(System.getProperty("checkpoint4j.root"), "golden", name));
  }

  /** All files of a folder in order of their names, at least one. */
  List<Path> files(String folder, String suffix) {
    try (var files = Files.list(this.folder.resolve(folder))) {
      List<Path> found = files.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
      if (found.isEmpty()) {
        throw new AssertionError("no *" + suffix + " in " + this.folder.resolve(folder));
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  MemorySegment bytes(String file) throws IOException {
    return bytes(folder.resolve(file));
  }

  static MemorySegment bytes(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file)).asReadOnly();
  }

  Json.Obj expected() throws IOException {
    return (Json.Obj) Json.parse(bytes("expected.json"), "expected.json");
  }
}
