package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomStateTest {

  private static float[] rand(long count) {
    try (var numbers = torch.rand(count)) {
      return NativeTensors.view(numbers).toFloats();
    }
  }

  private static StateDict fileOfPython(Arena arena) throws IOException {
    byte[] file = Files.readAllBytes(Golden.path("rng_state.pth"));
    MemorySegment bytes = arena.allocate(file.length, 64);
    MemorySegment.copy(file, 0, bytes, ValueLayout.JAVA_BYTE, 0, file.length);
    return (StateDict) PyTorch.read(bytes, "rng_state.pth");
  }

  @Test
  void a_seed_makes_the_states_that_it_makes_in_python() throws IOException {
    for (Json item : ((Json.Arr) Golden.json("random.json")).items()) {
      var expected = (Json.Obj) item;
      RandomState state = RandomState.seeded(expected.integer("seed"));

      assertThat(Golden.sha256(state.stateDict().tensor("cpu"))).isEqualTo(expected.text("cpu"));
      assertThat(state.stateDict().names()).containsExactly("python", "numpy", "cpu");
      var python = (Value.Tuple) state.stateDict().get("python");
      assertThat(python.values().get(0)).isEqualTo(Value.of(3));
      assertThat(integers(((Value.Tuple) python.values().get(1)).values()))
          .containsExactly(Golden.longs(expected.array("python")));
      assertThat(python.values().get(2)).isEqualTo(Value.none());
      var numpy = (Value.Tuple) state.stateDict().get("numpy");
      assertThat(numpy.values().get(0)).isEqualTo(Value.of("MT19937"));
      assertThat(unsigned(((Value.NdArray) numpy.values().get(1)).elements()))
          .containsExactly(Golden.longs(expected.array("numpy")));
      assertThat(numpy.values().subList(2, 5))
          .containsExactly(Value.of(624), Value.of(0), Value.of(0.0));
      assertThat(rand(20)).containsExactly(Golden.floats(expected.array("rand")));
      try (var probability = torch.full(new long[] {40}, new Scalar(0.3));
          var draws = torch.bernoulli(probability)) {
        assertThat(NativeTensors.view(draws).toFloats())
            .containsExactly(Golden.floats(expected.array("bernoulli")));
      }
    }
  }

  private static long[] integers(List<Value> values) {
    return values.stream().mapToLong(value -> ((Value.Int) value).exactLong()).toArray();
  }

  private static long[] unsigned(Tensor words) {
    assertThat(words.dtype()).isEqualTo(Dtype.U32);
    long[] values = new long[(int) words.elementCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          Integer.toUnsignedLong(words.bytes().getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i));
    }
    return values;
  }

  @Test
  void a_long_seed_of_python_has_several_words() {
    // random.seed(2**70 + 5); random.getstate()[1][:3]
    int[] state =
        MersenneTwister.seededByWords(BigInteger.ONE.shiftLeft(70).add(BigInteger.valueOf(5)));
    assertThat(Integer.toUnsignedLong(state[0])).isEqualTo(2147483648L);
    assertThat(Integer.toUnsignedLong(state[1])).isEqualTo(2512427960L);
    assertThat(MersenneTwister.seededByWords(BigInteger.valueOf(-7)))
        .isEqualTo(MersenneTwister.seededByWords(BigInteger.valueOf(7)));
  }

  @Test
  void a_file_of_python_is_gone_on_with() throws IOException {
    var expected = (Json.Obj) Golden.json("rng_state.json");
    RandomState state = RandomState.seeded(0);
    try (Arena file = Arena.ofConfined()) {
      state.loadStateDict(fileOfPython(file));
    }
    assertThat(rand(5)).containsExactly(Golden.floats(expected.array("cpu")));
  }

  @Test
  void the_entries_for_python_and_numpy_pass_through_and_outlive_their_file() throws IOException {
    RandomState state = RandomState.seeded(0);
    try (Arena file = Arena.ofConfined()) {
      state.loadStateDict(fileOfPython(file));
    }
    try (Arena file = Arena.ofConfined()) {
      StateDict python = fileOfPython(file);
      assertThat(state.stateDict().get("python")).isEqualTo(python.get("python"));
      List<Value> ours = ((Value.Tuple) state.stateDict().get("numpy")).values();
      List<Value> theirs = ((Value.Tuple) python.get("numpy")).values();
      assertThat(
              ((Value.NdArray) ours.get(1))
                  .elements()
                  .hasSameBytes(((Value.NdArray) theirs.get(1)).elements()))
          .isTrue();
      assertThat(ours.subList(2, 5)).isEqualTo(theirs.subList(2, 5));
    }
  }

  @Test
  void draws_go_on_where_the_state_was_taken() {
    RandomState state = RandomState.seeded(5);
    rand(3);
    StateDict taken = state.stateDict();
    float[] next = rand(7);
    rand(100);
    state.loadStateDict(taken);
    assertThat(rand(7)).containsExactly(next);
  }

  @Test
  void an_entry_that_is_missing_keeps_what_there_is() {
    RandomState state = RandomState.seeded(5);
    Value python = state.stateDict().get("python");
    state.loadStateDict(
        StateDict.builder()
            .put("cpu", state.stateDict().tensor("cpu"))
            .put("cuda", "of another machine")
            .build());
    assertThat(state.stateDict().get("python")).isEqualTo(python);
    assertThat(state.stateDict().text("cuda")).isEqualTo("of another machine");
  }

  @Test
  void a_seed_that_numpy_does_not_take_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RandomState.seeded(-1))
        .withMessage("seed -1: expected a number from 0 to 4294967295");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RandomState.seeded(1L << 32))
        .withMessage("seed 4294967296: expected a number from 0 to 4294967295");
  }

  @Test
  void a_state_of_another_size_is_refused_and_nothing_is_changed() {
    RandomState state = RandomState.seeded(5);
    StateDict before = state.stateDict();
    assertThatThrownBy(
            () ->
                state.loadStateDict(
                    StateDict.builder().put("cpu", Tensor.ofBytes(new byte[16])).build()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("entry 'cpu' should be U8[5056], libtorch's generator, and is U8[16]");
    assertThat(state.stateDict().tensor("cpu").hasSameBytes(before.tensor("cpu"))).isTrue();
  }

  @Test
  void the_state_that_an_epoch_began_with_is_kept_and_saved() {
    RandomState state = RandomState.seeded(5);
    rand(3);
    state.beginEpoch();
    float[] begun = rand(4);
    rand(10);
    StateDict saved = state.stateDict();

    RandomState other = RandomState.seeded(6);
    assertThat(other.knowsEpoch()).isFalse();
    other.loadStateDict(saved);
    assertThat(other.knowsEpoch()).isTrue();
    float[] next = rand(4);
    assertThat(rand(other)).containsExactly(begun);
    other.loadStateDict(saved);
    assertThat(rand(4)).containsExactly(next);
    other.loadStateDict(StateDict.builder().put("cpu", saved.tensor("cpu")).build());
    assertThat(other.knowsEpoch()).isFalse();
  }

  @Test
  void an_epoch_that_is_not_known_began_as_the_first_does() {
    RandomState state = RandomState.seeded(5);
    try (var seed = NativeTensors.empty(ScalarType.Long)) {
      seed.random_();
    }
    float[] first = rand(4);

    assertThat(rand(state)).containsExactly(first);
  }

  private static float[] rand(RandomState state) {
    try (var generator = state.generatorOfEpoch();
        var optional = new GeneratorOptional(generator);
        var numbers = torch.rand(new long[] {4}, optional)) {
      return NativeTensors.view(numbers).toFloats();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "epoch_begin"})
  void bytes_that_are_no_state_are_refused_and_nothing_is_changed(String entry) {
    RandomState state = RandomState.seeded(5);
    StateDict before = state.stateDict();
    byte[] junk = new byte[5056];
    java.util.Arrays.fill(junk, (byte) 0xFF);
    Map<String, Value> damaged = new LinkedHashMap<>(before.entries());
    damaged.put(entry, Tensor.ofBytes(junk));
    assertThatThrownBy(() -> state.loadStateDict(StateDict.of(damaged)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageStartingWith("entry '" + entry + "' is not a state of libtorch's generator: ");
    assertThat(state.stateDict().tensor("cpu").hasSameBytes(before.tensor("cpu"))).isTrue();
  }

  @Test
  void the_generator_of_a_gpu_is_saved_and_restored_as_cuda() {
    // Another generator of the CPU stands in for that of a GPU.
    try (var gpu = torch.make_generator_cpu(3)) {
      RandomState random = RandomState.seeded(7, Optional.of(gpu));
      StateDict saved = HeapCopy.of(random.stateDict());
      assertThat(saved.names()).containsExactly("python", "numpy", "cpu", "cuda");
      float[] drawn = rand(5);
      float[] drawnThere = rand(gpu);

      random.loadStateDict(saved);

      assertThat(rand(gpu)).containsExactly(drawnThere);
      assertThat(rand(5)).containsExactly(drawn);
    }
  }

  @Test
  void without_a_gpu_its_state_is_passed_on_and_without_a_state_it_stays() {
    StateDict saved;
    try (var gpu = torch.make_generator_cpu(3)) {
      saved = HeapCopy.of(RandomState.seeded(7, Optional.of(gpu)).stateDict());
    }
    RandomState onCpu = RandomState.seeded(8);
    onCpu.loadStateDict(saved);
    assertThat(onCpu.stateDict().tensor("cuda").hasSameBytes(saved.tensor("cuda"))).isTrue();

    StateDict ofCpu = HeapCopy.of(RandomState.seeded(7).stateDict());
    try (var gpu = torch.make_generator_cpu(5);
        var same = torch.make_generator_cpu(5)) {
      RandomState.seeded(8, Optional.of(gpu)).loadStateDict(ofCpu);
      assertThat(rand(gpu)).containsExactly(rand(same));
    }
  }

  @Test
  void a_state_that_is_none_of_the_gpus_changes_neither_generator() {
    try (var gpu = torch.make_generator_cpu(5);
        var same = torch.make_generator_cpu(5)) {
      RandomState random = RandomState.seeded(7, Optional.of(gpu));
      StateDict damaged =
          StateDict.builder()
              .put("cpu", HeapCopy.of(RandomState.seeded(9).stateDict()).tensor("cpu"))
              .put("cuda", Tensor.of(Dtype.U8, new long[] {3}, MemorySegment.ofArray(new byte[3])))
              .build();
      torch.manual_seed(11);

      assertThatThrownBy(() -> random.loadStateDict(damaged))
          .isInstanceOf(StateMismatchException.class)
          .hasMessageStartingWith("entry 'cuda' is not a state of libtorch's generator: ");

      assertThat(rand(gpu)).containsExactly(rand(same));
      float[] drawn = rand(4);
      torch.manual_seed(11);
      assertThat(rand(4)).containsExactly(drawn);
    }
  }

  private static float[] rand(Generator generator) {
    try (var numbers = torch.empty(5);
        var drawn = numbers.uniform_(0, 1, new GeneratorOptional(generator))) {
      return NativeTensors.heapCopy(drawn).toFloats();
    }
  }
}
