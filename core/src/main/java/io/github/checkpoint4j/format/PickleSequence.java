package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Bytes in which pickles follow one another, with numbers and storages between them. */
final class PickleSequence {
  private final MemorySegment bytes;
  private final String source;
  private long at;

  /**
   * @param source the names of the file and the entry, for messages
   */
  PickleSequence(MemorySegment bytes, String source) {
    this.bytes = bytes;
    this.source = source;
  }

  /** Where the next pickle, number or storage is. */
  long position() {
    return at;
  }

  /** The next pickle, which is of plain values, as the only argument. */
  PickleArguments next() throws CorruptFileException, UnsupportedFeatureException {
    return new PickleArguments(
        List.of(
            next(
                id -> {
                  throw new IllegalArgumentException("a persistent id outside the state");
                })));
  }

  /** The next pickle, in which every tensor is empty. */
  PickleObject next(Pickle.Persistent persistent)
      throws CorruptFileException, UnsupportedFeatureException {
    PickleGlobals withoutTensors =
        new TorchGlobals((storage, type, offset, shape, strides) -> empty(type), bytes.byteSize());
    Pickle.Read read = Pickle.read(bytes, at, source, withoutTensors, persistent);
    at = read.end();
    return read.object();
  }

  private static Tensor empty(TorchType type) {
    return Tensor.of(type.dtype(), new long[] {0}, MemorySegment.ofArray(new byte[0]));
  }

  /** The items of the next pickle, which is a tuple. */
  PickleArguments nextTuple() throws CorruptFileException, UnsupportedFeatureException {
    return new PickleArguments(next().tuple(0).items());
  }

  /**
   * The storage that comes next: the number of elements in 64 bits, and the elements.
   *
   * @param type the type of its elements; empty for raw bytes
   * @throws IllegalArgumentException if it goes beyond the end
   */
  PickleObject.Storage nextStorage(String name, Optional<TorchType> type) {
    long elements = nextNumber();
    long left = bytes.byteSize() - at;
    int item = type.orElse(TorchType.UINT8).itemSize();
    if (elements < 0 || elements > left / item) {
      throw new IllegalArgumentException(
          "the storage '"
              + Excerpt.of(name)
              + "' is said to have "
              + elements
              + " elements of "
              + item
              + " bytes, and "
              + left
              + " bytes are left: cut short?");
    }
    MemorySegment memory = bytes.asSlice(at, elements * item);
    at += memory.byteSize();
    return new PickleObject.Storage(name, type, memory);
  }

  /**
   * The 64-bit number that comes next.
   *
   * @throws IllegalArgumentException if it goes beyond the end
   */
  long nextNumber() {
    if (bytes.byteSize() - at < Long.BYTES) {
      throw new IllegalArgumentException(
          "expected a number of 8 bytes here, and "
              + (bytes.byteSize() - at)
              + " bytes are left: cut short?");
    }
    long number = LittleEndian.signedLong(bytes, at);
    at += Long.BYTES;
    return number;
  }

  /**
   * Checks that nothing follows.
   *
   * @throws IllegalArgumentException if something does
   */
  void requireEnd() {
    if (at != bytes.byteSize()) {
      throw new IllegalArgumentException(
          (bytes.byteSize() - at) + " bytes are left over after the last part");
    }
  }

  /** What is not read, with the place that was reached. */
  UnsupportedFeatureException unsupported(UnsupportedFeatureException cause) {
    return new UnsupportedFeatureException(source + ", byte " + at + ": " + cause.getMessage());
  }

  /** What is wrong, with the place that was reached. */
  CorruptFileException corrupt(IllegalArgumentException cause) {
    return new CorruptFileException(
        source
            + ", byte "
            + at
            + ": "
            + cause.getMessage()
            + "; the file is damaged: copy or save it again",
        cause);
  }
}
