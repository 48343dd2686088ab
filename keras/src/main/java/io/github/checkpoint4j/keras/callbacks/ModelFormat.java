package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.torch.TrainingParts;

/**
 * A format that {@link ModelCheckpoint} saves models in. Which one is told by the end of the file's
 * name.
 */
public interface ModelFormat {
  /** How names of its files end, for instance {@code .safetensors}. */
  String suffix();

  /** Whether it can hold the weights alone. */
  boolean holdsWeightsOnly();

  /** Whether it can hold the model with all that training it further takes. */
  boolean holdsWholeModel();

  /**
   * The file of a model as it is now. It is written before training goes on.
   *
   * @param weightsOnly whether the weights alone are wanted; what is wanted is held by this format
   */
  FileContent content(TrainingParts training, boolean weightsOnly);
}
