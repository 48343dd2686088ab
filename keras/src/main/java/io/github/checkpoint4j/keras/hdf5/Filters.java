package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What chunks went through when they were written.
 *
 * @param steps the filters, in the order of writing
 */
record Filters(List<Step> steps) {
  static final Filters NONE = new Filters(List.of());

  private static final int DEFLATE = 1;
  private static final int SHUFFLE = 2;
  private static final int FLETCHER32 = 3;
  private static final int LZF = 32000;
  private static final int FIRST_NAMED = 256;
  private static final int MOST = 32;

  /** The checksums that a chunk may have besides its elements. */
  private static final int EXTRA = 64;

  /**
   * A filter.
   *
   * @param id its number, as registered with the HDF Group
   * @param name its name; often empty
   */
  record Step(int id, String name) {}

  Filters {
    steps = List.copyOf(steps);
  }

  boolean isEmpty() {
    return steps.isEmpty();
  }

  static Filters read(Cursor cursor) throws CorruptFileException {
    int version = cursor.u8();
    int count = cursor.u8();
    if (version < 1 || version > 2 || count > MOST) {
      throw cursor.corrupt("version " + version + ", " + count + " filters");
    }
    cursor.skip(version == 1 ? 6 : 0);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int id = cursor.u16();
      int nameLength = version == 1 || id >= FIRST_NAMED ? cursor.u16() : 0;
      int values = cursor.skip(2).u16();
      String name = cursor.text(nameLength);
      cursor.skip(version == 1 ? -nameLength & 7 : 0);
      cursor.skip(4L * values).skip(version == 1 && values % 2 == 1 ? 4 : 0);
      steps.add(new Step(id, name));
    }
    return new Filters(steps);
  }

  /**
   * Undoes the filters of a chunk.
   *
   * @param stored the chunk as it is in the file
   * @param mask the filters it did not go through
   * @param size the bytes it must have in the end
   * @param elementSize bytes of an element
   */
  MemorySegment undo(MemorySegment stored, long mask, long size, long elementSize, Source source)
      throws CorruptFileException, UnsupportedFeatureException {
    MemorySegment bytes = stored;
    for (int i = steps.size() - 1; i >= 0; i--) {
      if (((mask >>> i) & 1) == 0) {
        bytes = undo(steps.get(i), bytes, size, elementSize, source);
      }
    }
    if (bytes.byteSize() != size) {
      throw source.corrupt("a chunk of " + size + " bytes expected, found " + bytes.byteSize());
    }
    return bytes;
  }

  private static MemorySegment undo(
      Step step, MemorySegment bytes, long size, long elementSize, Source source)
      throws CorruptFileException, UnsupportedFeatureException {
    long most = size + EXTRA;
    if (step.id() != FLETCHER32
        && (most > Integer.MAX_VALUE - 8 || bytes.byteSize() > Integer.MAX_VALUE - 8)) {
      throw source.unsupported(
          "its chunks have "
              + size
              + " bytes, which compressed is more than is read here; write smaller chunks");
    }
    return switch (step.id()) {
      case DEFLATE -> Compression.inflate(bytes, (int) most, source);
      case SHUFFLE -> Compression.unshuffle(bytes, (int) elementSize);
      case FLETCHER32 -> Compression.fletcher32(bytes, source);
      case LZF -> Compression.unLzf(bytes, (int) most, source);
      default ->
          throw source.unsupported(
              "it is stored with the filter "
                  + step.id()
                  + " '"
                  + Excerpt.of(step.name())
                  + "', which is not read here; write it with gzip, lzf, shuffle or fletcher32, or"
                  + " without a filter");
    };
  }
}
