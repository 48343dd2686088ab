package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;

/** Where the elements of a dataset are. */
sealed interface Layout {
  /** In the object header itself. */
  record Compact(Cursor elements) implements Layout {}

  /** In one piece; nowhere if nothing was written. */
  record Contiguous(long address, long size) implements Layout {}

  /** In boxes of the same shape. */
  record Chunked(Chunks chunks) implements Layout {}

  /** Reads a layout message. */
  static Layout read(Cursor cursor) throws CorruptFileException, UnsupportedFeatureException {
    int version = cursor.u8();
    if (version < 3 || version > 4) {
      throw cursor
          .source()
          .unsupported(
              "version "
                  + version
                  + " of HDF5's data layout is not read here; copy the file into a new one with"
                  + " h5py's libver=('earliest', 'v114')");
    }
    int kind = cursor.u8();
    return switch (kind) {
      case 0 -> new Compact(cursor.part(cursor.u16()));
      case 1 -> new Contiguous(cursor.i64(), cursor.size());
      case 2 -> new Chunked(version == 3 ? Chunks.readOld(cursor) : Chunks.readNew(cursor));
      case 3 ->
          throw cursor
              .source()
              .unsupported(
                  "it is a virtual dataset, whose data are in other files; write it with the data"
                      + " themselves");
      default -> throw cursor.corrupt("a layout of the unknown kind " + kind);
    };
  }
}
