package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TrainableModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;

/** Two linear layers with dropout between them. */
final class Classifier implements TrainableModel {
  private final Module module = new Module("classifier");
  private final LinearImpl hidden = new LinearImpl(4, 8);
  private final LinearImpl output = new LinearImpl(8, 2);

  Classifier() {
    module.register_module("hidden", hidden);
    module.register_module("output", output);
  }

  @Override
  public Module module() {
    return module;
  }

  @Override
  public ModelOutput forward(Batch batch) {
    var x = torch.tanh(hidden.forward(batch.get("x")));
    var logits = output.forward(torch.dropout(x, 0.3, module.is_training()));
    return new ModelOutput(
        Optional.of(torch.cross_entropy_loss(logits, batch.get("labels"))), logits);
  }

  /** An example: four numbers and a class. */
  record Example(List<Float> x, long label) {
    Example {
      x = List.copyOf(x);
    }
  }

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
            "x", NativeTensors.copyOf(Tensor.ofFloats(x, labels.length, 4)),
            "labels", NativeTensors.copyOf(Tensor.ofLongs(labels, labels.length))));
  }

  /** Examples of a rule that some do not keep to. */
  static List<Example> examples(int count, long seed) {
    var random = new Random(seed);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Float> x = new ArrayList<>();
      for (int j = 0; j < 4; j++) {
        x.add(random.nextFloat() * 2 - 1);
      }
      examples.add(
          new Example(x, x.get(0) + x.get(1) * x.get(2) > random.nextFloat() - 0.5 ? 1 : 0));
    }
    return examples;
  }
}
