package io.github.checkpoint4j.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What became of a file's bytes.
 *
 * @param what how they were damaged
 */
@SuppressWarnings("ArrayRecordComponent")
record Damage(String what, byte[] bytes) {
  /** Files that a download leaves in place of the right one, and other formats. */
  static final Map<String, byte[]> FOREIGN =
      Map.of(
          "an HTML page", "<!DOCTYPE html>\n<html><body>404</body></html>\n".getBytes(UTF_8),
          "a git-LFS pointer",
              "version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 12\n"
                  .getBytes(UTF_8),
          "an empty file", new byte[0],
          "a JSON text", "{\"error\": \"Entry not found\"}".getBytes(UTF_8),
          "plain text", "Entry not found".getBytes(UTF_8),
          "a GGUF file", "GGUF\3\0\0\0\0\0\0\0\0\0\0\0".getBytes(UTF_8));

  /** The beginning of every length. */
  static List<Damage> cut(byte[] whole) {
    List<Damage> damages = new ArrayList<>();
    for (int size = 0; size < whole.length; size++) {
      damages.add(new Damage("cut to " + size, Arrays.copyOf(whole, size)));
    }
    return damages;
  }

  /** The beginnings up to just before, at and just after these places, and of no and one byte. */
  static List<Damage> cut(byte[] whole, Set<Integer> bounds) {
    Set<Integer> sizes = new TreeSet<>(Set.of(0, 1));
    bounds.forEach(bound -> sizes.addAll(Set.of(bound - 1, bound, bound + 1)));
    return sizes.stream()
        .filter(size -> size >= 0 && size < whole.length)
        .map(size -> new Damage("cut to " + size, Arrays.copyOf(whole, size)))
        .toList();
  }

  /** More bytes after the last, or before the first. */
  static List<Damage> extended(byte[] whole) {
    List<Damage> damages = new ArrayList<>();
    for (int more : new int[] {1, 2, 8, 64, 4096}) {
      damages.add(new Damage(more + " zeros more", Arrays.copyOf(whole, whole.length + more)));
      byte[] later = new byte[whole.length + more];
      System.arraycopy(whole, 0, later, more, whole.length);
      damages.add(new Damage(more + " zeros before", later));
    }
    byte[] twice = Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(whole, 0, twice, whole.length, whole.length);
    damages.add(new Damage("twice", twice));
    return damages;
  }

  /** Other bytes of the same number. */
  static List<Damage> overwritten(byte[] whole) {
    List<Damage> damages = new ArrayList<>();
    damages.add(new Damage("zeros", new byte[whole.length]));
    byte[] ones = new byte[whole.length];
    Arrays.fill(ones, (byte) 0xff);
    damages.add(new Damage("ones", ones));
    for (int from = 0; from < whole.length; from += 64) {
      byte[] hole = whole.clone();
      Arrays.fill(hole, from, Math.min(whole.length, from + 64), (byte) 0);
      if (!Arrays.equals(hole, whole)) {
        damages.add(new Damage("zeros at " + from, hole));
      }
    }
    return damages;
  }

  static List<Damage> foreign() {
    return FOREIGN.entrySet().stream().map(f -> new Damage(f.getKey(), f.getValue())).toList();
  }

  /** A JSON text that someone edited: still a JSON text, of the same size or not. */
  static List<Damage> edited(byte[] whole) {
    String text = new String(whole, UTF_8);
    List<Damage> damages = new ArrayList<>();
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (Character.isDigit(c)) {
        damages.add(edit("a digit at " + at, text, at, String.valueOf((char) (c ^ 1))));
      } else if (Character.isLetter(c)) {
        damages.add(edit("a letter at " + at, text, at, String.valueOf((char) (c ^ 1))));
      } else if (c == ' ') {
        damages.add(edit("a tab at " + at, text, at, "\t"));
      }
    }
    int open = text.indexOf('{') + 1;
    int end = text.indexOf(',', open) < 0 ? text.lastIndexOf('}') : text.indexOf(',', open);
    String member = text.substring(open, end);
    damages.add(edit("the first member twice", text, open, member + "," + text.charAt(open)));
    int last = text.lastIndexOf('}');
    damages.add(
        new Damage(
            "the first member last",
            (text.substring(0, open)
                    + text.substring(Math.min(last, end + 1), last)
                    + (end < last ? "," : " ")
                    + member
                    + text.substring(last))
                .getBytes(UTF_8)));
    damages.add(
        new Damage("in lines that end as on Windows", text.replace("\n", "\r\n").getBytes(UTF_8)));
    damages.removeIf(damage -> Arrays.equals(damage.bytes, whole));
    return damages;
  }

  private static Damage edit(String what, String text, int at, String instead) {
    return new Damage(
        what, (text.substring(0, at) + instead + text.substring(at + 1)).getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return what;
  }
}
