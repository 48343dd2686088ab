package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A JSON value, as in RFC 8259, and the three numbers that Python's {@code json} adds to it: {@code
 * NaN}, {@code Infinity} and {@code -Infinity}. Values are immutable and equal by content.
 */
public sealed interface Json {

  /** Objects and arrays may be nested this deep, the outermost counted. */
  int MAX_DEPTH = 128;

  /**
   * An object. Two are equal if they have equal members in any order.
   *
   * @param members the members, in the order of the text
   */
  record Obj(Map<String, Json> members) implements Json {
    public Obj {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    /** The member {@code name}; empty if there is none. A member that is null is there. */
    public Optional<Json> find(String name) {
      return Optional.ofNullable(members.get(name));
    }

    /**
     * The member {@code name}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Json get(String name) {
      Json member = members.get(name);
      if (member == null) {
        throw new IllegalArgumentException(
            "no member '"
                + name
                + "' in the object; it has "
                + Excerpt.of(members.keySet().toString()));
      }
      return member;
    }

    /**
     * The string {@code name}.
     *
     * @throws IllegalArgumentException if there is none, or it is of another kind
     */
    public String text(String name) {
      return require(name, Str.class, "a string").value();
    }

    /**
     * The whole number {@code name}.
     *
     * @throws IllegalArgumentException if there is none, it is of another kind, is written with a
     *     point or an exponent, or is not a long
     */
    public long integer(String name) {
      Num number = require(name, Num.class, "a whole number");
      try {
        return number.asLong();
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("member '" + name + "': " + e.getMessage(), e);
      }
    }

    /**
     * The number {@code name}; a whole one counts.
     *
     * @throws IllegalArgumentException if there is none, or it is of another kind
     */
    public double real(String name) {
      return require(name, Num.class, "a number").asDouble();
    }

    /**
     * The truth value {@code name}.
     *
     * @throws IllegalArgumentException if there is none, or it is of another kind
     */
    public boolean bool(String name) {
      return require(name, Bool.class, "true or false").value();
    }

    /**
     * The object {@code name}.
     *
     * @throws IllegalArgumentException if there is none, or it is of another kind
     */
    public Obj object(String name) {
      return require(name, Obj.class, "an object");
    }

    /**
     * The array {@code name}.
     *
     * @throws IllegalArgumentException if there is none, or it is of another kind
     */
    public Arr array(String name) {
      return require(name, Arr.class, "an array");
    }

    private <T extends Json> T require(String name, Class<T> kind, String expected) {
      Json member = get(name);
      if (!kind.isInstance(member)) {
        throw new IllegalArgumentException(
            "member '" + name + "' should be " + expected + " and is " + member.kind());
      }
      return kind.cast(member);
    }
  }

  /**
   * An array.
   *
   * @param items the items, in order
   */
  record Arr(List<Json> items) implements Json {
    public Arr {
      items = List.copyOf(items);
    }
  }

  /** A string. */
  record Str(String value) implements Json {}

  /**
   * A number, as Python's {@code json} writes it: one without point and exponent is a whole number
   * of any size, any other is a 64-bit float. So {@code 1E5} and {@code 100000.0} are equal, and
   * {@code 1} and {@code 1.0} are not.
   *
   * @param literal the number as Python writes it
   */
  record Num(String literal) implements Json {
    private static final Pattern NUMBER =
        Pattern.compile("-?(0|[1-9][0-9]*+)(\\.[0-9]++)?([eE][-+]?[0-9]++)?|NaN|-?Infinity");

    /**
     * @throws IllegalArgumentException if {@code literal} is not a number
     */
    public Num {
      if (!NUMBER.matcher(literal).matches()) {
        throw new IllegalArgumentException("not a number: " + shortened(literal));
      }
      if (!whole(literal)) {
        literal = PythonFloat.repr(Double.parseDouble(literal));
      } else if (literal.equals("-0")) {
        literal = "0";
      }
    }

    /** The number, rounded to a double if it is not one. */
    public double asDouble() {
      return Double.parseDouble(literal);
    }

    /**
     * The number as a long.
     *
     * @throws IllegalArgumentException if it is not whole, or not a long
     */
    public long asLong() {
      if (!isWhole()) {
        throw new IllegalArgumentException(literal + " is not a whole number");
      }
      try {
        return Long.parseLong(literal);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(shortened(literal) + " is not a 64-bit number", e);
      }
    }

