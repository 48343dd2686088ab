package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A JSON object of a file, whose members may be of any kind. */
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

  /** The string of this name; empty if there is none, or the member is of another kind. */
  static Optional<String> text(Json.Obj object, String name) {
    return object
        .find(name)
        .filter(Json.Str.class::isInstance)
        .map(member -> ((Json.Str) member).value());
  }

  /** The object of this name; empty if there is none, or the member is of another kind. */
  static Optional<Json.Obj> object(Json.Obj object, String name) {
    return object.find(name).filter(Json.Obj.class::isInstance).map(Json.Obj.class::cast);
  }
}
