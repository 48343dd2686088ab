package io.github.checkpoint4j.keras.network;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Has later layers pass over the steps all of whose features are one value; makes them 0. */
final class Masking extends Layer {
  private final double value;

  Masking(LayerSpec spec) {
    super(spec);
    value = spec.real("mask_value");
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    Tensor x = arguments.first().tensor();
    Tensor mask = x.ne(new Scalar(value)).any(-1);
    return List.of(
        MaskedTensor.of(x.mul(mask.unsqueeze(-1).to(x.scalar_type())), Optional.of(mask)));
  }
}
