package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EpochLogsTest {
  @Test
  void an_epoch_without_a_step_has_no_loss() {
    assertThat(new EpochLogs().values()).isEmpty();
  }

  @Test
  void metrics_have_keras_names_and_times_are_none() {
    var logs = new EpochLogs();
    logs.trained(3, 1);
    logs.trained(1, 3);
    logs.evaluated(
        Map.of(
            "eval_loss", 0.5, "eval_f1", 0.25, "eval_runtime", 9.0, "eval_steps_per_second", 8.0));
    assertThat(logs.values())
        .containsExactly(
            Map.entry("loss", 1.5), Map.entry("val_f1", 0.25), Map.entry("val_loss", 0.5));
  }

  @Test
  void the_newest_evaluation_counts_and_a_new_epoch_has_none() {
    var logs = new EpochLogs();
    logs.evaluated(Map.of("eval_loss", 0.5, "eval_f1", 0.25));
    logs.evaluated(Map.of("eval_loss", 0.125));
    assertThat(logs.values()).containsExactly(Map.entry("val_loss", 0.125));
    logs.clear();
    assertThat(logs.values()).isEmpty();
  }

  @Test
  void a_state_comes_back_from_its_text_bit_for_bit() throws IOException {
    var logs = new EpochLogs();
    logs.trained(0.1, 3);
    logs.trained(Double.NaN, 1);
    logs.evaluated(Map.of("eval_loss", Double.POSITIVE_INFINITY, "eval_f1", 0.1 + 0.2));
    byte[] text = logs.json().toText().getBytes(StandardCharsets.UTF_8);
    var restored = new EpochLogs();
    restored.restore((Json.Obj) Json.parsePython(MemorySegment.ofArray(text), "state"));
    assertThat(restored.values()).isEqualTo(logs.values());
    assertThat(restored.json()).isEqualTo(logs.json());
  }

  @Test
  void what_is_no_state_is_refused_and_names_what_is_wrong() {
    Json.Obj none = new EpochLogs().json();
    for (String member : none.members().keySet()) {
      var members = new LinkedHashMap<>(none.members());
      members.put(member, Json.of("text"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new EpochLogs().restore(Json.object(members)))
          .withMessageContaining("member '" + member + "' should be");
    }
  }
}
