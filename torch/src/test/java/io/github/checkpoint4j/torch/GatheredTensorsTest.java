package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class GatheredTensorsTest {
  @Test
  void batches_are_joined_in_order_and_converted() {
    try (var gathered = new GatheredTensors(ScalarType.Long);
        var first = NativeTensors.copyOf(Tensor.ofFloats(new float[] {1, 2}, 2));
        var second = NativeTensors.copyOf(Tensor.ofLongs(new long[] {3}, 1))) {
      assertThat(gathered.isEmpty()).isTrue();
      gathered.add(first);
      gathered.add(second);

      assertThat(gathered.isEmpty()).isFalse();
      assertThat(gathered.joined().toLongs()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void a_batch_may_be_changed_once_it_is_added() {
    try (var gathered = new GatheredTensors(ScalarType.Float);
        var batch = NativeTensors.copyOf(Tensor.ofFloats(new float[] {1, 2}, 2))) {
      gathered.add(batch);
      NativeTensors.copyInto(Tensor.ofFloats(new float[] {8, 9}, 2), batch);

      assertThat(gathered.joined().toFloats()).containsExactly(1, 2);
    }
  }

  @Test
  void shorter_rows_are_filled_up_with_minus_100() {
    try (var gathered = new GatheredTensors(ScalarType.Float);
        var narrow = NativeTensors.copyOf(Tensor.ofFloats(new float[] {1, 2}, 1, 1, 2));
        var wide = NativeTensors.copyOf(Tensor.ofFloats(new float[] {3, 4, 5, 6}, 1, 2, 2))) {
      gathered.add(narrow);
      gathered.add(wide);
      Tensor joined = gathered.joined();

      assertThat(joined.shape()).containsExactly(2, 2, 2);
      assertThat(joined.toFloats()).containsExactly(1, 2, -100, -100, 3, 4, 5, 6);
    }
  }
}
