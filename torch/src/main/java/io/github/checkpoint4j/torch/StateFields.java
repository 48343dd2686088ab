package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/** The fields of {@code trainer_state.json}, which may be absent or null. */
record StateFields(Json.Obj json) {

  Optional<Json> present(String name) {
    return json.find(name).filter(value -> value != Json.Null.NULL);
  }

  OptionalDouble real(String name) {
    return present(name)
        .map(value -> OptionalDouble.of(number(name, value).asDouble()))
        .orElse(OptionalDouble.empty());
  }

  /**
   * A whole number from 0 up; a fraction is rounded up, as older versions wrote shares of steps.
   */
  OptionalLong count(String name) {
    return present(name)
        .map(value -> OptionalLong.of(whole(name, number(name, value))))
        .orElse(OptionalLong.empty());
  }

  Optional<String> text(String name) {
    return present(name)
        .map(
            value -> {
              if (value instanceof Json.Str string) {
                return string.value();
              }
              throw wrong(name, "a string", value);
            });
  }

  List<Json.Obj> entries(String name) {
    Optional<Json> value = present(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (value.get() instanceof Json.Arr array
        && array.items().stream().allMatch(Json.Obj.class::isInstance)) {
      return array.items().stream().map(Json.Obj.class::cast).toList();
    }
    throw wrong(name, "a list of objects", value.get());
  }

  Map<String, Json> members(String name) {
    Optional<Json> value = present(name);
    if (value.isEmpty()) {
      return Map.of();
    }
    if (value.get() instanceof Json.Obj object) {
      return object.members();
    }
    throw wrong(name, "an object", value.get());
  }

  static Json orNull(OptionalLong value) {
    return value.isPresent() ? Json.of(value.getAsLong()) : Json.Null.NULL;
  }

  static Json orNull(OptionalDouble value) {
    return value.isPresent() ? Json.of(value.getAsDouble()) : Json.Null.NULL;
  }

  /** Whether two values are equal: numbers by what they are, as Python writes 0 or 0.0. */
  static boolean same(Json one, Json other) {
    return (one instanceof Json.Num number && other instanceof Json.Num second)
        ? number.asDouble() == second.asDouble()
        : one.equals(other);
  }

  /** The same, with the members of every object sorted by name. */
  static Json sorted(Json json) {
    return switch (json) {
      case Json.Obj object -> {
        Map<String, Json> members = new TreeMap<>();
        object.members().forEach((name, value) -> members.put(name, sorted(value)));
        yield new Json.Obj(members);
      }
      case Json.Arr array -> new Json.Arr(array.items().stream().map(StateFields::sorted).toList());
      default -> json;
    };
  }

  private static long whole(String name, Json.Num number) {
    double value = number.asDouble();
    if (!(value >= 0 && value <= 1e15)) {
      throw wrong(name, "a number from 0 up", number);
    }
    return number.isWhole() ? number.asLong() : (long) Math.ceil(value);
  }

  private static Json.Num number(String name, Json value) {
    if (value instanceof Json.Num number) {
      return number;
    }
    throw wrong(name, "a number", value);
  }

  private static IllegalArgumentException wrong(String name, String expected, Json found) {
    return new IllegalArgumentException(
        "'" + name + "' in trainer_state.json should be " + expected + " and is " + found.toText());
  }
}
