package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The items of a tuple, as arguments of a call or as a state: each must be of its kind. */
final class PickleArguments {
  /** Of a tensor; PyTorch's operators take no more. */
  static final int MOST_DIMENSIONS = 64;

  private final List<PickleObject> arguments;

  PickleArguments(List<PickleObject> arguments) {
    this.arguments = arguments;
  }

  int size() {
    return arguments.size();
  }

  PickleObject get(int index) {
    if (index >= arguments.size()) {
      throw new IllegalArgumentException(
          "more than the " + arguments.size() + " arguments found are expected");
    }
    return arguments.get(index);
  }

  private <T> T require(int index, Class<T> kind, String expected) {
    PickleObject argument = get(index);
    Object object =
        switch (argument) {
          case PickleObject.Leaf leaf -> leaf.value();
          case PickleObject.ByteString bytes when kind == Bytes.class -> bytes.asBytes();
          case PickleObject.ByteString bytes -> bytes.value();
          default -> argument;
        };
    if (!kind.isInstance(object)) {
      throw new IllegalArgumentException(
          "argument " + (index + 1) + " should be " + expected + " and is " + kind(argument));
    }
    return kind.cast(object);
  }

  /** Python's name for the kind of an object. */
  static String kind(PickleObject object) {
    return switch (object) {
      case PickleObject.Leaf leaf ->
          switch (leaf.value()) {
            case Value.Text text -> "a string";
            case Value.NdArray array -> "a numpy array";
            case Value.Int number -> "a whole number";
            case Tensor tensor -> "a tensor";
            case Bytes bytes -> "bytes";
            case Value.None none -> "None";
            default -> "a number";
          };
      case PickleObject.ByteString bytes -> "a string";
      case PickleObject.Global global -> shown(global.name());
      case PickleObject.Opaque opaque -> shown(opaque.name());
      case PickleObject.Instance instance -> shown(instance.name());
      case PickleObject.TupleObject tuple -> "a tuple";
      case PickleObject.ListObject list -> "a list";
      case PickleObject.SetObject set -> "a set";
      case PickleObject.DictObject dict -> "a dict";
      case PickleObject.Storage storage -> "a storage";
      case PickleObject.NumpyType type -> "a numpy dtype";
      case PickleObject.NumpyArray array -> "a numpy array";
    };
  }

  private static String shown(String name) {
    return "'" + Excerpt.of(name) + "'";
  }

  PickleObject.Global global(int index) {
    return require(index, PickleObject.Global.class, "a class or function");
  }

  PickleObject.Storage storage(int index) {
    return require(index, PickleObject.Storage.class, "a storage");
  }

  PickleObject.TupleObject tuple(int index) {
    return require(index, PickleObject.TupleObject.class, "a tuple");
  }

  PickleObject.DictObject dict(int index) {
    return require(index, PickleObject.DictObject.class, "a dict");
  }

  PickleObject.ListObject list(int index) {
    return require(index, PickleObject.ListObject.class, "a list");
  }

  PickleObject.Leaf tensor(int index) {
    require(index, Tensor.class, "a tensor");
    return (PickleObject.Leaf) get(index);
  }

  PickleObject.NumpyArray numpyArray(int index) {
    return require(index, PickleObject.NumpyArray.class, "a numpy array");
  }

  boolean isFilledDict(int index) {
    return get(index) instanceof PickleObject.DictObject dict && !dict.keysAndValues().isEmpty();
  }

  Bytes bytes(int index) {
    return require(index, Bytes.class, "bytes");
  }

  String text(int index) {
    return require(index, Value.Text.class, "a string").value();
  }

  double real(int index) {
    return require(index, Value.Real.class, "a number").value();
  }

  /** Whether the argument is {@code None}. */
  boolean isNone(int index) {
    return get(index) instanceof PickleObject.Leaf leaf && leaf.value().equals(Value.none());
  }

  /** Whether the argument is {@code True}. */
  boolean isTrue(int index) {
    return get(index) instanceof PickleObject.Leaf leaf && leaf.value().equals(Value.of(true));
  }

  /** A whole number, or a string of its digits, as which it is a storage's or tensor's key. */
  String key(int index) {
    return get(index) instanceof PickleObject.Leaf leaf && leaf.value() instanceof Value.Int number
        ? String.valueOf(exact(number.value()))
        : text(index);
  }

  long integer(int index) {
    return exact(require(index, Value.Int.class, "a whole number").value());
  }

  long[] integers(int index) {
    List<PickleObject> items = tuple(index).items();
    if (items.size() > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "a shape of "
              + items.size()
              + " dimensions; at most "
              + MOST_DIMENSIONS
              + " are possible");
    }
    long[] numbers = new long[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = new PickleArguments(items).integer(i);
    }
    return numbers;
  }

  private static long exact(BigInteger number) {
    if (number.bitLength() > 63) {
      throw new IllegalArgumentException("a number of more than 64 bits: not a size");
    }
    return number.longValue();
  }

  /** The bytes of a string that Python wrote as Latin-1 characters, for want of bytes. */
  byte[] latin1(int index) {
    String text = text(index);
    String encoding = text(index + 1).replace("-", "").replace("_", "");
    if (!encoding.equals("latin1") || text.chars().anyMatch(c -> c > 0xFF)) {
      throw new IllegalArgumentException("bytes as Latin-1 characters are expected");
    }
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  String device() {
    return size() > 1 ? text(0) + ":" + integer(1) : text(0);
  }

  /** A dict from a list of pairs, as older Pythons write an OrderedDict. */
  PickleObject.DictObject pairs(int index) {
    List<PickleObject> entries = new ArrayList<>();
    for (PickleObject pair : list(index).items()) {
      List<PickleObject> keyAndValue =
          switch (pair) {
            case PickleObject.TupleObject tuple -> tuple.items();
            case PickleObject.ListObject list -> list.items();
            default -> List.of();
          };
      if (keyAndValue.size() != 2) {
        throw new IllegalArgumentException("a list of pairs is expected");
      }
      entries.addAll(keyAndValue);
    }
    return new PickleObject.DictObject(entries);
  }
}
