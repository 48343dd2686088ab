package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The arguments a layer was made with: its member {@code config}.
 *
 * @param where the file and the layer, for messages, with a colon and a blank after them
 * @param members the arguments by name
 */
public record LayerOptions(String where, Json.Obj members) {

  LayerOptions(String where, Json config) throws CorruptFileException {
    this(where, object(where, "config", config));
  }

  /** The argument; empty if it is not there, or null. */
  public Optional<Json> find(String name) {
    return members.find(name).filter(value -> !(value instanceof Json.Null));
  }

  /**
   * The argument.
   *
   * @throws CorruptFileException if it is not there, or null
   */
  public Json get(String name) throws CorruptFileException {
    return find(name)
        .orElseThrow(() -> new CorruptFileException(where + "its config has no '" + name + "'"));
  }

  /**
   * The whole number, which is positive.
   *
   * @throws CorruptFileException if it is not there or is not such a number
   */
  public long positive(String name) throws CorruptFileException {
    return positive(name, get(name));
  }

  /**
   * The truth value; {@code otherwise} if it is not there.
   *
   * @throws CorruptFileException if it is of another kind
   */
  public boolean bool(String name, boolean otherwise) throws CorruptFileException {
    Json value = find(name).orElse(Json.of(otherwise));
    if (value instanceof Json.Bool(boolean flag)) {
      return flag;
    }
    throw wrong(name, "true or false", value);
  }

  /**
   * The string.
   *
   * @throws CorruptFileException if it is not there or is of another kind
   */
  public String text(String name) throws CorruptFileException {
    Json value = get(name);
    if (value instanceof Json.Str(String text)) {
      return text;
    }
    throw wrong(name, "a string", value);
  }

  /**
   * The number; a whole one counts.
   *
   * @throws CorruptFileException if it is not there or is of another kind
   */
  public double real(String name) throws CorruptFileException {
    Json value = get(name);
    if (value instanceof Json.Num number) {
      return number.asDouble();
    }
    throw wrong(name, "a number", value);
  }

  /**
   * The whole numbers, one for each of {@code dimensions}, which are positive; one number stands
   * for all.
   *
   * @throws CorruptFileException if it is not there or is something else
   */
  public List<Long> perDimension(String name, int dimensions) throws CorruptFileException {
    Json value = get(name);
    List<Json> items =
        value instanceof Json.Arr(List<Json> several)
            ? several
            : Collections.nCopies(dimensions, value);
    if (items.size() != dimensions) {
      throw wrong(name, dimensions + " numbers", value);
    }
    List<Long> numbers = new ArrayList<>();
    for (Json item : items) {
      numbers.add(positive(name, item));
    }
    return numbers;
  }

  /**
   * The whole numbers: several, or one alone. None if it is not there.
   *
   * @throws CorruptFileException if it is something else
   */
  public List<Long> integers(String name) throws CorruptFileException {
    List<Long> numbers = new ArrayList<>();
    Json value = find(name).orElse(Json.array(List.of()));
    for (Json item : value instanceof Json.Arr(List<Json> items) ? items : List.of(value)) {
      if (!(item instanceof Json.Num number) || !number.isWhole()) {
        throw wrong(name, "whole numbers", value);
      }
      try {
        numbers.add(number.asLong());
      } catch (IllegalArgumentException e) {
        throw wrong(name, "whole numbers", value);
      }
    }
    return numbers;
  }

  Json.Arr array(String name) throws CorruptFileException {
    Json value = get(name);
    if (value instanceof Json.Arr array) {
      return array;
    }
    throw wrong(name, "an array", value);
  }

  Json.Obj object(String name) throws CorruptFileException {
    return object(where, name, get(name));
  }

  private long positive(String name, Json value) throws CorruptFileException {
    if (value instanceof Json.Num number && number.isWhole()) {
      try {
        if (number.asLong() > 0) {
          return number.asLong();
        }
      } catch (IllegalArgumentException e) {
        throw wrong(name, "a positive whole number", value);
      }
    }
    throw wrong(name, "a positive whole number", value);
  }

  private static Json.Obj object(String where, String name, Json value)
      throws CorruptFileException {
    if (value instanceof Json.Obj object) {
      return object;
    }
    throw wrong(where, name, "an object", value);
  }

  private CorruptFileException wrong(String name, String expected, Json found) {
    return wrong(where, name, expected, found);
  }

  private static CorruptFileException wrong(
      String where, String name, String expected, Json found) {
    return new CorruptFileException(
        where + "'" + name + "' should be " + expected + " and is " + found.kind());
  }
}
