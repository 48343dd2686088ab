package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What lies on the stack while a pickle is read: Python's objects as far as state needs them. */
sealed interface PickleObject {

  /** A value without parts. */
  record Leaf(Value value) implements PickleObject {}

  /** A tuple; complete when made. */
  record TupleObject(List<PickleObject> items) implements PickleObject {}

  /** A list, which grows. */
  record ListObject(List<PickleObject> items) implements PickleObject {
    ListObject() {
      this(new ArrayList<>(0));
    }
  }

  /** A dict, which grows: keys and values in turn. */
  record DictObject(List<PickleObject> keysAndValues) implements PickleObject {
    DictObject() {
      this(new ArrayList<>(0));
    }
  }

  /** One of the classes and functions that may be named; it is never run. */
  record Global(String name) implements PickleObject {}

  /**
   * A tensor's memory.
   *
   * @param type the type of its elements; empty for raw bytes
   */
  record Storage(String key, Optional<TorchType> type, MemorySegment bytes)
      implements PickleObject {}

  /** A numpy dtype. */
  final class NumpyType implements PickleObject {
    final Dtype dtype;
    final int swapSize;
    boolean bigEndian;

    NumpyType(Dtype dtype, int swapSize) {
      this.dtype = dtype;
      this.swapSize = swapSize;
    }
  }

  /** A numpy array; it has elements once its state was set. */
  final class NumpyArray implements PickleObject {
    Optional<Value> elements = Optional.empty();
  }
}
