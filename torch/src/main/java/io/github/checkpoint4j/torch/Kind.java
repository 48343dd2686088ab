package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;

/** What a value is, for messages: short, however large the value. */
final class Kind {
  private static final int LONGEST_NUMBER = 64;

  private Kind() {}

  /** For instance {@code a list of 3}, {@code None}, {@code the number 0.1}. */
  static String of(Value value) {
    return switch (value) {
      case Tensor tensor -> "a tensor " + tensor;
      case Value.NdArray(Tensor elements) -> "a numpy array " + elements;
      case QuantizedTensor tensor -> "a quantized tensor " + tensor;
      case StateDict dict -> "a dict of " + dict.size();
      case Value.Dict dict -> "a dict of " + dict.entries().size();
      case Value.Items items -> "a list of " + items.values().size();
      case Value.Tuple tuple -> "a tuple of " + tuple.values().size();
      case Value.ItemSet set -> "a set of " + set.values().size();
      case Value.FrozenSet set -> "a frozenset of " + set.values().size();
      case Bytes _ -> "bytes";
      case Value.Text _ -> "a string";
      case Value.None _ -> "None";
      case Value.Bool(boolean on) -> on ? "True" : "False";
      case Value.Real(double number) -> "the number " + number;
      case Value.Complex _ -> "a complex number";
      case Value.Int whole when whole.value().bitLength() > LONGEST_NUMBER ->
          "a whole number of " + whole.value().bitLength() + " bits";
      case Value.Int whole -> "the number " + whole.value();
    };
  }
}
