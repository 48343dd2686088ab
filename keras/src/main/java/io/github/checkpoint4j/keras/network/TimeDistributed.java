package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A layer applied to each step of a sequence, [batch, steps, ...]. */
final class TimeDistributed extends Layer {
  private final Layer layer;
  private final boolean stepByStep;

  TimeDistributed(LayerSpec spec) throws CorruptFileException, UnsupportedFeatureException {
    super(spec);
    layer = LayerClasses.build(spec.inner("layer"));
    try (var buffers = layer.module().named_buffers()) {
      // Running statistics follow each step of the sequence; all else is the same at once.
      stepByStep = buffers.size() > 0;
    }
  }

  /** That of the layer in it, whose weights have no name of the wrapper's. */
  @Override
  Module module() {
    return layer.module();
  }

  @Override
  Stream<Layer> inner() {
    return Stream.of(layer);
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    if (arguments.mask().isPresent() && goesByMasks(layer)) {
      throw new IllegalArgumentException(
          "%sits input has a mask, which is not handed to the layer in it, a %s; leave the mask out"
              .formatted(spec().layer().where(), layer.spec().className()));
    }
    Tensor x = arguments.first().tensor();
    long steps = x.size(1);
    if (stepByStep) {
      List<Tensor> outputs = new ArrayList<>();
      for (long i = 0; i < steps; i++) {
        outputs.add(applied(x.select(1, i)).tensor());
      }
      Tensor stacked = torch.stack(new TensorVector(outputs.toArray(Tensor[]::new)), 1);
      return List.of(MaskedTensor.of(stacked, arguments.mask()));
    }
    MaskedTensor output = applied(x.flatten(0, 1));
    return List.of(
        new MaskedTensor(
            unflattened(output.tensor(), x.size(0), steps),
            arguments.mask(),
            output.logits().map(logits -> unflattened(logits, x.size(0), steps))));
  }

  /** Whether what a layer makes of its input depends on the mask. */
  private static boolean goesByMasks(Layer layer) {
    return layer instanceof Recurrent
        || layer instanceof Bidirectional
        || layer instanceof BatchNormalization
        || layer instanceof MultiHeadAttention
        || layer instanceof Softmax
        || layer instanceof NestedModel;
  }

  private MaskedTensor applied(Tensor x) {
    return layer.apply(CallArguments.of(MaskedTensor.of(x, Optional.empty()))).getFirst();
  }

  private static Tensor unflattened(Tensor flat, long batch, long steps) {
    long[] rest = LongStream.of(flat.shape()).skip(1).toArray();
    return flat.reshape(Convolution.shape(LongStream.of(batch, steps), rest));
  }
}
