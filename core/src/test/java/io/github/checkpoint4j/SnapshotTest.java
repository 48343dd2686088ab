package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Sharding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SnapshotTest {
  private static TrackedState of(StateDict state) {
    return new TrackedState(Map.of("optimizer", state), Sharding.DEFAULT, Map.of());
  }

  private static TrackedState of(Map<String, ? extends Value> entries) {
    return of(StateDict.of(entries));
  }

  private static StateDict state(TrackedState tracked) {
    return tracked.components().values().iterator().next();
  }

  private static Tensor tensor(MemorySegment bytes) {
    return Tensor.of(Dtype.U8, new long[] {bytes.byteSize()}, bytes);
  }

  private static MemorySegment counting(MemorySegment bytes) {
    for (long i = 0; i < bytes.byteSize(); i += 251) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + bytes.byteSize()));
    }
    return bytes;
  }

  private static byte[] written(TrackedState tracked) {
    return bytes(PyTorch.write(state(tracked), "optimizer"));
  }

  private static byte[] bytes(FileContent content) {
    byte[] all = new byte[Math.toIntExact(content.size())];
    int at = 0;
    for (FileContent.Part part : content.parts()) {
      MemorySegment.copy(part.bytes(), 0, MemorySegment.ofArray(all), at, part.bytes().byteSize());
      at += (int) part.bytes().byteSize();
    }
    return all;
  }

  @Test
  void what_happens_to_a_tensor_afterwards_does_not_reach_the_copy() {
    try (Arena arena = Arena.ofShared();
        Snapshot snapshot = new Snapshot()) {
      for (long size : List.of(1L, 63L, Snapshot.CHUNK, 2 * Snapshot.CHUNK + 7, 40_000_001L)) {
        MemorySegment live = counting(arena.allocate(size));
        byte[] before = live.toArray(ValueLayout.JAVA_BYTE);
        TrackedState copy = snapshot.take(of(Map.of("weight", tensor(live))));
        live.fill((byte) 0x55);
        assertThat(state(copy).tensor("weight").toByteArray()).isEqualTo(before);
      }
    }
  }

  @Test
  void heap_memory_of_any_kind_is_copied() {
    try (Snapshot snapshot = new Snapshot()) {
      float[] live = {1, 2, 3};
      Tensor tensor = Tensor.of(Dtype.F32, new long[] {3}, MemorySegment.ofArray(live));
      TrackedState copy = snapshot.take(of(Map.of("weight", tensor)));
      live[1] = 99;
      assertThat(state(copy).tensor("weight").toFloats()).containsExactly(1, 2, 3);
      assertThat(state(copy).tensor("weight").bytes().isNative()).isTrue();
    }
  }

  @Test
  void scalars_and_tensors_without_elements_are_what_they_were() {
    try (Snapshot snapshot = new Snapshot()) {
      Tensor none = Tensor.of(Dtype.F32, new long[] {0, 3}, MemorySegment.NULL);
      StateDict copy = state(snapshot.take(of(Map.of("step", Tensor.scalar(7), "none", none))));
      assertThat(copy.tensor("step").shape()).isEmpty();
      assertThat(copy.tensor("step").toFloats()).containsExactly(7);
      assertThat(copy.tensor("none").shape()).containsExactly(0, 3);
      assertThat(copy.tensor("none").byteSize()).isZero();
    }
  }

  @Test
  void tensors_that_share_memory_share_it_in_the_copy_and_in_the_file() {
    try (Arena arena = Arena.ofShared();
        Snapshot snapshot = new Snapshot()) {
      MemorySegment tied = counting(arena.allocate(5000));
      MemorySegment apart = counting(arena.allocate(5000));
      StateDict live =
          StateDict.builder()
              .put("embedding", tensor(tied))
              .put("head", tensor(tied.asSlice(0)))
              .put("apart", tensor(apart))
              .put("half", tensor(tied.asSlice(0, 2500)))
              .build();
      TrackedState copy = snapshot.take(of(live));
      assertThat(state(copy).tensor("head").bytes())
          .isEqualTo(state(copy).tensor("embedding").bytes());
      assertThat(state(copy).tensor("apart").bytes())
          .isNotEqualTo(state(copy).tensor("embedding").bytes());
      assertThat(written(copy)).isEqualTo(written(of(live)));
      assertThat(written(copy).length).isBetween(10_000, 12_500);
    }
  }

  @Test
  void memory_that_one_thread_alone_may_read_is_copied_by_it() {
    try (Arena confined = Arena.ofConfined();
        Snapshot snapshot = new Snapshot()) {
      MemorySegment live = counting(confined.allocate(3 * Snapshot.CHUNK));
      byte[] before = live.toArray(ValueLayout.JAVA_BYTE);
      TrackedState copy = snapshot.take(of(Map.of("weight", tensor(live))));
      live.fill((byte) 1);
      assertThat(state(copy).tensor("weight").toByteArray()).isEqualTo(before);
    }
  }

  @Test
  void an_interrupt_does_not_end_the_copying_and_stays_set() {
    try (Arena arena = Arena.ofShared();
        Snapshot snapshot = new Snapshot()) {
      MemorySegment live = counting(arena.allocate(8 * Snapshot.CHUNK));
      Thread.currentThread().interrupt();
      TrackedState copy = snapshot.take(of(Map.of("weight", tensor(live))));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(state(copy).tensor("weight").bytes().mismatch(live)).isEqualTo(-1);
    }
  }

  @Test
  void memory_that_was_freed_is_an_error() {
    Arena arena = Arena.ofShared();
    Tensor gone = tensor(arena.allocate(100));
    arena.close();
    try (Snapshot snapshot = new Snapshot()) {
      assertThatThrownBy(() -> snapshot.take(of(Map.of("weight", gone))))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void other_files_are_copied_too() {
    try (Snapshot snapshot = new Snapshot()) {
      MemorySegment live = MemorySegment.ofArray(new byte[] {1, 2, 3});
      FileContent file =
          FileContent.of(
              List.of(
                  new FileContent.Part(Optional.of("weight"), live),
                  new FileContent.Part(Optional.empty(), MemorySegment.NULL)));
      TrackedState copy =
          snapshot.take(new TrackedState(Map.of(), Sharding.DEFAULT, Map.of("extra.bin", file)));
      live.fill((byte) 9);
      Map<String, FileContent> content = copy.content();
      assertThat(content).containsOnlyKeys("extra.bin");
      FileContent copied = content.values().iterator().next();
      assertThat(bytes(copied)).containsExactly(1, 2, 3);
      assertThat(copied.parts().getFirst().tensor()).contains("weight");
    }
  }

  @Test
  void the_memory_of_one_copy_is_that_of_the_next_and_grows_when_the_state_does() {
    try (Snapshot snapshot = new Snapshot();
        Arena arena = Arena.ofShared()) {
      Tensor small = tensor(arena.allocate(1000));
      Tensor large = tensor(arena.allocate(30_000_000));
      assertThat(snapshot.byteSize()).isZero();
      long first = state(snapshot.take(of(Map.of("w", small)))).tensor("w").bytes().address();
      long held = snapshot.byteSize();
      long second = state(snapshot.take(of(Map.of("w", small)))).tensor("w").bytes().address();
      assertThat(second).isEqualTo(first);
      assertThat(snapshot.byteSize()).isEqualTo(held);
      snapshot.take(of(StateDict.builder().put("w", small).put("v", large).build()));
      assertThat(snapshot.byteSize()).isEqualTo(1024 + 30_000_000);
    }
  }

  @Provide
  Arbitrary<Value> values() {
    Arbitrary<Value> tensors =
        Arbitraries.integers()
            .between(0, 200)
            .map(size -> (Value) tensor(counting(Arena.ofAuto().allocate(size))));
    Arbitrary<Value> leaves =
        Arbitraries.oneOf(
            tensors,
            tensors,
            tensors.map(tensor -> new Value.NdArray((Tensor) tensor)),
            Arbitraries.longs().map(Value::of),
            Arbitraries.doubles().map(Value::of),
            Arbitraries.strings().alpha().ofMaxLength(5).map(Value::of),
            Arbitraries.of(Value.none(), Value.of(true), Bytes.of(new byte[] {1, 2})));
    return containers(containers(leaves));
  }

  private static Arbitrary<Value> containers(Arbitrary<Value> values) {
    return Arbitraries.oneOf(
        values,
        values.list().ofMaxSize(4).map(Value.Items::new),
        values.list().ofMaxSize(4).map(Value.Tuple::new),
        Arbitraries.maps(Arbitraries.longs().map(Value::of), values)
            .ofMaxSize(4)
            .map(Value.Dict::new),
        Arbitraries.maps(Arbitraries.strings().alpha().ofLength(3), values)
            .ofMaxSize(4)
            .map(StateDict::of));
  }

  @Property(tries = 300)
  void the_file_of_the_copy_is_the_file_of_the_state_at_the_call(@ForAll("values") Value value) {
    try (Snapshot snapshot = new Snapshot()) {
      StateDict live = StateDict.builder().put("a", value).put("again", value).build();
      byte[] before = written(of(live));
      TrackedState copy = snapshot.take(of(live));
      live.mapTensors(SnapshotTest::scribbled);
      assertThat(written(copy)).isEqualTo(before);
    }
  }

  /** The same tensor, all its bytes changed: what a tensor gives out is read-only. */
  @SuppressWarnings("restricted")
  private static Tensor scribbled(Tensor tensor) {
    if (tensor.byteSize() > 0) {
      MemorySegment.ofAddress(tensor.bytes().address())
          .reinterpret(tensor.byteSize())
          .fill((byte) 0xAA);
    }
    return tensor;
  }

  /** The next copy, or what frees the memory, must not meet one that is still being made. */
  @Test
  void a_copy_that_failed_has_ended_when_that_is_told() {
    long chunk = Snapshot.CHUNK;
    int count = 64;
    try (Snapshot snapshot = new Snapshot();
        Arena arena = Arena.ofShared()) {
      MemorySegment live = arena.allocate(count * chunk);
      for (int attempt = 1; attempt <= 10; attempt++) {
        Arena freed = Arena.ofShared();
        StateDict.Builder builder = StateDict.builder();
        builder.put("freed", tensor(freed.allocate(chunk)));
        for (int i = 0; i < count; i++) {
          builder.put("w" + i, tensor(live.asSlice(i * chunk, chunk)));
        }
        TrackedState state = of(builder.build());
        TrackedState whole = snapshot.take(state);
        freed.close();
        assertThatThrownBy(() -> snapshot.take(state)).isInstanceOf(IllegalStateException.class);
        for (int i = 0; i < count; i++) {
          live.set(ValueLayout.JAVA_BYTE, (i + 1) * chunk - 1, (byte) attempt);
        }
        assertThat(ForkJoinPool.commonPool().awaitQuiescence(60, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < count; i++) {
          MemorySegment copy = state(whole).tensor("w" + i).bytes();
          assertThat(copy.get(ValueLayout.JAVA_BYTE, chunk - 1))
              .as("tensor %d, attempt %d", i, attempt)
              .isNotEqualTo((byte) attempt);
        }
      }
    }
  }
}
