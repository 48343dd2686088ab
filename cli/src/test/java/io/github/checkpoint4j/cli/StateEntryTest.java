package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateEntryTest {
  private static final Tensor TENSOR = Tensor.scalar(1);

  @Test
  void keys_and_positions_are_joined_by_dots() throws Exception {
    Map<Value, Value> state = new LinkedHashMap<>();
    state.put(Value.of(0), StateDict.builder().put("exp_avg", TENSOR).build());
    state.put(Value.of("a.b"), TENSOR);
    Value value =
        StateDict.builder()
            .put("state", new Value.Dict(state))
            .put("list", Value.list(Value.of(3), TENSOR))
            .put("pair", Value.tuple(TENSOR, Value.none()))
            .put("lr", 0.1)
            .build();

    assertThat(StateEntry.of(value))
        .extracting(StateEntry::name)
        .containsExactly(
            "state.0.exp_avg", "state.a.b", "list.0", "list.1", "pair.0", "pair.1", "lr");
  }

  @Test
  void a_file_that_is_one_tensor_has_a_tensor_without_name() throws Exception {
    assertThat(StateEntry.of(TENSOR)).containsExactly(new StateEntry(List.of(), TENSOR));
  }

  @Test
  void keys_of_every_kind_are_text() {
    assertThat(StateEntry.keyText(Value.of(true))).isEqualTo("True");
    assertThat(StateEntry.keyText(Value.none())).isEqualTo("None");
    assertThat(StateEntry.keyText(Value.of(0.5))).isEqualTo("0.5");
    assertThat(StateEntry.keyText(Value.tuple(Value.of(1)))).isEqualTo("<tuple>");
  }

  @Test
  void a_bomb_of_shared_values_is_refused() {
    Value nested = Value.none();
    for (int i = 0; i < 60; i++) {
      nested = Value.tuple(nested, nested);
    }
    Value empty = nested;

    assertThatThrownBy(() -> StateEntry.of(empty))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("more than 10,000,000 parts");
  }

  @Test
  void a_list_of_plain_values_is_one_entry_and_so_is_an_empty_dict() throws Exception {
    Value betas = Value.tuple(Value.of(0.9), Value.of(0.999));
    Value empty = StateDict.builder().build();
    Value value = StateDict.builder().put("betas", betas).put("state", empty).build();

    assertThat(StateEntry.of(value))
        .containsExactly(
            new StateEntry(List.of("betas"), betas), new StateEntry(List.of("state"), empty));
  }

  @Test
  void a_numpy_array_counts_as_a_tensor() throws Exception {
    Value value = Value.tuple(Value.of("MT19937"), new Value.NdArray(TENSOR));

    assertThat(StateEntry.of(value))
        .containsExactly(
            new StateEntry(List.of("0"), Value.of("MT19937")),
            new StateEntry(List.of("1"), TENSOR));
  }
}
