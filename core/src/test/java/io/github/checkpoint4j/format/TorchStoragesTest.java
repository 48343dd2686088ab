package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors that share memory share a storage in the file, and memory again when they are read. */
class TorchStoragesTest {
  private static Tensor floats(MemorySegment memory, long from, long count) {
    return Tensor.of(Dtype.F32, new long[] {count}, memory.asSlice(4 * from, 4 * count));
  }

  private static List<List<FileContent.Part>> storages(StateDict state) {
    return new PickleWriter(state).storages();
  }

  private static List<Long> sizes(StateDict state) {
    return storages(state).stream()
        .map(parts -> parts.stream().mapToLong(part -> part.bytes().byteSize()).sum())
        .toList();
  }

  private static MemorySegment memory(boolean heap, long size) {
    return heap
        ? MemorySegment.ofArray(new float[(int) (size / 4)])
        : Arena.ofAuto().allocate(size, 4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_whole_and_its_views_are_one_storage(boolean heap) throws IOException {
    MemorySegment memory = memory(heap, 40);
    for (int i = 0; i < 40; i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) i);
    }
    StateDict state =
        StateDict.builder()
            .put("end", floats(memory, 7, 3))
            .put("whole", floats(memory, 0, 10))
            .put("middle", floats(memory, 2, 3))
            .build();

    assertThat(sizes(state)).containsExactly(40L);
    StateDict read =
        (StateDict) PyTorch.read(PyTorchWriteTest.joined(PyTorch.write(state, "a")), "a.pt");
    for (String name : state.names()) {
      assertThat(read.tensor(name).hasSameBytes(state.tensor(name))).as(name).isTrue();
    }
    MemorySegment whole = read.tensor("whole").bytes();
    assertThat(read.tensor("middle").bytes()).isEqualTo(whole.asSlice(8, 12));
    assertThat(read.tensor("end").bytes()).isEqualTo(whole.asSlice(28, 12));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void views_that_overlap_in_part_are_one_storage_of_their_parts(boolean heap) {
    MemorySegment memory = memory(heap, 40);
    StateDict state =
        StateDict.builder()
            .put("second", floats(memory, 3, 4))
            .put("first", floats(memory, 1, 4))
            .build();

    List<FileContent.Part> parts = storages(state).getFirst();

    assertThat(storages(state)).hasSize(1);
    assertThat(parts)
        .extracting(FileContent.Part::tensor)
        .containsExactly(Optional.of("first"), Optional.of("second"));
    assertThat(parts).extracting(part -> part.bytes().byteSize()).containsExactly(16L, 8L);
  }

  @Test
  void neighbours_that_share_no_byte_are_two_storages() {
    MemorySegment memory = memory(false, 40);

    assertThat(
            sizes(
                StateDict.builder()
                    .put("a", floats(memory, 4, 4))
                    .put("b", floats(memory, 0, 4))
                    .build()))
        .containsExactly(16L, 16L);
  }

  @Test
  void a_view_writes_just_its_own_bytes() {
    MemorySegment memory = memory(true, 4000);

    assertThat(sizes(StateDict.builder().put("a", floats(memory, 500, 3)).build()))
        .containsExactly(12L);
  }

  @Test
  void arrays_on_the_heap_that_are_not_the_same_are_never_one_storage() {
    StateDict.Builder state = StateDict.builder();
    for (int i = 0; i < 50; i++) {
      state.put("tensor" + i, Tensor.ofFloats(new float[3], 3));
    }

    assertThat(sizes(state.build())).hasSize(50).containsOnly(12L);
  }

  @Test
  void views_of_other_types_or_at_a_broken_distance_have_storages_of_their_own() {
    MemorySegment memory = memory(false, 40);
    StateDict state =
        StateDict.builder()
            .put("floats", floats(memory, 0, 5))
            .put("longs", Tensor.of(Dtype.I64, new long[] {2}, memory.asSlice(0, 16)))
            .put("odd", Tensor.of(Dtype.F32, new long[] {2}, memory.asSlice(2, 8)))
            .build();

    assertThat(sizes(state)).containsExactly(20L, 16L, 8L);
  }

  @Test
  void an_empty_view_has_an_empty_storage_and_does_not_part_the_others() {
    MemorySegment memory = memory(true, 40);
    StateDict state =
        StateDict.builder()
            .put("whole", floats(memory, 0, 10))
            .put("empty", floats(memory, 4, 0))
            .put("empty too", floats(memory, 0, 0))
            .put("part", floats(memory, 5, 2))
            .build();

    assertThat(sizes(state)).containsExactly(40L, 0L);
  }

  @Property(tries = 300)
  void any_views_are_read_as_they_were_and_no_byte_is_written_twice(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 30) Integer> starts,
      @ForAll @Size(value = 12) List<@IntRange(max = 12) Integer> lengths,
      @ForAll boolean heap)
      throws IOException {
    MemorySegment memory = memory(heap, 4 * 42);
    for (int i = 0; i < memory.byteSize(); i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) (31 * i));
    }
    StateDict.Builder builder = StateDict.builder();
    boolean[] covered = new boolean[42];
    for (int i = 0; i < starts.size(); i++) {
      builder.put("t" + i, floats(memory, starts.get(i), lengths.get(i)));
      Arrays.fill(covered, starts.get(i), starts.get(i) + lengths.get(i), true);
    }
    StateDict state = builder.build();
    long bytes = 0;
    for (boolean one : covered) {
      bytes += one ? 4 : 0;
    }

    StateDict read =
        (StateDict) PyTorch.read(PyTorchWriteTest.joined(PyTorch.write(state, "a")), "a.pt");

    assertThat(sizes(state).stream().mapToLong(size -> size).sum()).isEqualTo(bytes);
    for (String name : state.names()) {
      assertThat(read.tensor(name).hasSameBytes(state.tensor(name))).as(name).isTrue();
    }
  }
}
