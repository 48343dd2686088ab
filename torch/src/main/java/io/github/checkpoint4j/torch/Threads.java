package io.github.checkpoint4j.torch;

import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * The threads that an operator works with, in this process. libtorch has some of its own and, for
 * products of matrices, those of OpenBLAS, which {@code torch.set_num_threads} leaves as they are:
 * one for each core, and spinning while they wait.
 */
public final class Threads {
  private Threads() {}

  /**
   * Sets the number of both. To be called by the thread that trains, for libtorch's number is one
   * of the thread that sets it.
   *
   * @param count 1 or more
   * @throws IllegalArgumentException if it is less
   */
  public static void use(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " threads: expected 1 or more");
    }
    torch.set_num_threads(count);
    openblas_nolapack.blas_set_num_threads(count);
  }
}
