package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NamedTensorTest {
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

    assertThat(NamedTensor.in(value))
        .extracting(NamedTensor::name)
        .containsExactly("state.0.exp_avg", "state.a.b", "list.1", "pair.0");
  }

  @Test
  void a_file_that_is_one_tensor_has_a_tensor_without_name() throws Exception {
    assertThat(NamedTensor.in(TENSOR)).containsExactly(new NamedTensor("", TENSOR));
  }

  @Test
  void keys_of_every_kind_are_text() {
    assertThat(NamedTensor.keyText(Value.of(true))).isEqualTo("True");
    assertThat(NamedTensor.keyText(Value.none())).isEqualTo("None");
    assertThat(NamedTensor.keyText(Value.of(0.5))).isEqualTo("0.5");
    assertThat(NamedTensor.keyText(Value.tuple(Value.of(1)))).isEqualTo("<tuple>");
  }

  @Test
  void a_bomb_of_shared_values_is_refused() {
    Value nested = Value.none();
    for (int i = 0; i < 60; i++) {
      nested = Value.tuple(nested, nested);
    }
    Value empty = nested;

    assertThatThrownBy(() -> NamedTensor.in(empty))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("more than 10,000,000 values");
  }
}
