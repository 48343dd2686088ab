package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Two linear layers with dropout between them, the classifier of golden/trainer/make.py; with batch
 * normalisation, if wanted, for a model that has buffers.
 */
final class Classifier implements TrainableModel {
  private final Module module = new Module("classifier");
  private final LinearImpl hidden = new LinearImpl(4, 8);
  private final Optional<BatchNorm1dImpl> normalisation;
  private final LinearImpl output = new LinearImpl(8, 2);
  private final double dropout;

  Classifier(double dropout, boolean normalised) {
    this.dropout = dropout;
    normalisation =
        normalised ? Optional.of(new BatchNorm1dImpl(new BatchNormOptions(8))) : Optional.empty();
    module.register_module("hidden", hidden);
    normalisation.ifPresent(layer -> module.register_module("bn", layer));
    module.register_module("output", output);
  }

  @Override
  public Module module() {
    return module;
  }

  @Override
  public ModelOutput forward(Batch batch) {
    return forward(batch, Recomputation.none());
  }

  /** All but the normalisation, whose buffers change in a pass, is in segments. */
  @Override
  public ModelOutput forward(Batch batch, Recomputation recomputation) {
    Tensor x =
        recomputation.segment(List.of(batch.get("x")), inputs -> hidden.forward(inputs.getFirst()));
    Tensor normalised = normalisation.isPresent() ? normalisation.get().forward(x) : x;
    Tensor dropped =
        recomputation.segment(
            List.of(normalised),
            inputs -> torch.dropout(torch.tanh(inputs.getFirst()), dropout, module.is_training()));
    Tensor logits = output.forward(dropped);
    return new ModelOutput(
        Optional.of(torch.cross_entropy_loss(logits, batch.get("labels"))), logits);
  }

  @Override
  public boolean supportsGradientCheckpointing() {
    return true;
  }

  /** An example: four numbers and a class. */
  record Example(List<Float> x, long label) {
    Example {
      x = List.copyOf(x);
    }
  }

  /** {@code x} and {@code labels}. */
  static Batch collate(List<Example> examples) {
    float[] x = new float[4 * examples.size()];
    long[] labels = new long[examples.size()];
    for (int i = 0; i < labels.length; i++) {
      for (int j = 0; j < 4; j++) {
        x[4 * i + j] = examples.get(i).x().get(j);
      }
      labels[i] = examples.get(i).label();
    }
    return Batch.of(
        Map.of(
            "x",
            NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofFloats(x, labels.length, 4)),
            "labels",
            NativeTensors.copyOf(
                io.github.checkpoint4j.state.Tensor.ofLongs(labels, labels.length))));
  }

  /** Examples made by a rule that can be learnt. */
  static List<Example> examples(int count, long seed) {
    var random = new Random(seed);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Float> x = new ArrayList<>();
      for (int j = 0; j < 4; j++) {
        x.add(random.nextFloat() * 2 - 1);
      }
      examples.add(new Example(x, x.get(0) + x.get(1) * x.get(2) > 0 ? 1 : 0));
    }
    return examples;
  }
}
