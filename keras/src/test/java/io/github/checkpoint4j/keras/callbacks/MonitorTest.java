package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MonitorTest {
  private static Monitor of(Mode mode, double minDelta) {
    return Monitor.of("Callback", "val_loss", mode, minDelta);
  }

  @ParameterizedTest
  @CsvSource({
    "MIN, 0, 0.5, 0.4, true",
    "MIN, 0, 0.5, 0.5, false",
    "MIN, 0.1, 0.5, 0.4, false",
    "MIN, 0.1, 0.5, 0.39, true",
    "MIN, -0.1, 0.5, 0.45, false",
    "MAX, 0, 0.5, 0.6, true",
    "MAX, 0.1, 0.5, 0.6, false",
    "MAX, 0.1, 0.5, 0.61, true",
    "MIN, 0, 0.5, 0.4999999999, false",
    "AUTO, 0, 0.5, 0.4, true",
  })
  void a_value_is_better_by_the_least_difference_in_single_precision(
      Mode mode, double minDelta, double before, double now, boolean better) {
    assertThat(of(mode, minDelta).improves(now, OptionalDouble.of(before))).isEqualTo(better);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void what_is_not_finite_is_never_better(double value) {
    for (Mode mode : Mode.values()) {
      assertThat(of(mode, 0).improves(value, OptionalDouble.empty())).isFalse();
      assertThat(of(mode, 0).improves(value, OptionalDouble.of(1))).isFalse();
      assertThat(of(mode, 0).improves(1, OptionalDouble.empty())).isTrue();
    }
  }

  @Property
  void of_two_values_at_most_one_is_better(
      @ForAll @DoubleRange(min = -1e6, max = 1e6) double one,
      @ForAll @DoubleRange(min = -1e6, max = 1e6) double other,
      @ForAll @DoubleRange(min = 0, max = 10) double minDelta,
      @ForAll Mode mode) {
    Monitor monitor = of(mode, minDelta);
    boolean better = monitor.improves(one, OptionalDouble.of(other));
    boolean worse = monitor.improves(other, OptionalDouble.of(one));
    assertThat(better && worse).isFalse();
    assertThat(monitor.improves(one, OptionalDouble.of(one))).isFalse();
  }

  @Test
  void a_value_is_found_or_was_not_to_be_or_is_missing() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 1.0);
    assertThat(of(Mode.MIN, 0).value(values)).isEmpty();
    values.put("val_accuracy", 0.5);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(Mode.MIN, 0).value(values))
        .withMessage(
            "Callback monitors 'val_loss', which was not measured; there are: loss, val_accuracy");
    values.put("val_loss", 0.25);
    assertThat(of(Mode.MIN, 0).value(values)).hasValue(0.25);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Monitor.of("Callback", "lose", Mode.MIN, 0).value(Map.of("loss", 1.0)))
        .withMessage("Callback monitors 'lose', which was not measured; there are: loss");
  }
}
