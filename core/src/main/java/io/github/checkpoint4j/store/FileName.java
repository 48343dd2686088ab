package io.github.checkpoint4j.store;

import java.nio.charset.StandardCharsets;

/** The rule for names of files in a checkpoint: a plain name, in the directory itself. */
final class FileName {
  /** The longest name that common file systems allow, in bytes of UTF-8. */
  private static final int LONGEST = 255;

  private FileName() {}

  /**
   * The name itself, if it may name a file in a checkpoint.
   *
   * @throws IllegalArgumentException if it is empty or longer than 255 bytes, is {@code .} or
   *     {@code ..}, has a separator, a colon or a control character, or ends as Windows ignores
   */
  static String require(String name) {
    String fault = "";
    if (name.isEmpty()) {
      fault = "is empty";
    } else if (name.equals(".") || name.equals("..")) {
      fault = "is a directory's";
    } else if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0 || name.indexOf(':') >= 0) {
      fault = "has a '/', '\\' or ':'";
    } else if (name.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
      fault = "has a control character";
    } else if (name.endsWith(".") || name.endsWith(" ")) {
      fault = "ends with a dot or a space";
    } else if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      fault = "is longer than " + LONGEST + " bytes";
    }
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + name + "' cannot name a file of a checkpoint: it " + fault);
    }
    return name;
  }
}
