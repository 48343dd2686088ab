package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Values in the state of a callback that JSON has no form of its own for. */
final class Attributes {
  private Attributes() {}

  static Json of(OptionalDouble value) {
    return value.isPresent() ? Json.of(value.getAsDouble()) : Json.Null.NULL;
  }

  static Json of(Map<String, Double> values) {
    Map<String, Json> members = new TreeMap<>();
    values.forEach((name, value) -> members.put(name, Json.of(value)));
    return Json.object(members);
  }

  /**
   * A number, or empty if it is null.
   *
   * @throws IllegalArgumentException if it is missing or something else
   */
  static OptionalDouble real(Json.Obj attributes, String name) {
    return attributes.get(name) == Json.Null.NULL
        ? OptionalDouble.empty()
        : OptionalDouble.of(attributes.real(name));
  }

  /**
   * A whole number from 0 up.
   *
   * @throws IllegalArgumentException if it is missing or something else
   */
  static long count(Json.Obj attributes, String name) {
    long count = attributes.integer(name);
    if (count < 0) {
      throw new IllegalArgumentException("member '" + name + "' is negative: " + count);
    }
    return count;
  }

  /**
   * Numbers by name.
   *
   * @throws IllegalArgumentException if they are missing or something else
   */
  static Map<String, Double> reals(Json.Obj attributes, String name) {
    Json.Obj object = attributes.object(name);
    Map<String, Double> values = new LinkedHashMap<>();
    object.members().keySet().forEach(member -> values.put(member, object.real(member)));
    return values;
  }
}
