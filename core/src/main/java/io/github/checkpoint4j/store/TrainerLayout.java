package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import java.util.Map;

/**
 * Which part of a checkpoint is in which file, as in the {@code checkpoint-N} directories of
 * Hugging Face's Trainer:
 *
 * <table>
 *   <caption>Components and their files</caption>
 *   <tr><th>component</th><th>file</th></tr>
 *   <tr><td>{@code model}</td><td>{@code model.safetensors}, or the shards that {@code
 *       model.safetensors.index.json} names</td></tr>
 *   <tr><td>{@code optimizer}</td><td>{@code optimizer.pt}</td></tr>
 *   <tr><td>{@code scheduler}</td><td>{@code scheduler.pt}</td></tr>
 *   <tr><td>{@code rng}</td><td>{@code rng_state.pth}</td></tr>
 *   <tr><td>any other <i>name</i></td><td><i>name</i>{@code .pt}</td></tr>
 * </table>
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/trainer.py, the constants
 *     after the imports</a>
 */
public final class TrainerLayout {
  /** The component in safetensors. */
  public static final String MODEL = "model";

  /** The component that is to be loaded last, since making the others draws random numbers. */
  public static final String RANDOM_STATE = "rng";

  static final String MODEL_FILE = "model.safetensors";
  static final String INDEX_FILE = "model.safetensors.index.json";

  private TrainerLayout() {}

  /**
   * The file that a component is written to.
   *
   * @throws IllegalArgumentException if the component's name cannot be part of a file's
   */
  public static String file(String component) {
    return switch (component) {
      case MODEL -> MODEL_FILE;
      case RANDOM_STATE -> "rng_state.pth";
      default -> FileName.require(component + ".pt");
    };
  }

  /**
   * The content of a component's file.
   *
   * @throws IllegalArgumentException if the state cannot be written in the file's format: a model
   *     with something that is not a tensor
   */
  public static FileContent content(String component, StateDict state) {
    String file = file(component);
    return component.equals(MODEL)
        ? SafeTensors.write(state, Map.of("format", "pt"))
        : PyTorch.write(state, file.substring(0, file.lastIndexOf('.')));
  }

  /** Whether a file of this name is in a format of tensors, and so never empty. */
  static boolean holdsTensors(String file) {
    return isSafeTensors(file) || isPyTorch(file);
  }

  static boolean isSafeTensors(String file) {
    return file.endsWith(".safetensors");
  }

  static boolean isPyTorch(String file) {
    return file.endsWith(".pt") || file.endsWith(".pth") || file.endsWith(".bin");
  }
}
