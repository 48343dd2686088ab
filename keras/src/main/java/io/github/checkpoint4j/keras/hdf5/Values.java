package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Makes values of elements. */
final class Values {
  private static final int MOST_HEAP = Integer.MAX_VALUE - 8;

  private Values() {}

  /**
   * The value of elements.
   *
   * @param what whose value it is, for messages
   * @param elements the elements, without gaps; a window on the file or in memory
   * @param heap where texts are
   */
  static Hdf5Value of(
      Datatype type,
      Dataspace space,
      MemorySegment elements,
      GlobalHeap heap,
      Source source,
      String what)
      throws CorruptFileException, UnsupportedFeatureException {
    if (space.shape().isEmpty()) {
      return new Hdf5Value.Empty();
    }
    return switch (type) {
      case Datatype.Numeric number ->
          new Hdf5Value.Numbers(
              Tensor.of(
                  number.dtype(),
                  space.dimensions(),
                  number.bigEndian() ? reversed(elements, number.unit()) : elements));
      case Datatype.FixedText _, Datatype.VariableText _ ->
          texts(type, space, elements, heap, source, what);
      case Datatype.Opaque _, Datatype.Other _ -> throw type.refused(source, what);
    };
  }

  private static Hdf5Value texts(
      Datatype type,
      Dataspace space,
      MemorySegment elements,
      GlobalHeap heap,
      Source source,
      String what)
      throws CorruptFileException, UnsupportedFeatureException {
    int rank = space.dimensions().length;
    if (rank > 1) {
      throw source.unsupported(
          "its "
              + what
              + " has texts in "
              + rank
              + " dimensions, at most one is read here; write them as a list");
    }
    Source memory = new Source(elements, -1, source.file(), source.object(), source.budget());
    Cursor cursor = memory.at(0, elements.byteSize(), what);
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < space.elements(); i++) {
      texts.add(
          switch (type) {
            case Datatype.FixedText fixed when fixed.blanks() ->
                cursor.text(fixed.size()).stripTrailing();
            case Datatype.FixedText fixed -> cursor.text(fixed.size());
            default -> heap.text(cursor);
          });
    }
    return rank == 0 ? new Hdf5Value.Text(texts.getFirst()) : new Hdf5Value.Texts(texts);
  }

  /** A copy with the bytes of each {@code unit} reversed. */
  private static MemorySegment reversed(MemorySegment bytes, int unit) {
    MemorySegment copy = allocate(bytes.byteSize());
    for (long at = 0; at < bytes.byteSize(); at += unit) {
      for (int i = 0; i < unit; i++) {
        copy.set(
            ValueLayout.JAVA_BYTE, at + i, bytes.get(ValueLayout.JAVA_BYTE, at + unit - 1 - i));
      }
    }
    return copy;
  }

  /** Memory of that many zeros, for as long as it is used. */
  static MemorySegment allocate(long size) {
    return size <= MOST_HEAP
        ? MemorySegment.ofArray(new byte[(int) size])
        : Arena.ofAuto().allocate(size);
  }
}
