package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ThreadsTest {
  private final int before = torch.get_num_threads();
  private final int blasBefore = openblas_nolapack.blas_get_num_threads();

  @AfterEach
  void restore() {
    torch.set_num_threads(before);
    openblas_nolapack.blas_set_num_threads(blasBefore);
  }

  @Test
  void libtorch_and_openblas_work_with_as_many_threads() {
    for (int count : new int[] {2, 1}) {
      Threads.use(count);

      assertThat(torch.get_num_threads()).isEqualTo(count);
      assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(count);
    }
  }

  @Test
  void no_thread_is_refused() {
    Threads.use(1);

    assertThatThrownBy(() -> Threads.use(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0 threads: expected 1 or more");
    assertThat(torch.get_num_threads()).isEqualTo(1);
  }
}
