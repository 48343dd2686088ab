package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Keras's own callbacks did, in golden/keras/callbacks. */
final class Golden {
  private Golden() {}

  static Path path(String name) {
    return Path.of(System.getProperty("checkpoint4j.root"), "golden/keras/callbacks", name);
  }

  /** The cases of a file, of which there are some. */
  static List<Json.Obj> cases(String file) throws IOException {
    List<Json.Obj> cases = parse(Files.readAllBytes(path(file)), file);
    assertThat(cases).isNotEmpty();
    return cases;
  }

  static List<Json.Obj> parse(byte[] text, String source) throws IOException {
    Json.Arr array = (Json.Arr) Json.parsePython(MemorySegment.ofArray(text), source);
    return array.items().stream().map(Json.Obj.class::cast).toList();
  }
}
