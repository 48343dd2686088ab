package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;

/**
 * The bytes of a file, by HDF5's addresses, and what is being read of them, for messages.
 *
 * @param bytes the file from its superblock on, which is where addresses count from
 * @param base where in the file that is; negative if they are not of the file but were decoded
 * @param file what the file is called
 * @param object the path of the group or dataset that is being read
 * @param budget how much more may be read
 */
record Source(MemorySegment bytes, long base, String file, String object, Budget budget) {
  /** The address of what does not exist. */
  static final long UNDEFINED = -1;

  /** The same file, on behalf of another object. */
  Source of(String path) {
    return new Source(bytes, base, file, path, budget);
  }

  /** The same file and object, read anew: at a later time, with a budget of its own. */
  Source anew() {
    return new Source(bytes, base, file, object, new Budget(bytes.byteSize()));
  }

  /**
   * A structure of the file.
   *
   * @param what what it is, for messages
   * @throws CorruptFileException if it does not lie in the file, or more has been read by now than
   *     the whole file warrants
   */
  Cursor at(long address, long size, String what) throws CorruptFileException {
    requireWithin(address, size, what);
    // One more, so that reading nothing is not for ever.
    if (!budget.spend(size + 1)) {
      throw corrupt(address, "its structures refer to one another without end");
    }
    return new Cursor(this, what, address, address + size);
  }

  /**
   * A window on elements, which costs nothing.
   *
   * @throws CorruptFileException if it does not lie in the file
   */
  MemorySegment window(long address, long size, String what) throws CorruptFileException {
    requireWithin(address, size, what);
    return bytes.asSlice(address, size);
  }

  private void requireWithin(long address, long size, String what) throws CorruptFileException {
    if (address < 0 || size < 0 || size > bytes.byteSize() || address > bytes.byteSize() - size) {
      throw corrupt(
          address,
          what
              + " of "
              + Long.toUnsignedString(size)
              + " bytes is not within the file's "
              + (base + bytes.byteSize())
              + " bytes");
    }
  }

  /** That there is something wrong at an address. */
  CorruptFileException corrupt(long address, String problem) {
    return base < 0
        ? corrupt(problem)
        : damaged(where() + ", byte " + Long.toUnsignedString(base + address), problem);
  }

  /** That there is something wrong that has no address. */
  CorruptFileException corrupt(String problem) {
    return damaged(where(), problem);
  }

  private static CorruptFileException damaged(String where, String problem) {
    return new CorruptFileException(
        where + ": " + problem + "; the file is damaged or cut short: fetch or write it again");
  }

  UnsupportedFeatureException unsupported(String problem) {
    return new UnsupportedFeatureException(where() + ": " + problem);
  }

  private String where() {
    return file + ": '" + Excerpt.of(object) + "'";
  }
}
