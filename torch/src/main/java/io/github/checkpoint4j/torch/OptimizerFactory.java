package io.github.checkpoint4j.torch;

import org.bytedeco.pytorch.Module;

/** Makes the optimizer of a training. */
@FunctionalInterface
public interface OptimizerFactory {
  /** An optimizer of the parameters of {@code module} that need gradients. */
  Optimizer over(Module module);
}
