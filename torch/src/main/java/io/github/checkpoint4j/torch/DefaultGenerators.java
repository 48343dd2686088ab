package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch's default generators that a model draws from: the CPU's and, if it is on a GPU, that
 * one's. They are the process's.
 */
final class DefaultGenerators {
  private final List<Generator> generators = new ArrayList<>();

  /** Those of a model on a device. */
  DefaultGenerators(TorchDevice device) {
    generators.add(torch.getDefaultCPUGenerator().retainReference());
    device.generator().ifPresent(generators::add);
  }

  /** The states they are in, which are the caller's to close. */
  List<Tensor> states() {
    return generators.stream()
        .map(Generator::get_state)
        .<Tensor>map(Tensor::retainReference)
        .toList();
  }

  /** Puts them into states that {@link #states} told. */
  void restore(List<Tensor> states) {
    for (int i = 0; i < generators.size(); i++) {
      generators.get(i).set_state(states.get(i));
    }
  }
}
