package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;

/** A JSON text that must be an object. */
final class JsonObject {
  private JsonObject() {}

  /**
   * Parses what Python wrote.
   *
   * @throws CorruptFileException if it is no JSON text, or not an object
   */
  static Json.Obj parse(MemorySegment utf8, String source) throws CorruptFileException {
    Json json = Json.parsePython(utf8, source);
    if (json instanceof Json.Obj object) {
      return object;
    }
    throw new CorruptFileException(
        source + ": expected a JSON object and found " + json.kind() + "; save the model again");
  }
}
