package io.github.checkpoint4j.state;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Values under names, in order: PyTorch's {@code state_dict}. Immutable; nested dicts are values.
 */
public final class StateDict implements Value {
  private static final StateDict EMPTY = new StateDict(Map.of());

  private final Map<String, Value> entries;

  private StateDict(Map<String, Value> entries) {
    this.entries = entries;
  }

  /** A dict without entries. */
  public static StateDict empty() {
    return EMPTY;
  }

  /** A dict with the entries of {@code entries}, in its order. */
  public static StateDict of(Map<String, ? extends Value> entries) {
    return new StateDict(Collections.unmodifiableMap(new LinkedHashMap<>(entries)));
  }

  /** A builder without entries. */
  public static Builder builder() {
    return new Builder();
  }

  /** The names, in order. */
  public Set<String> names() {
    return entries.keySet();
  }

  /** The entries, in order. */
  public Map<String, Value> entries() {
    return entries;
  }

  public int size() {
    return entries.size();
  }

  public boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** The value under {@code name}; empty if there is none. */
  public Optional<Value> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /**
   * The value under {@code name}.
   *
   * @throws StateMismatchException if there is none; the message lists the names there are
   */
  public Value get(String name) {
    Value value = entries.get(name);
    if (value == null) {
      throw new StateMismatchException("no entry '" + name + "'; there are: " + listed());
    }
    return value;
  }

  /**
   * The tensor under {@code name}.
   *
   * @throws StateMismatchException if there is none, or another kind of value
   */
  public Tensor tensor(String name) {
    return require(name, Tensor.class, "a tensor");
  }

  /**
   * The dict under {@code name}.
   *
   * @throws StateMismatchException if there is none, or another kind of value
   */
  public StateDict dict(String name) {
    return require(name, StateDict.class, "a dict with string keys");
  }

  /**
   * The whole number under {@code name}.
   *
   * @throws StateMismatchException if there is none, or another kind of value, or it is not a long
   */
  public long integer(String name) {
    Int value = require(name, Int.class, "a whole number");
    try {
      return value.exactLong();
    } catch (ArithmeticException e) {
      throw new StateMismatchException(
          "entry '" + name + "' is not a 64-bit number: " + value.value());
    }
  }

  /**
   * The number under {@code name}; a whole number counts.
   *
   * @throws StateMismatchException if there is none, or another kind of value
   */
  public double real(String name) {
    if (get(name) instanceof Int whole) {
      return whole.value().doubleValue();
    }
    return require(name, Real.class, "a number").value();
  }

  /**
   * The text under {@code name}.
   *
   * @throws StateMismatchException if there is none, or another kind of value
   */
  public String text(String name) {
    return require(name, Text.class, "a string").value();
  }

  @Override
  public StateDict mapTensors(UnaryOperator<Tensor> change) {
    Map<String, Value> mapped = new LinkedHashMap<>();
    entries.forEach((name, entry) -> mapped.put(name, entry.mapTensors(change)));
    return of(mapped);
  }

  private <T extends Value> T require(String name, Class<T> kind, String expected) {
    Value value = get(name);
    if (!kind.isInstance(value)) {
      throw new StateMismatchException(
          "entry '" + name + "' should be " + expected + " and is " + describe(value));
    }
    return kind.cast(value);
  }

  private static String describe(Value value) {
    return switch (value) {
      case Tensor tensor -> "a tensor " + tensor;
      case StateDict dict -> "a dict of " + dict.size() + " entries";
      case Dict dict -> "a dict of " + dict.entries().size() + " entries";
      case Items items -> "a list of " + items.values().size();
      case Tuple tuple -> "a tuple of " + tuple.values().size();
      case ItemSet set -> "a set of " + set.values().size();
      case FrozenSet set -> "a frozenset of " + set.values().size();
      case Bytes bytes -> bytes.toString();
      case Complex complex -> "a complex number";
      case None none -> "None";
      case Bool bool -> String.valueOf(bool.value());
      case Int whole -> whole.value().toString();
      case Real real -> String.valueOf(real.value());
      case NdArray array -> "a numpy array " + array.elements();
      case QuantizedTensor tensor -> "a quantized tensor " + tensor;
      case Text text -> "the string '" + text.value() + "'";
    };
  }

  private String listed() {
    int most = 12;
    String shown = String.join(", ", entries.keySet().stream().limit(most).toList());
    return entries.isEmpty()
        ? "none"
        : entries.size() > most ? shown + ", and " + (entries.size() - most) + " more" : shown;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StateDict dict && entries.equals(dict.entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return entries.toString();
  }

  /** Gathers entries in order. */
  public static final class Builder {
    private final Map<String, Value> entries = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Adds an entry.
     *
     * @throws IllegalArgumentException if the name is taken
     */
    public Builder put(String name, Value value) {
      if (entries.putIfAbsent(name, value) != null) {
        throw new IllegalArgumentException("two entries '" + name + "'");
      }
      return this;
    }

    public Builder put(String name, long value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, double value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, boolean value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, String value) {
      return put(name, Value.of(value));
    }

    /** The dict of what was put so far. */
    public StateDict build() {
      return of(entries);
    }
  }
}
