package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.LittleEndian;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;

/** The beginning of a file, which may have something else before it: 512 bytes, 1024, 2048... */
final class Superblock {
  /** {@code \x89HDF\r\n\x1a\n}. */
  static final long SIGNATURE = 0x0a1a0a0d46444889L;

  /** Bytes of an address and of a size. */
  static final int WORD = 8;

  private static final int PREFIX = 9;
  private static final int FIRST_USER_BLOCK = 512;

  private Superblock() {}

  /** Where in a file the superblock is; negative if there is none. */
  static long find(MemorySegment file) {
    for (long at = 0; at <= file.byteSize() - PREFIX; at = Math.max(FIRST_USER_BLOCK, at * 2)) {
      if (file.get(LittleEndian.LONG, at) == SIGNATURE) {
        return at;
      }
    }
    return -1;
  }

  /** Reads it; gives the address of the root group's object header. */
  static long readRoot(Source source) throws CorruptFileException, UnsupportedFeatureException {
    long size = source.bytes().byteSize();
    Cursor cursor = source.at(0, Math.min(size, 128), "superblock").skip(WORD);
    int version = cursor.u8();
    long root;
    long end;
    if (version <= 1) {
      cursor.skip(4);
      requireWords(cursor);
      cursor.skip(version == 0 ? 9 : 13).skip(2L * WORD);
      end = cursor.i64();
      requireOneFile(cursor);
      root = cursor.skip(WORD).i64();
    } else if (version <= 3) {
      requireWords(cursor);
      cursor.skip(1).skip(2L * WORD);
      end = cursor.i64();
      root = cursor.i64();
      cursor.checksum();
    } else {
      throw source.unsupported(
          "version "
              + version
              + " of HDF5's superblock is not read here; write the file with an older HDF5, or with"
              + " h5py's libver='v114'");
    }
    if (end > source.base() + size) {
      throw source.corrupt(
          size, "the file should have " + end + " bytes, not " + (source.base() + size));
    }
    return root;
  }

  private static void requireWords(Cursor cursor)
      throws CorruptFileException, UnsupportedFeatureException {
    int addresses = cursor.u8();
    int sizes = cursor.u8();
    if (addresses != WORD || sizes != WORD) {
      throw cursor
          .source()
          .unsupported(
              "its addresses and sizes have "
                  + addresses
                  + " and "
                  + sizes
                  + " bytes, only 8 are read here; copy it into a new file with h5py");
    }
  }

  private static void requireOneFile(Cursor cursor)
      throws CorruptFileException, UnsupportedFeatureException {
    if (cursor.i64() != Source.UNDEFINED) {
      throw cursor
          .source()
          .unsupported("it is spread over several files; copy it into a new one with h5py");
    }
  }
}
