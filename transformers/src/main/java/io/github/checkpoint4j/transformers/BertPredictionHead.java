package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.Optional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What names the token in each place: a dense layer, its normalisation, the vocabulary. */
final class BertPredictionHead extends Module {
  private final BertPredictionTransform transform;
  private final LanguageModelHead decoder;

  /**
   * A head.
   *
   * @param words the word embeddings, which are the decoder's weight; empty if that is its own
   * @param initialized as in {@link BertForMaskedLM}
   */
  BertPredictionHead(BertConfig config, Optional<Tensor> words, boolean initialized) {
    transform = register_module("transform", new BertPredictionTransform(config));
    LinearImpl own = new LinearImpl(config.hiddenSize(), config.vocabSize());
    if (initialized) {
      InitialWeights.draw(transform, config, name -> true);
      // Python draws the decoder's own weight also if it is then given up for the embeddings.
      InitialWeights.draw(own, config, name -> true);
    }
    Tensor bias = NativeTensors.kept(torch.zeros(config.vocabSize()).set_requires_grad(true));
    register_parameter("bias", bias);
    decoder =
        register_module(
            "decoder",
            new LanguageModelHead(
                words.orElseGet(own::weight), Optional.of(words.isPresent() ? bias : own.bias())));
  }

  /** [batch, length, hidden] to [batch, length, vocabulary]. */
  Tensor forward(Tensor hidden) {
    return decoder.forward(transform.forward(hidden));
  }
}
