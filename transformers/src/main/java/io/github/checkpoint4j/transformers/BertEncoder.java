package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Recomputation;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The layers, one after the other. */
final class BertEncoder extends Module {
  private final Module layer;
  private final List<BertLayer> layers;

  BertEncoder(BertConfig config) {
    layer = new Module();
    layers =
        LongStream.range(0, config.numHiddenLayers())
            .mapToObj(i -> layer.register_module(Long.toString(i), new BertLayer(config)))
            .toList();
    register_module("layer", layer);
  }

  /**
   * The hidden states after the last layer, [batch, length, hidden].
   *
   * @param hidden the embeddings, [batch, length, hidden]
   * @param mask as {@link AttentionMasks#bidirectional} makes it
   * @param recomputation runs the layers
   */
  Tensor forward(Tensor hidden, Optional<Tensor> mask, Recomputation recomputation) {
    for (BertLayer each : layers) {
      hidden =
          recomputation.segment(List.of(hidden), inputs -> each.forward(inputs.getFirst(), mask));
    }
    return hidden;
  }
}
