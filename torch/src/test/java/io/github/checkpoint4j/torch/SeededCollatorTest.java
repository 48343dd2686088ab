package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class SeededCollatorTest {
  private static final List<Integer> EXAMPLES = List.of(1, 2, 3);

  /** Draws a number for each example. */
  private static Batch drawn(List<Integer> examples) {
    try (Tensor numbers = torch.rand(examples.size())) {
      return Batch.of(Map.of("drawn", numbers));
    }
  }

  private static float[] numbers(Collator<Integer> collator) {
    try (Batch batch = collator.collate(EXAMPLES)) {
      return NativeTensors.heapCopy(batch.get("drawn")).toFloats();
    }
  }

  @Test
  void it_draws_the_same_each_time() {
    var collator = new SeededCollator<Integer>(SeededCollatorTest::drawn, 3);

    assertThat(numbers(collator)).isEqualTo(numbers(collator));
    assertThat(numbers(new SeededCollator<>(SeededCollatorTest::drawn, 4)))
        .isNotEqualTo(numbers(collator));
    torch.manual_seed(3);
    assertThat(numbers(SeededCollatorTest::drawn)).isEqualTo(numbers(collator));
  }

  @Test
  void what_is_drawn_after_it_is_what_would_have_been() {
    torch.manual_seed(5);
    float[] without = numbers(SeededCollatorTest::drawn);
    torch.manual_seed(5);
    numbers(new SeededCollator<>(SeededCollatorTest::drawn, 3));

    assertThat(numbers(SeededCollatorTest::drawn)).isEqualTo(without);
  }

  @Test
  void the_generator_is_left_as_it_was_also_if_the_collator_fails() {
    torch.manual_seed(5);
    float[] without = numbers(SeededCollatorTest::drawn);
    torch.manual_seed(5);
    var failing =
        new SeededCollator<Integer>(
            _ -> {
              throw new IllegalStateException("no batch");
            },
            3);

    assertThatThrownBy(() -> failing.collate(EXAMPLES)).hasMessage("no batch");
    assertThat(numbers(SeededCollatorTest::drawn)).isEqualTo(without);
  }
}
