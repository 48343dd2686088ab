package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What lies on the stack while a pickle is read: Python's objects as far as state needs them. */
sealed interface PickleObject {

  /** A value without parts. */
  record Leaf(Value value) implements PickleObject {}

  /**
   * Python 2's {@code str}: text in names and values, bytes where numpy keeps elements. It is what
   * whoever uses it takes it for.
   */
  final class ByteString implements PickleObject {
    private final Bytes bytes;
    private final int size;
    private Optional<Value> value = Optional.empty();

    ByteString(byte[] bytes) {
      this.bytes = Bytes.of(bytes);
      this.size = bytes.length;
    }

    int size() {
      return size;
    }

    Bytes asBytes() {
      return bytes;
    }

    /** A string if the bytes are UTF-8, as {@code torch.load} takes them, and bytes otherwise. */
    Value value() {
      if (value.isEmpty()) {
        value = Optional.of(decoded());
      }
      return value.get();
    }

    private Value decoded() {
      try {
        ByteBuffer utf8 = ByteBuffer.wrap(bytes.toByteArray());
        return Value.of(StandardCharsets.UTF_8.newDecoder().decode(utf8).toString());
      } catch (CharacterCodingException e) {
        return bytes;
      }
    }
  }

  /** A tuple; complete when made. */
  record TupleObject(List<PickleObject> items) implements PickleObject {}

  /** A list, which grows. */
  record ListObject(List<PickleObject> items) implements PickleObject {
    ListObject() {
      this(new ArrayList<>(0));
    }
  }

  /** A set, which grows if it is not a frozenset. */
  record SetObject(List<PickleObject> items, boolean frozen) implements PickleObject {
    SetObject(boolean frozen) {
      this(new ArrayList<>(0), frozen);
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

  /** An object that is not read, in place of which nothing is made. */
  record Opaque(String name) implements PickleObject {}

  /** An object whose attributes are read; it has them once its state was set. */
  final class Instance implements PickleObject {
    private final String name;
    private DictObject attributes = new DictObject();

    Instance(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }

    DictObject attributes() {
      return attributes;
    }

    void setAttributes(DictObject attributes) {
      this.attributes = attributes;
    }
  }

  /**
   * A tensor's memory.
   *
   * @param name what messages call it
   * @param type the type of its elements; empty for raw bytes
   */
  record Storage(String name, Optional<TorchType> type, MemorySegment bytes)
      implements PickleObject {

    /** The type of the elements; PyTorch takes raw bytes for those of {@code uint8}. */
    TorchType elementType() {
      return type.orElse(TorchType.UINT8);
    }
  }

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
    Optional<Value.NdArray> elements = Optional.empty();
  }
}
