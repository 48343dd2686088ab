package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KindTest {

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of(Tensor.scalar(1), "a tensor F32[]"),
        Arguments.of(new Value.NdArray(Tensor.scalar(1)), "a numpy array F32[]"),
        Arguments.of(StateDict.builder().put("a", 1).build(), "a dict of 1"),
        Arguments.of(new Value.Dict(Map.of()), "a dict of 0"),
        Arguments.of(Value.list(Value.none()), "a list of 1"),
        Arguments.of(Value.tuple(), "a tuple of 0"),
        Arguments.of(new Value.ItemSet(Set.of(Value.none())), "a set of 1"),
        Arguments.of(new Value.FrozenSet(Set.of()), "a frozenset of 0"),
        Arguments.of(new Value.Complex(1, 2), "a complex number"),
        Arguments.of(Bytes.of(new byte[9]), "bytes"),
        Arguments.of(Value.of("x"), "a string"),
        Arguments.of(Value.none(), "None"),
        Arguments.of(Value.of(true), "True"),
        Arguments.of(Value.of(false), "False"),
        Arguments.of(Value.of(0.5), "the number 0.5"),
        Arguments.of(Value.of(-7), "the number -7"),
        Arguments.of(new Value.Int(BigInteger.ONE.shiftLeft(5000)), "a whole number of 5001 bits"));
  }

  @ParameterizedTest
  @MethodSource("values")
  void a_value_is_named_shortly(Value value, String expected) {
    assertThat(Kind.of(value)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("values")
  void a_heap_copy_is_the_same_kind(Value value, String expected) {
    assertThat(Kind.of(HeapCopy.of(value))).isEqualTo(expected);
  }

  @Test
  void a_heap_copy_of_a_set_has_copies_of_its_tensors() {
    Tensor tensor = Tensor.scalar(7);

    Value copy = HeapCopy.of(new Value.ItemSet(Set.of(tensor)));

    Tensor copied = (Tensor) ((Value.ItemSet) copy).values().iterator().next();
    assertThat(copied).isNotSameAs(tensor);
    assertThat(copied.hasSameBytes(tensor)).isTrue();
  }

  @Test
  void a_heap_copy_outlives_the_memory_of_the_original() {
    StateDict copy;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom("\1\2\3");
      Tensor tensor = Tensor.of(Dtype.U8, new long[] {3}, bytes.asSlice(0, 3));
      copy =
          HeapCopy.of(
              StateDict.builder()
                  .put("deep", Value.tuple(Value.list(new Value.Dict(Map.of(Value.of(1), tensor)))))
                  .build());
    }
    var list = (Value.Items) ((Value.Tuple) copy.get("deep")).values().getFirst();
    var dict = (Value.Dict) list.values().getFirst();
    assertThat(((Tensor) dict.find(Value.of(1)).orElseThrow()).toByteArray())
        .containsExactly(1, 2, 3);
  }
}
