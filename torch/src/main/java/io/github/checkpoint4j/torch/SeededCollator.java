package io.github.checkpoint4j.torch;

import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A collator whose random numbers are the same for each batch and no part of the run's: what it
 * draws from libtorch's default generator follows {@code seed}, and the generator is left as it
 * was. So an evaluation hides the same tokens each time, and a training goes on as if there had
 * been none.
 *
 * @param <T> an example
 * @param collator what makes the batches
 */
public record SeededCollator<T>(Collator<T> collator, long seed) implements Collator<T> {
  @Override
  public Batch collate(List<T> examples) {
    try (Generator generator = torch.getDefaultCPUGenerator();
        Tensor before = generator.get_state()) {
      try {
        torch.manual_seed(seed);
        return collator.collate(examples);
      } finally {
        generator.set_state(before);
      }
    }
  }
}
