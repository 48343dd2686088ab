package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WrappedModel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model with more files beside its own in each checkpoint.
 *
 * @param more by name
 */
record SavedModel(TrainableModel model, Map<String, FileContent> more) implements WrappedModel {
  /** A model whose checkpoints say what it is trained on. */
  static SavedModel with(TrainableModel model, TrainingTask task) {
    return new SavedModel(
        model, Map.of(TrainingTask.FILE, FileContent.of(task.json().toIndentedText() + "\n")));
  }

  @Override
  public Map<String, FileContent> files() {
    Map<String, FileContent> files = new LinkedHashMap<>(model.files());
    files.putAll(more);
    return files;
  }
}
