package io.github.checkpoint4j.state;

import java.math.BigInteger;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Anything a checkpoint may hold: tensors, the plain values of Python's pickled state, and
 * containers of them. Values are immutable, save that a tensor is a window on memory.
 */
public sealed interface Value
    permits Tensor,
        StateDict,
        Bytes,
        Value.None,
        Value.Bool,
        Value.Int,
        Value.Real,
        Value.Complex,
        Value.Text,
        Value.Items,
        Value.Tuple,
        Value.ItemSet,
        Value.FrozenSet,
        Value.Dict,
        Value.NdArray,
        QuantizedTensor {

  /** Python's {@code None}. */
  enum None implements Value {
    NONE
  }

  record Bool(boolean value) implements Value {}

  /** A whole number of any size. */
  record Int(BigInteger value) implements Value {
    /**
     * The number as a long.
     *
     * @throws ArithmeticException if it is too large
     */
    public long exactLong() {
      return value.longValueExact();
    }
  }

  record Real(double value) implements Value {}

  /** Python's {@code complex}. */
  record Complex(double real, double imaginary) implements Value {}

  record Text(String value) implements Value {}

  /** Python's {@code list}. */
  record Items(List<Value> values) implements Value {
    public Items {
      values = List.copyOf(values);
    }
  }

  /** Python's {@code tuple}. */
  record Tuple(List<Value> values) implements Value {
    public Tuple {
      values = List.copyOf(values);
    }
  }

  /** Python's {@code set}: values that differ, in the order of its file. */
  record ItemSet(Set<Value> values) implements Value {
    public ItemSet {
      values = Collections.unmodifiableSet(new LinkedHashSet<>(values));
    }
  }

  /** Python's {@code frozenset}, which may be a key and in another set. */
  record FrozenSet(Set<Value> values) implements Value {
    public FrozenSet {
      values = Collections.unmodifiableSet(new LinkedHashSet<>(values));
    }
  }

  /** A dictionary whose keys are not all strings, in the order of its file. */
  record Dict(Map<Value, Value> entries) implements Value {
    public Dict {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /** The value under {@code key}; empty if there is none. */
    public Optional<Value> find(Value key) {
      return Optional.ofNullable(entries.get(key));
    }
  }

  /**
   * A numpy array, as random-number states hold: it comes back as one when written to a Python
   * file.
   */
  record NdArray(Tensor elements) implements Value {}

  /** This value with {@code change} made to every tensor in it, in order. */
  default Value mapTensors(UnaryOperator<Tensor> change) {
    return switch (this) {
      case Tensor tensor -> change.apply(tensor);
      case NdArray(Tensor elements) -> new NdArray(change.apply(elements));
      case StateDict dict -> dict.mapTensors(change);
      case Items(List<Value> values) -> new Items(mapTensors(values, change));
      case Tuple(List<Value> values) -> new Tuple(mapTensors(values, change));
      case ItemSet(Set<Value> values) -> new ItemSet(mapTensors(values, change));
      case FrozenSet(Set<Value> values) -> new FrozenSet(mapTensors(values, change));
      case Dict(Map<Value, Value> entries) -> {
        Map<Value, Value> mapped = new LinkedHashMap<>();
        entries.forEach(
            (key, entry) -> mapped.put(key.mapTensors(change), entry.mapTensors(change)));
        yield new Dict(mapped);
      }
      case None _, Bool _, Int _, Real _, Complex _, Text _, Bytes _, QuantizedTensor _ -> this;
    };
  }

  private static Set<Value> mapTensors(Set<Value> values, UnaryOperator<Tensor> change) {
    return new LinkedHashSet<>(mapTensors(List.copyOf(values), change));
  }

  private static List<Value> mapTensors(List<Value> values, UnaryOperator<Tensor> change) {
    return values.stream().map(value -> value.mapTensors(change)).toList();
  }

  static Value none() {
    return None.NONE;
  }

  static Value of(boolean value) {
    return new Bool(value);
  }

  static Value of(long value) {
    return new Int(BigInteger.valueOf(value));
  }

  static Value of(double value) {
    return new Real(value);
  }

  static Value of(String value) {
    return new Text(value);
  }

  static Value list(Value... values) {
    return new Items(List.of(values));
  }

  static Value tuple(Value... values) {
    return new Tuple(List.of(values));
  }
}
