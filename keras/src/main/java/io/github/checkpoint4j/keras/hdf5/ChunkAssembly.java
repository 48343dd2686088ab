package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Puts chunks where they belong among the elements of a dataset. */
final class ChunkAssembly {
  private final Chunks chunks;
  private final long[] dimensions;
  private final Filters filters;
  private final MemorySegment elements;
  private final Source source;
  private long room;

  /**
   * An assembly without a chunk.
   *
   * @param elements where the elements go, row by row
   */
  ChunkAssembly(
      Chunks chunks, Dataspace space, Filters filters, MemorySegment elements, Source source) {
    this.chunks = chunks;
    this.dimensions = space.dimensions();
    this.filters = filters;
    this.elements = elements;
    this.source = source;
    this.room = chunks.count(space);
  }

  /** Reads a chunk and copies what is within the dataset. */
  void add(Chunks.Chunk chunk) throws CorruptFileException, UnsupportedFeatureException {
    if (--room < 0) {
      throw source.corrupt(chunk.address(), "more chunks than the dataset has room for");
    }
    long size = chunks.size();
    long stored = chunk.size() < 0 ? size : chunk.size();
    if (!Budget.warrants(stored, size)) {
      throw source.corrupt(
          chunk.address(), "a chunk of " + size + " bytes that is stored in " + stored);
    }
    MemorySegment bytes = source.window(chunk.address(), stored, "chunk");
    MemorySegment content = filters.undo(bytes, chunk.mask(), size, chunks.elementSize(), source);
    for (int i = 0; i < dimensions.length; i++) {
      if (chunk.place().get(i) >= Math.ceilDiv(dimensions[i], chunks.shape().get(i))) {
        return;
      }
    }
    copy(content, 0, chunk.place(), 0, 0);
  }

  /**
   * Copies a chunk, or a part of it: all that has the same indices in the dimensions before one.
   *
   * @param dimension that dimension
   * @param from the element of the chunk that the part begins with
   * @param to the element of the dataset that it goes to
   */
  private void copy(MemorySegment chunk, int dimension, List<Long> place, long from, long to) {
    long length = chunks.shape().get(dimension);
    long begin = place.get(dimension) * length;
    long count = Math.min(length, dimensions[dimension] - begin);
    long first = to * dimensions[dimension] + begin;
    if (dimension == dimensions.length - 1) {
      long size = chunks.elementSize();
      MemorySegment.copy(chunk, from * length * size, elements, first * size, count * size);
      return;
    }
    for (long i = 0; i < count; i++) {
      copy(chunk, dimension + 1, place, from * length + i, first + i);
    }
  }
}
