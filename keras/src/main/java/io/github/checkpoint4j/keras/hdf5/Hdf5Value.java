package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.util.List;
import java.util.Optional;

/** The value of a dataset or an attribute. */
public sealed interface Hdf5Value {
  /** The dimensions, outermost first; none for a single value or no value. */
  long[] shape();

  /** The dtype of numbers and truth values; empty for others. */
  default Optional<Dtype> dtype() {
    return Optional.empty();
  }

  /** One string. */
  record Text(String value) implements Hdf5Value {
    @Override
    public long[] shape() {
      return new long[0];
    }
  }

  /** An array of strings, of one dimension. */
  record Texts(List<String> values) implements Hdf5Value {
    public Texts {
      values = List.copyOf(values);
    }

    @Override
    public long[] shape() {
      return new long[] {values.size()};
    }
  }

  /** Numbers or truth values: a scalar or an array. */
  record Numbers(Tensor tensor) implements Hdf5Value {
    @Override
    public long[] shape() {
      return tensor.shape();
    }

    @Override
    public Optional<Dtype> dtype() {
      return Optional.of(tensor.dtype());
    }
  }

  /** No value at all: HDF5's null dataspace. */
  record Empty() implements Hdf5Value {
    @Override
    public long[] shape() {
      return new long[0];
    }
  }
}
