package io.github.checkpoint4j.keras.callbacks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A path with fields, such as {@code weights.{epoch:02d}-{val_loss:.2f}.pt}, as Python's {@code
 * str.format} fills them: the format mini-language for ints and floats, the conversions {@code !s},
 * {@code !r} and {@code !a}, and braces that are doubled.
 *
 * <p>Fields have names. Positions, attributes, indices, fields within a specification and the type
 * {@code c} are refused: no logs have anything for them. No value makes a directory: a field whose
 * text has a path's separator is refused.
 */
final class FilePathTemplate {
  private final String text;
  private final List<Part> parts;

  private sealed interface Part {}

  private record Literal(String text) implements Part {}

  /**
   * A field.
   *
   * @param asText whether the value is converted to text before
   */
  private record Field(String name, boolean asText, FormatSpec spec) implements Part {}

  private FilePathTemplate(String text, List<Part> parts) {
    this.text = text;
    this.parts = parts;
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if a brace or a field is not as it should be; the message says
   *     where
   */
  static FilePathTemplate parse(String text) {
    return new Parser(text).parse();
  }

  /**
   * The path with values in the fields.
   *
   * @param values {@link Long}s and {@link Double}s by name
   * @throws IllegalArgumentException if there is no value of a name, a value cannot be written so,
   *     or its text has a separator; the message says which
   */
  String format(Map<String, Number> values) {
    StringBuilder path = new StringBuilder();
    for (Part part : parts) {
      switch (part) {
        case Literal literal -> path.append(literal.text());
        case Field field -> path.append(filled(field, values));
      }
    }
    return path.toString();
  }

  private String filled(Field field, Map<String, Number> values) {
    Number value = values.get(field.name());
    if (value == null) {
      throw new IllegalArgumentException(
          "filepath '%s' has a field '%s', and there is no such value; there are: %s"
              .formatted(text, field.name(), String.join(", ", values.keySet())));
    }
    String filled;
    try {
      filled =
          field.asText()
              ? padded(PythonText.str(value), field.spec())
              : FormattedNumber.of(value, field.spec());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "filepath '%s': %s cannot be written by its field: %s"
              .formatted(text, field.name(), e.getMessage()),
          e);
    }
    if (filled.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < 0x20)) {
      throw new IllegalArgumentException(
          "filepath '%s': %s is written as '%s', which would be a directory; use another fill"
              .formatted(text, field.name(), filled));
    }
    return filled;
  }

  private static String padded(String value, FormatSpec spec) {
    if (!spec.isOf(" s")
        || spec.sign().isPresent()
        || spec.grouping().isPresent()
        || spec.alternate()
        || spec.noNegativeZero()) {
      throw new IllegalArgumentException("a text has fill, alignment, width and precision alone");
    }
    // A zero before the width aligns numbers only.
    char align = spec.align().orElse('<');
    if (align == '=' && !spec.fill().equals("0")) {
      throw new IllegalArgumentException("'=' aligns numbers");
    }
    String shown =
        spec.precision().isPresent()
            ? value.substring(0, Math.min(value.length(), spec.precision().getAsInt()))
            : value;
    int padding = Math.max(0, spec.width() - shown.length());
    int left = align == '>' ? padding : align == '^' ? padding / 2 : 0;
    return spec.fill().repeat(left) + shown + spec.fill().repeat(padding - left);
  }

  @Override
  public String toString() {
    return text;
  }

  private static final class Parser {
    private final String text;
    private final List<Part> parts = new ArrayList<>();
    private final StringBuilder literal = new StringBuilder();
    private int at;

    Parser(String text) {
      this.text = text;
    }

    FilePathTemplate parse() {
      while (at < text.length()) {
        char c = text.charAt(at++);
        boolean doubled = at < text.length() && text.charAt(at) == c;
        if (c != '{' && c != '}') {
          literal.append(c);
        } else if (doubled) {
          literal.append(c);
          at++;
        } else if (c == '}') {
          throw wrong(at - 1, "a single '}'; double it if it is part of the name");
        } else {
          parts.add(new Literal(literal.toString()));
          literal.setLength(0);
          parts.add(field());
        }
      }
      parts.add(new Literal(literal.toString()));
      return new FilePathTemplate(text, List.copyOf(parts));
    }

    private Field field() {
      int begin = at - 1;
      int end = text.indexOf('}', at);
      if (end < 0) {
        throw wrong(begin, "a '{' without its '}'; double it if it is part of the name");
      }
      String field = text.substring(at, end);
      if (field.indexOf('{') >= 0) {
        throw wrong(begin, "a field within a field, which is not supported; write the number");
      }
      at = end + 1;
      int colon = field.indexOf(':');
      int mark = field.indexOf('!');
      boolean converted = mark >= 0 && (colon < 0 || mark < colon);
      String name = field.substring(0, converted ? mark : colon < 0 ? field.length() : colon);
      if (name.isEmpty() || name.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw wrong(begin, "a field without a name; name what it shows, for instance {epoch}");
      }
      if (name.indexOf('.') >= 0 || name.indexOf('[') >= 0) {
        throw wrong(begin, "a field of an attribute or index, '" + name + "'; name a value alone");
      }
      if (converted) {
        String conversion = field.substring(mark + 1, colon < 0 ? field.length() : colon);
        if (!List.of("s", "r", "a").contains(conversion)) {
          throw wrong(begin, "'!%s' is none of !s, !r and !a".formatted(conversion));
        }
      }
      try {
        FormatSpec spec = FormatSpec.parse(colon < 0 ? "" : field.substring(colon + 1));
        return new Field(name, converted, spec);
      } catch (IllegalArgumentException e) {
        throw wrong(begin, "the field '" + name + "' is wrong: " + e.getMessage());
      }
    }

    private IllegalArgumentException wrong(int index, String why) {
      return new IllegalArgumentException(
          "filepath '%s', character %d: %s".formatted(text, index + 1, why));
    }
  }
}
