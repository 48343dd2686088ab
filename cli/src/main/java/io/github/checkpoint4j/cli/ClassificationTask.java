package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.Recomputation;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.transformers.PretrainedBert;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Module;

/**
 * What a classifier is trained on. It is saved with each checkpoint, as {@value #FILE}, so that a
 * training that goes on and a prediction know it.
 *
 * @param model the name, directory or file of the pretrained model
 * @param train the file of the training data, or {@value #BUILT_IN}
 * @param eval the file of the evaluation data, {@value #BUILT_IN}, or empty
 * @param maxLength the most tokens of a text
 * @param transfer how the pretrained model is taken over
 */
record ClassificationTask(
    String model, String train, String eval, int maxLength, TransferLearning transfer) {
  static final String FILE = "ckpt_task.json";
  static final String BUILT_IN = "reviews";
  static final String MINI_LM = "minilm";
  static final int MAX_LENGTH = 64;

  /** That of a checkpoint; empty if it was not made by {@code ckpt train classify}. */
  static Optional<ClassificationTask> in(Checkpoint checkpoint) throws IOException {
    if (!checkpoint.files().contains(FILE)) {
      return Optional.empty();
    }
    Json.Obj json = checkpoint.json(FILE);
    try {
      return Optional.of(
          new ClassificationTask(
              json.text("model"),
              json.text("train"),
              json.text("eval"),
              Math.toIntExact(json.integer("max_length")),
              TransferLearning.in(json)));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CorruptFileException(
          checkpoint.info().directory().resolve(FILE) + ": " + e.getMessage(), e);
    }
  }

  private FileContent content() {
    Json.Builder json =
        Json.object()
            .put("task", "classify")
            .put("model", model)
            .put("train", train)
            .put("eval", eval)
            .put("max_length", maxLength);
    transfer.addTo(json);
    return FileContent.of(json.build().toIndentedText() + "\n");
  }

  /** {@code bert} with this beside its own files in each checkpoint. */
  TrainableModel beside(PretrainedBert bert) {
    return new TrainableModel() {
      @Override
      public Module module() {
        return bert.module();
      }

      @Override
      public ModelOutput forward(Batch batch) {
        return bert.forward(batch);
      }

      @Override
      public ModelOutput forward(Batch batch, Recomputation recomputation) {
        return bert.forward(batch, recomputation);
      }

      @Override
      public boolean supportsGradientCheckpointing() {
        return bert.supportsGradientCheckpointing();
      }

      @Override
      public Map<String, FileContent> files() {
        Map<String, FileContent> files = new LinkedHashMap<>(bert.files());
        files.put(FILE, content());
        return files;
      }
    };
  }
}
