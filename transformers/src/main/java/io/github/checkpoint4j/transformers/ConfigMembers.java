package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The members of a config.json. One that is missing, or null, has the value that transformers gives
 * it; where null itself means something, the method says so.
 */
record ConfigMembers(Json.Obj json) {
  /** The member, unless it is missing or null. */
  Optional<Json> given(String name) {
    return json.find(name).filter(value -> value != Json.Null.NULL);
  }

  long integer(String name, long otherwise) {
    return given(name).isPresent() ? json.integer(name) : otherwise;
  }

  double real(String name, double otherwise) {
    return given(name).isPresent() ? json.real(name) : otherwise;
  }

  boolean bool(String name, boolean otherwise) {
    return given(name).isPresent() ? json.bool(name) : otherwise;
  }

  String text(String name, String otherwise) {
    return given(name).isPresent() ? json.text(name) : otherwise;
  }

  /** A whole number; null, where the file has it, is none, as Python's None is. */
  OptionalLong optionalInteger(String name, OptionalLong otherwise) {
    if (json.find(name).isEmpty()) {
      return otherwise;
    }
    return given(name).isPresent() ? OptionalLong.of(json.integer(name)) : OptionalLong.empty();
  }

  /** A whole number or several; null, where the file has it, is none. */
  List<Long> integers(String name, List<Long> otherwise) {
    if (json.find(name).isEmpty()) {
      return otherwise;
    }
    if (given(name).isEmpty()) {
      return List.of();
    }
    return json.get(name) instanceof Json.Arr several
        ? several.items().stream().map(item -> integer(name, item)).toList()
        : List.of(json.integer(name));
  }

  private static long integer(String name, Json item) {
    if (item instanceof Json.Num number) {
      return number.asLong();
    }
    throw new IllegalArgumentException(name + " holds " + item.toText() + ", which is no number");
  }

  /**
   * Returns if this is of a model of this type, or does not say.
   *
   * @throws UnsupportedFeatureException if it is of another
   */
  void requireType(String type) throws UnsupportedFeatureException {
    if (!text("model_type", type).equals(type)) {
      throw new UnsupportedFeatureException(
          "config.json: a model of type '"
              + json.text("model_type")
              + "'; only "
              + type
              + " is read");
    }
  }

  /** These members, those under other names of transformers among them. */
  ConfigMembers renamed(Map<String, String> names) {
    Map<String, Json> members = new LinkedHashMap<>();
    json.members().forEach((name, value) -> members.put(names.getOrDefault(name, name), value));
    return new ConfigMembers(Json.object(members));
  }

  /** The members without these. */
  Json.Obj without(Set<String> names) {
    Map<String, Json> others = new LinkedHashMap<>(json.members());
    others.keySet().removeAll(names);
    return Json.object(others);
  }

  /** Null if there is none. */
  static Json json(OptionalLong value) {
    return value.isPresent() ? Json.of(value.getAsLong()) : Json.Null.NULL;
  }

  /** Null if there is none, the number itself if there is one. */
  static Json json(List<Long> values) {
    return switch (values.size()) {
      case 0 -> Json.Null.NULL;
      case 1 -> Json.of(values.getFirst());
      default -> Json.array(values.stream().map(Json::of).toList());
    };
  }
}
