package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Copies are made of tensors on the CPU here, as they are of those on a GPU. */
class HostTensorsTest {
  private final PointerScope scope = new PointerScope();
  private final HostTensors host = new HostTensors();

  @AfterEach
  void close() {
    scope.close();
  }

  private static float[] elements(Tensor tensor) {
    return NativeTensors.view(tensor).toFloats();
  }

  @Test
  void a_tensor_on_the_cpu_is_viewed_where_it_lies() {
    Tensor tensor = torch.ones(2, 3);

    assertThat(host.view(tensor).bytes().address()).isEqualTo(tensor.data_ptr().address());
  }

  @Test
  void a_copy_has_the_elements_row_major_and_does_not_follow() {
    Tensor tensor = torch.arange(new Scalar(6)).to(ScalarType.Float).view(2, 3).t();

    Tensor copy = host.copied(tensor);
    tensor.zero_();

    assertThat(copy.shape()).containsExactly(3, 2);
    assertThat(copy.is_contiguous()).isTrue();
    assertThat(elements(copy)).containsExactly(0, 3, 1, 4, 2, 5);
  }

  @Test
  void the_next_copy_is_in_the_same_memory() {
    Tensor tensor = torch.ones(3).requires_grad_(true);
    Tensor other = torch.zeros(3);

    long first = host.copied(tensor).data_ptr().address();
    assertThat(host.copied(other).data_ptr().address()).isNotEqualTo(first);
    tensor.detach().mul_(new Scalar(2));

    assertThat(host.copied(tensor).data_ptr().address()).isEqualTo(first);
    assertThat(elements(host.copied(tensor))).containsExactly(2, 2, 2);
    assertThat(host.copied(tensor).requires_grad()).isFalse();
  }

  @Test
  void a_tensor_that_became_another_gets_a_buffer_that_fits() {
    Tensor tensor = torch.ones(3);
    host.copied(tensor);
    tensor.set_data(torch.zeros(2, 2));
    assertThat(host.copied(tensor).shape()).containsExactly(2, 2);

    tensor.set_data(torch.ones(2, 2).to(ScalarType.Double));
    assertThat(host.copied(tensor).scalar_type().intern()).isEqualTo(ScalarType.Double);
  }

  @Test
  void elements_go_to_a_tensor_of_any_device_and_are_viewed_only_on_the_cpu() {
    Tensor elsewhere = torch.ones(2).to(new Device("meta"), ScalarType.Float);

    NativeTensors.copyInto(
        io.github.checkpoint4j.state.Tensor.ofFloats(new float[] {1, 2}, 2), elsewhere);
    assertThatThrownBy(() -> NativeTensors.view(elsewhere))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a tensor on meta; move it to the CPU first");
    assertThatThrownBy(
            () ->
                NativeTensors.copyInto(
                    io.github.checkpoint4j.state.Tensor.ofFloats(new float[] {1}, 1), elsewhere))
        .hasMessageStartingWith("expected F32[2] and found");
  }
}
