package io.github.checkpoint4j.state;

/**
 * A pattern for tensor names: {@code *} is any run of characters, dots and slashes too, {@code ?}
 * one character; everything else stands for itself. The whole name must match.
 */
public record Glob(String pattern) {

  /** Whether the whole of {@code name} matches; takes at most length times length steps. */
  public boolean matches(String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int resume = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = n;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
