package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values that outlive the file they were read from. */
final class HeapCopy {
  private HeapCopy() {}

  /** The same value, its tensors copied to the heap. */
  static Value of(Value value) {
    return switch (value) {
      case Tensor tensor -> copy(tensor);
      case Value.NdArray(Tensor elements) -> new Value.NdArray(copy(elements));
      case StateDict dict -> of(dict);
      case Value.Items(List<Value> values) -> new Value.Items(copies(values));
      case Value.Tuple(List<Value> values) -> new Value.Tuple(copies(values));
      case Value.Dict dict -> {
        Map<Value, Value> copies = new LinkedHashMap<>();
        dict.entries().forEach((key, entry) -> copies.put(of(key), of(entry)));
        yield new Value.Dict(copies);
      }
      case Value.None none -> none;
      case Value.Bool bool -> bool;
      case Value.Int whole -> whole;
      case Value.Real real -> real;
      case Value.Text text -> text;
      case Bytes bytes -> bytes;
    };
  }

  /** The same dict, its tensors copied to the heap. */
  static StateDict of(StateDict dict) {
    Map<String, Value> copies = new LinkedHashMap<>();
    dict.entries().forEach((name, entry) -> copies.put(name, of(entry)));
    return StateDict.of(copies);
  }

  private static List<Value> copies(List<Value> values) {
    return values.stream().map(HeapCopy::of).toList();
  }

  private static Tensor copy(Tensor tensor) {
    return Tensor.of(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(tensor.toByteArray()));
  }
}
