package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.torch.NativeTensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The figures are of transformers 5.23, T5Attention._relative_position_bucket. */
final class RelativePositionsTest {
  private static final Tensor HERE = torch.zeros(1);

  private static final long[] BOTH = {
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 1, 0, 5, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7
  };

  private static final long[] ONE = {
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 5, 4, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private static final long[] FAR = {
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    31, 31, 31, 31, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 29, 29, 29, 29, 29, 29,
    29, 29, 29, 29, 29, 29, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 27, 27, 27, 27, 27, 27, 27, 27,
    27, 27, 26, 26, 26, 26, 26, 26, 26, 26, 25, 25, 25, 25, 25, 25, 25, 24, 24, 24, 24, 24, 24, 23,
    23, 23, 23, 23, 23, 22, 22, 22, 22, 22, 21, 21, 21, 21, 20, 20, 20, 20, 19, 19, 19, 18, 18, 18,
    17, 17, 16, 16, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
  };

  @Test
  void in_both_directions_a_half_of_the_buckets_is_for_keys_after_the_query() {
    assertThat(row(new RelativePositions(true, 8, 12), 20, 41)).containsExactly(BOTH);
  }

  @Test
  void in_one_direction_keys_after_the_query_are_in_the_first_bucket() {
    assertThat(row(new RelativePositions(false, 8, 12), 20, 41)).containsExactly(ONE);
  }

  @Test
  void the_buckets_of_t5_reach_128_tokens() {
    assertThat(row(new RelativePositions(false, 32, 128), 140, 141)).containsExactly(FAR);
  }

  @Test
  void queries_after_others_are_the_last_rows_of_all() {
    var positions = new RelativePositions(true, 8, 12);
    try (Tensor last = positions.buckets(3, 2, 5, HERE);
        Tensor all = positions.buckets(0, 5, 5, HERE);
        Tensor rows = all.narrow(0, 3, 2)) {
      assertThat(NativeTensors.view(last).toLongs())
          .containsExactly(NativeTensors.view(rows).toLongs());
    }
  }

  private static long[] row(RelativePositions positions, long query, long keys) {
    try (Tensor buckets = positions.buckets(query, 1, keys, HERE)) {
      assertThat(buckets.shape()).containsExactly(1, keys);
      return NativeTensors.view(buckets).toLongs();
    }
  }
}
