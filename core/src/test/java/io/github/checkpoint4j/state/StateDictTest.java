package io.github.checkpoint4j.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class StateDictTest {
  private final Tensor tensor = Tensor.scalar(1);
  private final StateDict dict =
      StateDict.builder()
          .put("weight", tensor)
          .put("step", 3)
          .put("lr", 0.5)
          .put("name", "adam")
          .put("amsgrad", false)
          .put("inner", StateDict.empty())
          .put("huge", new Value.Int(BigInteger.TWO.pow(64)))
          .build();

  @Test
  void entries_keep_their_order() {
    assertThat(dict.names())
        .containsExactly("weight", "step", "lr", "name", "amsgrad", "inner", "huge");
    assertThat(dict.size()).isEqualTo(7);
  }

  @Test
  void entries_are_given_by_kind() {
    assertThat(dict.tensor("weight")).isSameAs(tensor);
    assertThat(dict.integer("step")).isEqualTo(3);
    assertThat(dict.real("lr")).isEqualTo(0.5);
    assertThat(dict.real("step")).isEqualTo(3.0);
    assertThat(dict.text("name")).isEqualTo("adam");
    assertThat(dict.dict("inner")).isEqualTo(StateDict.empty());
    assertThat(dict.get("amsgrad")).isEqualTo(Value.of(false));
    assertThat(dict.find("lr")).contains(Value.of(0.5));
    assertThat(dict.find("absent")).isEmpty();
    assertThat(dict.contains("lr")).isTrue();
    assertThat(dict.contains("absent")).isFalse();
  }

  @Test
  void a_missing_entry_is_named_with_those_there_are() {
    fails(() -> StateDict.empty().get("a"), "no entry 'a'; there are: none");
    fails(
        () -> StateDict.builder().put("b", 1).put("c", 2).build().tensor("a"),
        "no entry 'a'; there are: b, c");
  }

  @Test
  void of_many_entries_the_first_are_listed() {
    StateDict.Builder many = StateDict.builder();
    for (int i = 0; i < 15; i++) {
      many.put("e" + i, i);
    }
    fails(
        () -> many.build().get("a"),
        "no entry 'a'; there are: e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, and 3 more");
  }

  @Test
  void an_entry_of_another_kind_is_named_with_its_kind() {
    StateDict kinds =
        StateDict.builder()
            .put("tensor", tensor)
            .put("dict", dict)
            .put("mixed", new Value.Dict(Map.of(Value.of(1), Value.of(2))))
            .put("list", Value.list(Value.none()))
            .put("tuple", Value.tuple())
            .put("set", new Value.ItemSet(Set.of(Value.of(1))))
            .put("frozenset", new Value.FrozenSet(Set.of()))
            .put("complex", new Value.Complex(1, 2))
            .put("bytes", Bytes.of(new byte[2]))
            .put("none", Value.none())
            .put("bool", true)
            .put("int", 1)
            .put("real", 1.5)
            .put("text", "x")
            .build();
    fails(() -> kinds.text("tensor"), "entry 'tensor' should be a string and is a tensor F32[]");
    fails(() -> kinds.tensor("dict"), "entry 'dict' should be a tensor and is a dict of 7 entries");
    fails(
        () -> kinds.dict("mixed"),
        "entry 'mixed' should be a dict with string keys and is a dict of 1 entries");
    fails(() -> kinds.tensor("list"), "entry 'list' should be a tensor and is a list of 1");
    fails(() -> kinds.tensor("tuple"), "entry 'tuple' should be a tensor and is a tuple of 0");
    fails(() -> kinds.tensor("set"), "entry 'set' should be a tensor and is a set of 1");
    fails(
        () -> kinds.tensor("frozenset"),
        "entry 'frozenset' should be a tensor and is a frozenset of 0");
    fails(
        () -> kinds.real("complex"), "entry 'complex' should be a number and is a complex number");
    fails(() -> kinds.tensor("bytes"), "entry 'bytes' should be a tensor and is Bytes[2]");
    fails(() -> kinds.real("none"), "entry 'none' should be a number and is None");
    fails(() -> kinds.integer("bool"), "entry 'bool' should be a whole number and is true");
    fails(() -> kinds.tensor("int"), "entry 'int' should be a tensor and is 1");
    fails(() -> kinds.integer("real"), "entry 'real' should be a whole number and is 1.5");
    fails(() -> kinds.real("text"), "entry 'text' should be a number and is the string 'x'");
  }

  @Test
  void a_number_over_a_long_is_no_integer() {
    fails(() -> dict.integer("huge"), "entry 'huge' is not a 64-bit number: 18446744073709551616");
    assertThat(dict.real("huge")).isEqualTo(0x1p64);
  }

  @Test
  void a_builder_refuses_a_second_entry_of_a_name() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StateDict.builder().put("a", 1).put("a", 2))
        .withMessage("two entries 'a'");
  }

  @Test
  void it_does_not_follow_the_map_it_was_made_of() {
    Map<String, Value> entries = new LinkedHashMap<>(Map.of("a", Value.of(1)));
    StateDict made = StateDict.of(entries);
    entries.clear();
    assertThat(made.integer("a")).isEqualTo(1);
  }

  @Test
  void dicts_of_equal_entries_are_equal() {
    assertThat(StateDict.builder().put("a", 1).build())
        .isEqualTo(StateDict.of(Map.of("a", Value.of(1))))
        .hasSameHashCodeAs(StateDict.of(Map.of("a", Value.of(1))))
        .isNotEqualTo(StateDict.of(Map.of("a", Value.of(1.0))))
        .hasToString("{a=Int[value=1]}");
  }

  @Test
  void containers_are_copies() {
    List<Value> items = new ArrayList<>(List.of(Value.of("x")));
    Value.Items list = new Value.Items(items);
    Value.Tuple tuple = new Value.Tuple(items);
    Set<Value> distinct = new LinkedHashSet<>(items);
    Value.ItemSet set = new Value.ItemSet(distinct);
    Value.FrozenSet frozen = new Value.FrozenSet(distinct);
    Map<Value, Value> entries = new LinkedHashMap<>(Map.of(Value.of(1), Value.of(true)));
    Value.Dict mixed = new Value.Dict(entries);
    items.clear();
    distinct.clear();
    entries.clear();
    assertThat(set.values()).containsExactly(Value.of("x"));
    assertThat(frozen.values()).containsExactly(Value.of("x"));
    assertThat(list).isEqualTo(Value.list(Value.of("x")));
    assertThat(tuple).isEqualTo(Value.tuple(Value.of("x")));
    assertThat(mixed.entries()).containsKey(Value.of(1));
  }

  @Test
  void bytes_are_a_copy_and_equal_by_content() {
    byte[] array = {1, 2};
    Bytes bytes = Bytes.of(array);
    array[0] = 9;
    bytes.toByteArray()[1] = 9;
    assertThat(bytes.toByteArray()).containsExactly(1, 2);
    assertThat(bytes)
        .isEqualTo(Bytes.of(new byte[] {1, 2}))
        .hasSameHashCodeAs(Bytes.of(new byte[] {1, 2}))
        .isNotEqualTo(Bytes.of(new byte[] {1}))
        .hasToString("Bytes[2]");
  }

  private static void fails(ThrowingCallable call, String message) {
    assertThatExceptionOfType(StateMismatchException.class).isThrownBy(call).withMessage(message);
  }

  @Test
  void every_tensor_is_mapped_wherever_it_is_and_nothing_else() {
    Tensor one = Tensor.scalar(1);
    Tensor other = Tensor.scalar(2);
    StateDict dict =
        StateDict.builder()
            .put("tensor", one)
            .put("array", new Value.NdArray(one))
            .put("list", Value.list(one, Value.of(3)))
            .put("tuple", Value.tuple(Value.none(), one))
            .put("keyed", new Value.Dict(Map.of(Value.of(0), one)))
            .put("nested", StateDict.of(Map.of("tensor", one)))
            .put("text", "t")
            .build();
    StateDict expected =
        StateDict.builder()
            .put("tensor", other)
            .put("array", new Value.NdArray(other))
            .put("list", Value.list(other, Value.of(3)))
            .put("tuple", Value.tuple(Value.none(), other))
            .put("keyed", new Value.Dict(Map.of(Value.of(0), other)))
            .put("nested", StateDict.of(Map.of("tensor", other)))
            .put("text", "t")
            .build();
    assertThat(dict.mapTensors(_ -> other)).isEqualTo(expected);
    assertThat(dict.mapTensors(tensor -> tensor)).isEqualTo(dict);
    assertThat(dict.mapTensors(_ -> other).names()).containsExactlyElementsOf(dict.names());
  }
}