    /** Whether this is a whole number to Python: {@code 3}, and not {@code 3.0}. */
    public boolean isWhole() {
      return whole(literal);
    }

    private static boolean whole(String literal) {
      char last = literal.charAt(literal.length() - 1);
      return last >= '0'
          && last <= '9'
          && literal.indexOf('.') < 0
          && literal.indexOf('e') < 0
          && literal.indexOf('E') < 0;
    }

    private static String shortened(String literal) {
      return literal.length() <= 40 ? literal : literal.substring(0, 40) + "...";
    }
  }

  /** True or false. */
  record Bool(boolean value) implements Json {}

  /** Null. */
  enum Null implements Json {
    NULL
  }

  /**
   * Parses a text of RFC 8259. Refused are, over its grammar: two members of one name in an object,
   * bytes that are not UTF-8, a byte order mark, a {@code \\u} escape of half a surrogate pair, a
   * number beyond the range of a double, and nesting deeper than {@link #MAX_DEPTH}.
   *
   * @param utf8 the whole text; it is copied
   * @param source what the text is, for messages: a file's name
   * @throws CorruptFileException if it is not such a text; the message has the line, the column
   *     counted in bytes, and the byte
   */
  static Json parse(MemorySegment utf8, String source) throws CorruptFileException {
    return JsonReader.over(utf8, source, false).document();
  }

  /**
   * Parses what Python's {@code json.dump} writes: as {@link #parse}, but {@code NaN}, {@code
   * Infinity} and {@code -Infinity} are numbers, and a number beyond the range of a double is
   * infinite.
   *
   * @param utf8 the whole text; it is copied
   * @param source what the text is, for messages: a file's name
   * @throws CorruptFileException if it is not such a text; the message has the line, the column
   *     counted in bytes, and the byte
   */
  static Json parsePython(MemorySegment utf8, String source) throws CorruptFileException {
    return JsonReader.over(utf8, source, true).document();
  }

  /**
   * The value in ASCII on one line without blanks. Numbers that are not finite are written as
   * Python does, which {@link #parse} refuses and {@link #parsePython} reads.
   */
  default String toText() {
    return JsonPrinter.compact(this);
  }

  /** The value just as Python's {@code json.dumps(value, indent=2)} writes it. */
  default String toIndentedText() {
    return JsonPrinter.indented(this);
  }

  /** What this is, for messages: {@code "an object"}, {@code "null"}. */
  default String kind() {
    return switch (this) {
      case Obj object -> "an object";
      case Arr array -> "an array";
      case Str string -> "a string";
      case Num number -> "the number " + Num.shortened(number.literal());
      case Bool bool -> String.valueOf(bool.value());
      case Null none -> "null";
    };
  }

  static Json of(String value) {
    return new Str(value);
  }

  static Json of(long value) {
    return new Num(Long.toString(value));
  }

  static Json of(double value) {
    return new Num(PythonFloat.repr(value));
  }

  static Json of(boolean value) {
    return new Bool(value);
  }

  /** An object with these members, in the map's order. */
  static Obj object(Map<String, ? extends Json> members) {
    return new Obj(Collections.unmodifiableMap(new LinkedHashMap<>(members)));
  }

  /** A builder of an object, without members. */
  static Builder object() {
    return new Builder();
  }

  /** An array of these items. */
  static Arr array(List<? extends Json> items) {
    return new Arr(List.copyOf(items));
  }

  /** Gathers the members of an object in order. */
  final class Builder {
    private final Map<String, Json> members = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Adds a member.
     *
     * @throws IllegalArgumentException if the name is taken
     */
    public Builder put(String name, Json value) {
      if (members.putIfAbsent(name, value) != null) {
        throw new IllegalArgumentException("two members '" + name + "'");
      }
      return this;
    }

    public Builder put(String name, String value) {
      return put(name, Json.of(value));
    }

    public Builder put(String name, long value) {
      return put(name, Json.of(value));
    }

    public Builder put(String name, double value) {
      return put(name, Json.of(value));
    }

    public Builder put(String name, boolean value) {
      return put(name, Json.of(value));
    }

    /** The object of what was put so far. */
    public Obj build() {
      return new Obj(members);
    }
  }
}
