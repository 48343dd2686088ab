package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Rows of a table by their numbers; with {@code mask_zero} row 0 is passed over by later layers.
 */
final class Embedding extends Layer {
  private final Tensor weight;
  private final boolean masksZero;

  Embedding(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec);
    spec.requireOff("quantization_config", "load the model before it was quantized");
    weight =
        weight(
            Weight.of(
                "weight", "embeddings", spec.integer("input_dim"), spec.integer("output_dim")));
    masksZero = spec.flag("mask_zero");
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    Tensor ids = arguments.first().tensor().to(torch.ScalarType.Long);
    return List.of(
        MaskedTensor.of(
            torch.embedding(weight, ids),
            masksZero ? Optional.of(ids.ne(new Scalar(0))) : Optional.empty()));
  }
}
