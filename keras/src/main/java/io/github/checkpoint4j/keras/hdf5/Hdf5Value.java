package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.state.Tensor;
import java.util.List;

/** The value of an attribute, or of a dataset that is not an array of numbers. */
public sealed interface Hdf5Value {
  /** One string. */
  record Text(String value) implements Hdf5Value {}

  /** An array of strings, of one dimension. */
  record Texts(List<String> values) implements Hdf5Value {
    public Texts {
      values = List.copyOf(values);
    }
  }

  /** Numbers or truth values: a scalar or an array. */
  record Numbers(Tensor tensor) implements Hdf5Value {}

  /** No value at all: HDF5's null dataspace. */
  record Empty() implements Hdf5Value {}
}
