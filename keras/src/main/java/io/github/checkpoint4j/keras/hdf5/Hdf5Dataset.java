package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** An array, or a single value, with attributes. */
public final class Hdf5Dataset implements Hdf5Node {
  private final Map<String, Hdf5Value> attributes;
  private final long[] shape;
  private final Optional<Dtype> dtype;
  private final Content content;

  private Hdf5Dataset(
      Map<String, Hdf5Value> attributes, long[] shape, Optional<Dtype> dtype, Content content) {
    this.attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    this.shape = shape.clone();
    this.dtype = dtype;
    this.content = content;
  }

  /** Gives the value of a dataset when it is asked for. */
  @FunctionalInterface
  interface Content {
    Hdf5Value read() throws CorruptFileException, UnsupportedFeatureException;
  }

  /** A dataset to be written. */
  public static Hdf5Dataset of(Map<String, Hdf5Value> attributes, Hdf5Value value) {
    return new Hdf5Dataset(attributes, value.shape(), value.dtype(), () -> value);
  }

  /** A dataset of a file, read at each call of {@link #value}. */
  static Hdf5Dataset lazily(
      Map<String, Hdf5Value> attributes, long[] shape, Optional<Dtype> dtype, Content content) {
    return new Hdf5Dataset(attributes, shape, dtype, content);
  }

  @Override
  public Map<String, Hdf5Value> attributes() {
    return attributes;
  }

  /** The dimensions, outermost first; none for a scalar or no value. Nothing is read for it. */
  public long[] shape() {
    return shape.clone();
  }

  /**
   * The dtype of numbers and truth values; empty for texts, no value, and what is not read here.
   * Nothing is read for it.
   *
   * <p>What Keras stores as bfloat16, opaque elements of two bytes with an attribute {@code dtype}
   * of {@code "bfloat16"}, is {@link Dtype#BF16}, and is written so: the attribute is then added if
   * it is missing.
   */
  public Optional<Dtype> dtype() {
    return dtype;
  }

  /**
   * The value. Numbers that lie in the file without gaps are a window on it; others (chunked,
   * compressed, big-endian) are decoded now.
   *
   * @throws CorruptFileException if the data are damaged
   * @throws UnsupportedFeatureException if they are stored in a way that is not read here
   */
  public Hdf5Value value() throws CorruptFileException, UnsupportedFeatureException {
    return content.read();
  }
}
