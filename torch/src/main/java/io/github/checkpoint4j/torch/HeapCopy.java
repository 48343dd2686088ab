package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;

/** Values that outlive the file they were read from. */
final class HeapCopy {
  private HeapCopy() {}

  /** The same value, its tensors copied to the heap. */
  static Value of(Value value) {
    return value.mapTensors(HeapCopy::copy);
  }

  /** The same dict, its tensors copied to the heap. */
  static StateDict of(StateDict dict) {
    return dict.mapTensors(HeapCopy::copy);
  }

  private static Tensor copy(Tensor tensor) {
    return Tensor.of(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(tensor.toByteArray()));
  }
}
