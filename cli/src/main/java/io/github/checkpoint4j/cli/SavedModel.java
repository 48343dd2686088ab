package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.Recomputation;
import io.github.checkpoint4j.torch.TrainableModel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Module;

/**
 * A model with more files beside its own in each checkpoint.
 *
 * @param more by name
 */
record SavedModel(TrainableModel model, Map<String, FileContent> more) implements TrainableModel {
  /** A model whose checkpoints say what it is trained on. */
  static SavedModel with(TrainableModel model, TrainingTask task) {
    return new SavedModel(
        model, Map.of(TrainingTask.FILE, FileContent.of(task.json().toIndentedText() + "\n")));
  }

  @Override
  public Module module() {
    return model.module();
  }

  @Override
  public ModelOutput forward(Batch batch) {
    return model.forward(batch);
  }

  @Override
  public ModelOutput forward(Batch batch, Recomputation recomputation) {
    return model.forward(batch, recomputation);
  }

  @Override
  public boolean supportsGradientCheckpointing() {
    return model.supportsGradientCheckpointing();
  }

  @Override
  public boolean predictsNextToken() {
    return model.predictsNextToken();
  }

  @Override
  public Map<String, FileContent> files() {
    Map<String, FileContent> files = new LinkedHashMap<>(model.files());
    files.putAll(more);
    return files;
  }
}
