package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A linear layer over the vocabulary, whose weight may be the word embeddings'. */
final class LanguageModelHead extends Module {
  private final Tensor weight;
  private final Optional<Tensor> bias;

  /**
   * A head.
   *
   * @param weight [vocabulary, hidden]
   * @param bias [vocabulary]
   */
  LanguageModelHead(Tensor weight, Optional<Tensor> bias) {
    this.weight = NativeTensors.kept(weight);
    register_parameter("weight", this.weight);
    this.bias = bias.map(NativeTensors::kept);
    this.bias.ifPresent(present -> register_parameter("bias", present));
  }

  /** [batch, length, hidden] to [batch, length, vocabulary]. */
  Tensor forward(Tensor hidden) {
    return torch.linear(
        hidden, weight, bias.map(TensorOptional::new).orElseGet(TensorOptional::new));
  }
}
