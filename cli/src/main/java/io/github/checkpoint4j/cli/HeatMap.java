package io.github.checkpoint4j.cli;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * A tensor as a matrix of at most {@value #MOST} by {@value #MOST} cells: a row for each index of
 * the first dimension, a column for each of all others together; one row for a vector. A cell is
 * the mean of the elements in it, so it is not finite if one of them is not.
 */
final class HeatMap {
  static final int MOST = 256;

  private final int rows;
  private final int columns;

  /** Row by row. */
  private final float[] cells;

  private HeatMap(int rows, int columns, float[] cells) {
    this.rows = rows;
    this.columns = columns;
    this.cells = cells;
  }

  /**
   * That of a tensor, which is read once, in the order in which it lies.
   *
   * @return empty if it has no elements, or they are no numbers
   */
  static Optional<HeatMap> of(NumericArray tensor) {
    return tensor.elementCount() == 0
        ? Optional.empty()
        : tensor.elements().map(elements -> of(tensor, elements));
  }

  private static HeatMap of(NumericArray tensor, Elements elements) {
    long height = tensor.shape().length < 2 ? 1 : tensor.shape()[0];
    long width = tensor.elementCount() / height;
    int rows = (int) Math.min(MOST, height);
    int columns = (int) Math.min(MOST, width);
    float[] cells = new float[rows * columns];
    MemorySegment bytes = tensor.bytes();
    for (int row = 0; row < rows; row++) {
      long top = begin(row, height, rows);
      long bottom = begin(row + 1, height, rows);
      double[] sums = new double[columns];
      for (long y = top; y < bottom; y++) {
        for (int column = 0; column < columns; column++) {
          long right = begin(column + 1, width, columns);
          for (long x = begin(column, width, columns); x < right; x++) {
            sums[column] += elements.at(bytes, y * width + x);
          }
        }
      }
      for (int column = 0; column < columns; column++) {
        long across = begin(column + 1, width, columns) - begin(column, width, columns);
        cells[row * columns + column] = (float) (sums[column] / ((bottom - top) * across));
      }
    }
    return new HeatMap(rows, columns, cells);
  }

  /** Where a cell begins, without an overflow. */
  private static long begin(int cell, long length, int cells) {
    return length / cells * cell + length % cells * cell / cells;
  }

  /** Rows and columns as 32-bit integers, then the cells as 32-bit floats, all little-endian. */
  byte[] toBytes() {
    ByteBuffer buffer =
        ByteBuffer.allocate(2 * Integer.BYTES + cells.length * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(rows)
            .putInt(columns);
    for (float cell : cells) {
      buffer.putFloat(cell);
    }
    return buffer.array();
  }
}
