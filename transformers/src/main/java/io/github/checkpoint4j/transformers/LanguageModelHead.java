package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A linear layer without bias over the vocabulary, whose weight may be the word embeddings'. */
final class LanguageModelHead extends Module {
  private final Tensor weight;

  /**
   * A head.
   *
   * @param weight [vocabulary, hidden]
   */
  LanguageModelHead(Tensor weight) {
    this.weight = NativeTensors.kept(weight);
    register_parameter("weight", this.weight);
  }

  /** [batch, length, hidden] to [batch, length, vocabulary]. */
  Tensor forward(Tensor hidden) {
    return torch.linear(hidden, weight);
  }
}
