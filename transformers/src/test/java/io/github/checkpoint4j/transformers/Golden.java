package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of golden/transformers. */
final class Golden {
  private static final Path DIRECTORY =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers");

  private Golden() {}

  static Path path(String name) {
    return DIRECTORY.resolve(name);
  }

  static Json.Obj json(String name) throws IOException {
    return (Json.Obj) Json.parsePython(MemorySegment.ofArray(Files.readAllBytes(path(name))), name);
  }

  static Json.Obj expected() throws IOException {
    return json("expected.json");
  }
}
