package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurvesTest {
  private static final StateDict MODEL = Fixture.MODEL;

  @TempDir Path run;

  private Curves curves() throws IOException {
    return Curves.of(Checkpoints.of(run));
  }

  @Test
  void the_history_of_the_newest_checkpoint_is_the_runs() throws IOException {
    Fixture.train(run, 10, MODEL);
    Fixture.train(run, 30, MODEL);

    assertThat(curves().values().keySet()).containsExactly("loss", "eval_loss");
    assertThat(curves().values().get("loss"))
        .isEqualTo(Map.of(10L, 1.0 / 10, 20L, 1.0 / 20, 30L, 1.0 / 30));
  }

  @Test
  void without_a_history_there_are_the_metrics_of_the_checkpoints() throws IOException {
    Fixture.run(run);

    assertThat(curves().values())
        .isEqualTo(Map.of("eval_accuracy", Map.of(50L, 0.5, 100L, 0.75, 150L, 0.7)));
  }

  @Test
  void a_damaged_history_and_what_is_no_entry_of_one_are_passed_over() throws IOException {
    Path state = Fixture.train(run, 10, MODEL).directory().resolve("trainer_state.json");
    Files.delete(state.resolveSibling("manifest.json"));
    Files.writeString(
        state,
        """
        {"log_history": [1, {"loss": 1}, {"step": "x", "loss": 1}, {"step": NaN, "loss": 1},
          {"step": 5, "loss": "high", "note": null, "grad_norm": NaN}, {"step": 5.0, "lr": 2}]}
        """);
    assertThat(curves().values().keySet()).containsExactly("grad_norm", "lr");
    assertThat(curves().json().toText()).contains("\"NaN\"");

    Files.writeString(state, "{\"log_history\": 7}");
    assertThat(curves().values()).isEmpty();
    Files.writeString(state, "[]");
    assertThat(curves().values()).isEmpty();
  }

  @Test
  void of_very_many_points_the_extremes_are_left() {
    SortedMap<Long, Double> points = new TreeMap<>();
    for (long step = 0; step < 100_000; step++) {
      points.put(step, step == 77_777 ? 1e9 : step == 33_333 ? -1e9 : 0.5);
    }
    Curves curves = new Curves(Map.of("loss", points));
    Json.Obj loss = (Json.Obj) curves.json().items().getFirst();

    assertThat(loss.integer("points")).isEqualTo(100_000);
    assertThat(loss.array("steps").items())
        .hasSizeLessThanOrEqualTo(Curves.MOST_POINTS)
        .contains(Json.of(77_777), Json.of(33_333));
    assertThat(loss.array("values").items()).hasSameSizeAs(loss.array("steps").items());
  }
}
