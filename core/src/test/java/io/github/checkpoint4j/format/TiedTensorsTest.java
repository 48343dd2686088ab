package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors of several names, and what becomes of them in a safetensors file. */
class TiedTensorsTest {
  private static final Map<String, String> PT = Map.of("format", "pt");

  /** Memory of a kind that tensors lie in. */
  static Stream<MemorySegment> memories() {
    return Stream.of(
        MemorySegment.ofArray(new byte[64]),
        MemorySegment.ofArray(new long[8]),
        Arena.ofAuto().allocate(64, 8));
  }

  private static Tensor floats(MemorySegment memory, long begin, long... shape) {
    return Tensor.of(Dtype.F32, shape, memory.asSlice(begin, 4 * Tensor.elementCount(shape)));
  }

  private static SafeTensors written(StateDict state, Map<String, String> metadata) {
    byte[] file = SafeTensorsGoldenTest.bytes(SafeTensors.write(state, metadata));
    try {
      return SafeTensors.parse(MemorySegment.ofArray(file), "file");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("memories")
  void a_tied_weight_is_written_once_under_its_first_name_and_read_under_all(MemorySegment memory) {
    StateDict state =
        StateDict.builder()
            .put("wte.weight", floats(memory, 0, 2, 3))
            .put("ln.weight", floats(memory, 24, 3))
            .put("lm_head.weight", floats(memory, 0, 2, 3))
            .put("decoder.weight", floats(memory, 0, 2, 3))
            .build();

    SafeTensors read = written(state, PT);

    assertThat(read.tensors().keySet()).containsExactly("ln.weight", "wte.weight");
    assertThat(read.metadata())
        .isEqualTo(
            Map.of("format", "pt", "lm_head.weight", "wte.weight", "decoder.weight", "wte.weight"));
    assertThat(read.aliases())
        .isEqualTo(Map.of("lm_head.weight", "wte.weight", "decoder.weight", "wte.weight"));
    assertThat(read.stateDict().names()).isEqualTo(state.names());
    assertThat(read.stateDict().tensor("decoder.weight"))
        .isSameAs(read.stateDict().tensor("wte.weight"));
  }

  @Test
  void what_was_read_is_written_as_the_same_bytes() {
    Tensor tied = Tensor.ofFloats(new float[] {1, 2}, 2);
    StateDict state = StateDict.builder().put("b", tied).put("a", tied).build();
    byte[] file = SafeTensorsGoldenTest.bytes(SafeTensors.write(state, PT));
    SafeTensors read = written(state, PT);
    assertThat(SafeTensorsGoldenTest.bytes(SafeTensors.write(read.stateDict(), read.metadata())))
        .isEqualTo(file);
  }

  @ParameterizedTest
  @MethodSource("memories")
  void tensors_that_share_a_part_of_their_memory_are_refused_with_both_names(MemorySegment memory) {
    StateDict state =
        StateDict.builder()
            .put("whole", floats(memory, 0, 4))
            .put("else", floats(memory, 16, 1))
            .put("view", floats(memory, 8, 2))
            .build();
    assertThatThrownBy(() -> SafeTensors.write(state, PT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "tensors 'whole', F32[4], and 'view', F32[2] share memory and are not the same tensor;"
                + " safetensors has no views: copy one of them, or save them in a PyTorch file");
  }

  @ParameterizedTest
  @CsvSource({"F32, 0, 3", "F32, 4, 3", "F32, 4, 1", "I32, 0, 4", "U8, 0, 16", "U8, 15, 1"})
  void a_tensor_in_the_memory_of_another_of_other_place_dtype_or_shape_is_refused(
      Dtype dtype, long begin, long elements) {
    MemorySegment memory = MemorySegment.ofArray(new byte[16]);
    Tensor whole = floats(memory, 0, 4);
    MemorySegment part = memory.asSlice(begin, dtype.byteSize(elements));
    Tensor other = Tensor.of(dtype, new long[] {elements}, part);
    for (StateDict state :
        List.of(
            StateDict.builder().put("a", whole).put("b", other).build(),
            StateDict.builder().put("b", other).put("a", whole).build())) {
      assertThatThrownBy(() -> TiedTensors.of(state))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'a', F32[4]")
          .hasMessageContaining("'b', " + other);
    }
  }

  @Test
  void the_same_elements_in_another_shape_are_refused() {
    MemorySegment memory = MemorySegment.ofArray(new byte[16]);
    StateDict state =
        StateDict.builder()
            .put("a", floats(memory, 0, 4))
            .put("b", floats(memory, 0, 2, 2))
            .build();
    assertThatThrownBy(() -> TiedTensors.of(state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'a', F32[4], and 'b', F32[2, 2] share memory");
  }

  @Test
  void neighbours_other_arrays_and_tensors_without_elements_are_not_tied() {
    MemorySegment memory = MemorySegment.ofArray(new byte[16]);
    MemorySegment other = MemorySegment.ofArray(new byte[16]);
    StateDict state =
        StateDict.builder()
            .put("a", floats(memory, 0, 2))
            .put("b", floats(memory, 8, 2))
            .put("c", floats(other, 0, 2))
            .put("none", floats(memory, 4, 0))
            .put("none too", floats(memory, 4, 0))
            .build();
    TiedTensors tied = TiedTensors.of(state);
    assertThat(tied.tensors().keySet()).containsExactly("a", "b", "c", "none", "none too");
    assertThat(tied.aliases()).isEmpty();
  }

  @Test
  void a_name_that_the_metadata_has_another_text_for_is_written_once_more() {
    Tensor tied = Tensor.ofFloats(new float[] {1, 2}, 2);
    StateDict state = StateDict.builder().put("a", tied).put("b", tied).put("format", tied).build();
    SafeTensors read = written(state, Map.of("b", "the second"));
    assertThat(read.metadata()).isEqualTo(Map.of("b", "the second"));
    assertThat(read.tensors().keySet()).isEqualTo(Set.of("a", "b", "format"));
  }

  @Test
  void only_names_of_tensors_that_have_no_tensor_of_their_own_are_aliases() {
    StateDict state =
        StateDict.builder()
            .put("pt", Tensor.scalar(1))
            .put("a", Tensor.scalar(2))
            .put("b", Tensor.scalar(3))
            .build();
    SafeTensors read =
        written(state, Map.of("format", "pt", "a", "b", "author", "someone", "head", "b"));
    assertThat(read.aliases()).isEqualTo(Map.of("head", "b"));
    assertThat(read.stateDict().tensor("a").toFloats()).containsExactly(2);
    assertThat(read.stateDict().names()).isEqualTo(Set.of("pt", "a", "b", "head"));
  }

  @Test
  void a_further_name_with_half_a_surrogate_pair_is_refused() {
    Tensor tied = Tensor.scalar(1);
    StateDict state = StateDict.builder().put("a", tied).put("b\ud83d", tied).build();
    assertThatThrownBy(() -> SafeTensors.write(state, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'b\ud83d' is not valid Unicode: it has half a surrogate pair");
  }

  @Test
  void an_entry_that_is_no_tensor_is_refused() {
    assertThatThrownBy(() -> TiedTensors.of(StateDict.builder().put("step", 3).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("entry 'step' is not a tensor; a safetensors file holds nothing else");
  }

  @Test
  void a_part_has_the_aliases_of_its_tensors() {
    Tensor first = Tensor.scalar(1);
    Tensor second = Tensor.scalar(2);
    TiedTensors tied =
        TiedTensors.of(
            StateDict.builder()
                .put("a", first)
                .put("b", second)
                .put("a again", first)
                .put("b again", second)
                .build());
    assertThat(tied.only(Set.of("b")).entries()).isEqualTo(Map.of("b", second, "b again", second));
    assertThatThrownBy(() -> tied.only(Set.of("a again")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no tensor is kept as 'a again'");
  }

  @Property(tries = 300)
  void a_state_of_any_ties_comes_back(
      @ForAll @Size(max = 12) List<@IntRange(max = 4) Integer> places) {
    List<Tensor> tensors =
        Stream.iterate(0, i -> i + 1)
            .limit(5)
            .map(i -> Tensor.ofFloats(new float[] {i, i}, 2))
            .toList();
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (int place : places) {
      state.put("t" + state.size(), tensors.get(place));
    }
    SafeTensors read = written(StateDict.of(state), PT);
    assertThat(read.tensors()).hasSize(Set.copyOf(places).size());
    assertThat(read.stateDict().names()).isEqualTo(state.keySet());
    state.forEach(
        (name, tensor) -> {
          Tensor found = read.stateDict().tensor(name);
          assertThat(found.hasSameBytes(tensor)).isTrue();
          state.forEach(
              (other, its) ->
                  assertThat(read.stateDict().tensor(other) == found)
                      .isEqualTo(Objects.equals(its, tensor)));
        });
  }
}
