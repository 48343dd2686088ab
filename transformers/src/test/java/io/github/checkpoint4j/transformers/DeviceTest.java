package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What models make themselves is on the device of what they are given. libtorch's meta stands in
 * for a GPU as far as it has the operators: it computes shapes, and refuses tensors of another
 * device.
 */
final class DeviceTest {
  private final PointerScope scope = new PointerScope();
  private Tensor ids;

  @BeforeEach
  void tokens_elsewhere() {
    ids = torch.ones(2, 5).to(new Device("meta"), ScalarType.Long);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void places_of_tokens() {
    Tensor places = Positions.between(3, 8, ids);

    assertThat(places.is_meta()).isTrue();
    assertThat(places.shape()).containsExactly(5);
    assertThat(places.scalar_type().intern()).isEqualTo(ScalarType.Long);
  }

  @Test
  void causal_masks() {
    Tensor causal = AttentionMasks.causal(Optional.empty(), Optional.empty(), ids, 3).orElseThrow();
    assertThat(causal.is_meta()).isTrue();
    assertThat(causal.shape()).containsExactly(2, 1, 5, 8);
  }
}
