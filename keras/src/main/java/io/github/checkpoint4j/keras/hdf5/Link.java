package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;

/**
 * A name in a group.
 *
 * @param name the name
 * @param order when it was made, counted in the group; negative if that was not recorded
 * @param address the object header of what it names
 */
record Link(String name, long order, long address) {
  private static final int ORDER_PRESENT = 1 << 2;
  private static final int TYPE_PRESENT = 1 << 3;
  private static final int CHARSET_PRESENT = 1 << 4;
  private static final int HARD = 0;
  private static final int SOFT = 1;
  private static final int EXTERNAL = 64;

  /**
   * Reads a link message.
   *
   * @throws UnsupportedFeatureException if it names another path or file
   */
  static Link read(Cursor cursor) throws CorruptFileException, UnsupportedFeatureException {
    int flags = cursor.version(1).u8();
    int type = (flags & TYPE_PRESENT) == 0 ? HARD : cursor.u8();
    long order = (flags & ORDER_PRESENT) == 0 ? -1 : cursor.size();
    cursor.skip((flags & CHARSET_PRESENT) == 0 ? 0 : 1);
    long length = cursor.number(1 << (flags & 3));
    String name = cursor.utf8(cursor.bytes(length));
    if (type == HARD) {
      return new Link(name, order, cursor.i64());
    }
    throw refused(cursor.source(), name, kind(type));
  }

  private static String kind(int type) {
    return switch (type) {
      case SOFT -> "a soft link";
      case EXTERNAL -> "an external link";
      default -> "a link of the unknown type " + type;
    };
  }

  static UnsupportedFeatureException refused(Source source, String name, String kind) {
    return source.unsupported(
        "its '"
            + Excerpt.of(name)
            + "' is "
            + kind
            + ", and links are not followed; write the file with the data themselves");
  }
}
