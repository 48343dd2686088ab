package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * The header of a {@code .npy} file: a Python dictionary written out, of the three keys {@code
 * descr}, {@code fortran_order} and {@code shape}. Of Python's literals only those are known that
 * numpy writes there.
 *
 * @param descr the elements' byte order, kind and size: {@code <f4}
 * @param columnMajor whether the elements are in the order of Fortran
 * @param shape the dimensions, outermost first
 * @param end where the elements begin in the file
 * @see <a
 *     href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>
 */
@SuppressWarnings("ArrayRecordComponent")
record NpyHeader(String descr, boolean columnMajor, long[] shape, long end) {
  /** As numpy itself reads, whose {@code max_header_size} this is. */
  private static final int LONGEST = 10_000;

  private static final int MOST_DIMENSIONS = 64;
  private static final int MAGIC_SIZE = 6;

  /**
   * Reads the header of a file that begins as one of numpy does.
   *
   * @throws CorruptFileException if it is cut short, or is no such dictionary
   * @throws UnsupportedFeatureException if the version is another than 1.0, 2.0 and 3.0, or the
   *     dtype is a structure
   */
  static NpyHeader parse(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    requireSize(file, MAGIC_SIZE + 2, source);
    int major = LittleEndian.unsignedByte(file, MAGIC_SIZE);
    int minor = LittleEndian.unsignedByte(file, MAGIC_SIZE + 1);
    if (major < 1 || major > 3 || minor != 0) {
      throw new UnsupportedFeatureException(
          source
              + ": version %d.%d of numpy's array files; expected 1.0, 2.0 or 3.0;"
                  .formatted(major, minor)
              + " use a newer checkpoint4j");
    }
    long start = MAGIC_SIZE + 2L + (major == 1 ? 2 : 4);
    requireSize(file, start, source);
    long length =
        major == 1
            ? LittleEndian.unsignedShort(file, MAGIC_SIZE + 2)
            : LittleEndian.unsignedInt(file, MAGIC_SIZE + 2);
    if (length > LONGEST) {
      throw new CorruptFileException(
          source
              + ": a header of %d bytes; numpy reads at most %d; the file is damaged: copy or save"
                  .formatted(length, LONGEST)
              + " it again");
    }
    requireSize(file, start + length, source);
    byte[] bytes = file.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
    Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    try {
      String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return new Literal(text, source).header(start + length);
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(
          source + ": the header is not UTF-8; the file is damaged: copy or save it again", e);
    }
  }

  private static void requireSize(MemorySegment file, long size, String source)
      throws CorruptFileException {
    if (file.byteSize() < size) {
      throw new CorruptFileException(
          source
              + ": cut short: its header ends at byte %d, and the file at byte %d;"
                  .formatted(size, file.byteSize())
              + " copy or save it again");
    }
  }

  /** Reads the dictionary, character by character. */
  private static final class Literal {
    private final String text;
    private final String source;
    private int at;

    Literal(String text, String source) {
      this.text = text;
      this.source = source;
    }

    NpyHeader header(long end) throws CorruptFileException, UnsupportedFeatureException {
      String descr = "";
      boolean columnMajor = false;
      long[] shape = {};
      Set<String> keys = new HashSet<>();
      expect('{');
      while (!found('}')) {
        String key = string();
        if (!keys.add(key)) {
          throw problem("the key '" + Excerpt.of(key) + "' is there twice");
        }
        expect(':');
        switch (key) {
          case "descr" -> descr = descr();
          case "fortran_order" -> columnMajor = truth();
          case "shape" -> shape = shape();
          default -> throw problem("the unknown key '" + Excerpt.of(key) + "'");
        }
        if (!found(',')) {
          expect('}');
          break;
        }
      }
      skipSpace();
      if (at < text.length()) {
        throw problem("more than one dictionary");
      }
      if (keys.size() < 3) {
        throw problem("expected the keys descr, fortran_order and shape");
      }
      return new NpyHeader(descr, columnMajor, shape, end);
    }

    private String descr() throws CorruptFileException, UnsupportedFeatureException {
      skipSpace();
      if (at < text.length() && (text.charAt(at) == '[' || text.charAt(at) == '(')) {
        throw new UnsupportedFeatureException(
            source
                + ": its elements are structures, "
                + Excerpt.of(text.substring(at))
                + ", which are not read; in Python save each field as an array of its own");
      }
      return string();
    }

    private String string() throws CorruptFileException {
      skipSpace();
      char quote = at < text.length() ? text.charAt(at) : ' ';
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
        throw problem("expected a string");
      }
      String string = text.substring(at + 1, end);
      at = end + 1;
      return string;
    }

    private boolean truth() throws CorruptFileException {
      skipSpace();
      for (String word : new String[] {"True", "False"}) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw problem("expected True or False");
    }

    /** A tuple of whole numbers, which Python 2 wrote with an L after them. */
    private long[] shape() throws CorruptFileException {
      long[] shape = new long[MOST_DIMENSIONS];
      int rank = 0;
      expect('(');
      while (!found(')')) {
        if (rank == MOST_DIMENSIONS) {
          throw problem("more than " + MOST_DIMENSIONS + " dimensions");
        }
        shape[rank++] = number();
        if (!found(',')) {
          if (rank == 1) {
            throw problem("expected a comma after the only dimension");
          }
          expect(')');
          break;
        }
      }
      return Arrays.copyOf(shape, rank);
    }

    private long number() throws CorruptFileException {
      skipSpace();
      int start = at;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        at++;
      }
      String digits = text.substring(start, at);
      if (found('L')) {
        skipSpace();
      }
      try {
        return Long.parseLong(digits);
      } catch (NumberFormatException e) {
        throw problem("expected a dimension, a whole number of 63 bits");
      }
    }

    private void expect(char wanted) throws CorruptFileException {
      if (!found(wanted)) {
        throw problem("expected '" + wanted + "'");
      }
    }

    private boolean found(char wanted) {
      skipSpace();
      boolean found = at < text.length() && text.charAt(at) == wanted;
      at += found ? 1 : 0;
      return found;
    }

    private void skipSpace() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
        at++;
      }
    }

    private CorruptFileException problem(String what) {
      return new CorruptFileException(
          source
              + ": not a header of numpy: "
              + what
              + ", at character "
              + at
              + " of "
              + Excerpt.of(text)
              + "; the file is damaged: copy or save it again");
    }
  }
}
