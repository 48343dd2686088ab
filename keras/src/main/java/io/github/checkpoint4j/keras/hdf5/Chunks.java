package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * How a dataset is cut in chunks, and where they are found.
 *
 * @param shape the shape of each, as many dimensions as the dataset has
 * @param elementSize bytes of an element
 * @param index how the chunks are found
 */
record Chunks(List<Long> shape, long elementSize, Index index) {
  private static final int MOST_DIMENSIONS = 33;
  private static final int EDGES_UNFILTERED = 1;
  private static final int SINGLE_FILTERED = 2;

  /**
   * A chunk.
   *
   * @param place its place in the grid of chunks
   * @param address where it is
   * @param size its bytes in the file; negative if those of a chunk that is not filtered
   * @param mask the filters that it did not go through, a bit each
   */
  record Chunk(List<Long> place, long address, long size, long mask) {}

  /** Takes the chunks that exist. */
  @FunctionalInterface
  interface Visitor {
    void visit(Chunk chunk) throws CorruptFileException, UnsupportedFeatureException;
  }

  /** The index: where it is and what its message says. */
  sealed interface Index {
    long address();
  }

  /** A B-tree of the older kind. */
  record OldTree(long address) implements Index {}

  /** One chunk is all. */
  record Single(long address, long size, long mask) implements Index {}

  /** All chunks one after the other. */
  record Implicit(long address) implements Index {}

  /** An array of a fixed number of chunks. */
  record FixedArray(long address) implements Index {}

  /** An array that grows in one dimension. */
  record GrowingArray(long address) implements Index {}

  /** A B-tree of the newer kind. */
  record NewTree(long address) implements Index {}

  Chunks {
    shape = List.copyOf(shape);
  }

  /** Bytes of one chunk. */
  long size() {
    return shape.stream().reduce(elementSize, Math::multiplyExact);
  }

  int rank() {
    return shape.size();
  }

  static Chunks readOld(Cursor cursor) throws CorruptFileException {
    int rank = cursor.u8();
    long tree = cursor.i64();
    return of(cursor, dimensions(cursor, rank, 4), new OldTree(tree));
  }

  static Chunks readNew(Cursor cursor) throws CorruptFileException, UnsupportedFeatureException {
    int flags = cursor.u8();
    if ((flags & EDGES_UNFILTERED) != 0) {
      throw cursor
          .source()
          .unsupported(
              "its chunks at the edge are stored unlike the others; copy the file into a new one"
                  + " with h5py");
    }
    int rank = cursor.u8();
    long[] dimensions = dimensions(cursor, rank, cursor.u8());
    int type = cursor.u8();
    Index index =
        switch (type) {
          case 1 -> {
            boolean filtered = (flags & SINGLE_FILTERED) != 0;
            long size = filtered ? cursor.size() : -1;
            long mask = filtered ? cursor.u32() : 0;
            yield new Single(cursor.i64(), size, mask);
          }
          case 2 -> new Implicit(cursor.i64());
          case 3 -> new FixedArray(cursor.skip(1).i64());
          case 4 -> new GrowingArray(cursor.skip(5).i64());
          case 5 -> new NewTree(cursor.skip(6).i64());
          default -> throw cursor.corrupt("a chunk index of the unknown type " + type);
        };
    return of(cursor, dimensions, index);
  }

  private static long[] dimensions(Cursor cursor, int rank, int width) throws CorruptFileException {
    if (rank < 2 || rank > MOST_DIMENSIONS || width < 1 || width > 8) {
      throw cursor.corrupt("chunks of " + (rank - 1) + " dimensions");
    }
    long[] dimensions = new long[rank];
    for (int i = 0; i < rank; i++) {
      dimensions[i] = cursor.number(width);
    }
    return dimensions;
  }

  private static Chunks of(Cursor cursor, long[] dimensions, Index index)
      throws CorruptFileException {
    double size = LongStream.of(dimensions).asDoubleStream().reduce(1, (a, b) -> a * b);
    if (LongStream.of(dimensions).anyMatch(dimension -> dimension <= 0) || size >= 0x1p32) {
      throw cursor.corrupt("chunks of " + Arrays.toString(dimensions) + " bytes");
    }
    int rank = dimensions.length - 1;
    return new Chunks(
        LongStream.of(dimensions).limit(rank).boxed().toList(), dimensions[rank], index);
  }

  /** How many chunks a dataset has room for. */
  long count(Dataspace space) {
    long[] dimensions = space.dimensions();
    long count = 1;
    for (int i = 0; i < dimensions.length; i++) {
      count *= Math.ceilDiv(dimensions[i], shape.get(i));
    }
    return count;
  }

  /** Shows all chunks that exist to a visitor. */
  void forEach(Source source, Dataspace space, boolean filtered, Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    if (index.address() == Source.UNDEFINED) {
      return;
    }
    switch (index) {
      case OldTree tree ->
          TreeV1.walk(
              source,
              tree.address(),
              TreeV1.CHUNKS,
              rank(),
              entry -> {
                long size = entry.key().u32();
                long mask = entry.key().u32();
                long[] place = new long[rank()];
                for (int i = 0; i < rank(); i++) {
                  place[i] = entry.key().size() / shape.get(i);
                }
                visitor.visit(new Chunk(list(place), entry.child(), size, mask));
              });
      case Single single ->
          visitor.visit(
              new Chunk(list(new long[rank()]), single.address(), single.size(), single.mask()));
      case NewTree tree -> walkNewTree(source, tree, filtered, visitor);
      case Implicit implicit -> {
        long size = size();
        ChunkGrid.of(this, space)
            .forEach(
                (place, number) ->
                    visitor.visit(new Chunk(place, implicit.address() + number * size, -1, 0)));
      }
      case FixedArray array -> {
        ChunkArray entries = FixedChunkArray.read(source, array.address(), size());
        ChunkGrid.of(this, space).forEach((place, number) -> entries.visit(place, number, visitor));
      }
      case GrowingArray array -> {
        ChunkArray entries = GrowingChunkArray.read(source, array.address(), size());
        ChunkGrid.growing(this, space)
            .forEach((place, number) -> entries.visit(place, number, visitor));
      }
    }
  }

  private void walkNewTree(Source source, NewTree tree, boolean filtered, Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    int sizeWidth = sizeWidth(size());
    TreeV2.walk(
        source,
        tree.address(),
        filtered ? TreeV2.FILTERED_CHUNKS : TreeV2.CHUNKS,
        record -> {
          long address = record.i64();
          long size = filtered ? record.number(sizeWidth) : -1;
          long mask = filtered ? record.u32() : 0;
          long[] place = new long[rank()];
          for (int i = 0; i < rank(); i++) {
            place[i] = record.size();
          }
          visitor.visit(new Chunk(list(place), address, size, mask));
        });
  }

  /** Bytes in which the newer indexes write the size of a filtered chunk. */
  static int sizeWidth(long chunkSize) {
    return Math.min(8, TreeV2.bytesFor(chunkSize) + 1);
  }

  private static List<Long> list(long[] values) {
    return LongStream.of(values).boxed().toList();
  }
}
