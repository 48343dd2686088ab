package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The chunks of a dataset, numbered row by row.
 *
 * @param counts how many there are along each dimension
 * @param strides by how much the number grows along each dimension
 */
record ChunkGrid(List<Long> counts, List<Long> strides) {

  ChunkGrid {
    counts = List.copyOf(counts);
    strides = List.copyOf(strides);
  }

  /** Takes a place in the grid and its number. */
  @FunctionalInterface
  interface Visitor {
    void visit(List<Long> place, long number)
        throws CorruptFileException, UnsupportedFeatureException;
  }

  /** The grid of a dataset of limited size, which is numbered as if it were at its limit. */
  static ChunkGrid of(Chunks chunks, Dataspace space) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < chunks.rank(); i++) {
      order.add(i);
    }
    return numbered(chunks, space, order);
  }

  /** The grid of a dataset with one unlimited dimension, which is numbered slowest. */
  static ChunkGrid growing(Chunks chunks, Dataspace space) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < chunks.rank(); i++) {
      order.add(space.most().get(i) == Dataspace.UNLIMITED ? 0 : order.size(), i);
    }
    return numbered(chunks, space, order);
  }

  private static ChunkGrid numbered(Chunks chunks, Dataspace space, List<Integer> order) {
    long[] counts = new long[order.size()];
    long[] strides = new long[order.size()];
    long stride = 1;
    for (int dimension : order.reversed()) {
      long chunk = chunks.shape().get(dimension);
      counts[dimension] = Math.ceilDiv(space.dimensions()[dimension], chunk);
      strides[dimension] = stride;
      // Wraps where no chunk is: the array of chunks has its own end.
      stride *= Math.max(1, Math.ceilDiv(space.most().get(dimension), chunk));
    }
    return new ChunkGrid(
        LongStream.of(counts).boxed().toList(), LongStream.of(strides).boxed().toList());
  }

  /** Shows all places to a visitor. */
  void forEach(Visitor visitor) throws CorruptFileException, UnsupportedFeatureException {
    forEach(new ArrayList<>(), 0, visitor);
  }

  private void forEach(List<Long> place, long number, Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    int dimension = place.size();
    if (dimension == counts.size()) {
      visitor.visit(List.copyOf(place), number);
      return;
    }
    for (long i = 0; i < counts.get(dimension); i++) {
      place.addLast(i);
      forEach(place, number + i * strides.get(dimension), visitor);
      place.removeLast();
    }
  }
}
