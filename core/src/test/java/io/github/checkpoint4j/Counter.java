package io.github.checkpoint4j;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import java.util.List;

/** Something with a state: a tensor of one float, which counts. Notes when it is loaded. */
final class Counter implements Stateful {
  private final String name;
  private final List<String> loads;
  private float value;

  Counter(String name, List<String> loads) {
    this.name = name;
    this.loads = loads;
  }

  float value() {
    return value;
  }

  void set(float next) {
    value = next;
  }

  @Override
  public StateDict stateDict() {
    return StateDict.builder().put("value", Tensor.ofFloats(new float[] {value}, 1)).build();
  }

  @Override
  public void loadStateDict(StateDict state) {
    Tensor tensor = state.tensor("value");
    if (tensor.elementCount() != 1) {
      throw new StateMismatchException("value should be F32[1] and is " + tensor);
    }
    loads.add(name);
    value = tensor.toFloats()[0];
  }
}
