package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.FileContent;
import java.util.Map;
import org.bytedeco.pytorch.Module;

/** A model the {@code Trainer} can train: a module, and how it makes a loss of a batch. */
public interface TrainableModel {
  /** The module with the parameters; the same one each time. */
  Module module();

  /**
   * Applies the model. In training mode of {@link #module()} it may draw random numbers, for
   * dropout.
   *
   * @throws IllegalArgumentException if the batch lacks a tensor the model needs
   */
  ModelOutput forward(Batch batch);

  /**
   * Whether the loss is that of a causal language model: the mean over the labels after the first
   * of each row, where the logits of a place are for the label of the place after it. Of such a
   * model the trainer makes one mean of all batches of a step.
   */
  default boolean predictsNextToken() {
    return false;
  }

  /**
   * As {@link #forward(Batch)}, with the layers of the model run as segments of a recomputation.
   * With {@link Recomputation#none} it is the same.
   *
   * @throws UnsupportedOperationException if the model has no segments: it does not {@linkplain
   *     #supportsGradientCheckpointing support} this
   */
  default ModelOutput forward(Batch batch, Recomputation recomputation) {
    throw new UnsupportedOperationException("the model does not support gradient checkpointing");
  }

  /** Whether there is a {@link #forward(Batch, Recomputation)}. */
  default boolean supportsGradientCheckpointing() {
    return false;
  }

  /**
   * Files that belong beside the weights in every checkpoint, by name: {@code config.json},
   * tokenizer files.
   */
  default Map<String, FileContent> files() {
    return Map.of();
  }
}
