package io.github.checkpoint4j;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tensors in memory that training goes on changing, as another library's are. */
public final class LiveTensors implements Stateful {
  private final Map<String, MemorySegment> memory = new LinkedHashMap<>();

  /** One tensor of {@link Dtype#U8}. */
  public static LiveTensors of(String name, long bytes) {
    return new LiveTensors().add(name, bytes);
  }

  public LiveTensors add(String name, long bytes) {
    return add(name, Arena.ofAuto().allocate(bytes));
  }

  public LiveTensors add(String name, MemorySegment bytes) {
    memory.put(name, bytes);
    return this;
  }

  /** Makes every byte of every tensor this. */
  public LiveTensors fill(int value) {
    memory.values().forEach(bytes -> bytes.fill((byte) value));
    return this;
  }

  @Override
  public StateDict stateDict() {
    StateDict.Builder state = StateDict.builder();
    memory.forEach(
        (name, bytes) ->
            state.put(name, Tensor.of(Dtype.U8, new long[] {bytes.byteSize()}, bytes)));
    return state.build();
  }

  @Override
  public void loadStateDict(StateDict state) {
    memory.forEach((name, bytes) -> bytes.copyFrom(state.tensor(name).bytes()));
  }

  /** The first byte of the first tensor. */
  public int value() {
    return memory.values().iterator().next().get(ValueLayout.JAVA_BYTE, 0);
  }
}
