package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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

  private static final Pattern SHARD = Pattern.compile("model-[0-9]{5}-of-[0-9]{5}\\.safetensors");

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

  /**
   * The files of a component. Frozen tensors of the model are in a shard of their own, so that its
   * bytes stay the same from checkpoint to checkpoint: then there are two shards, first that of the
   * tensors that change, and their index. If none is frozen, or all are, there is one file.
   *
   * @param frozen the names of the tensors of the model that do not change
   * @throws IllegalArgumentException as {@link #content}; or if the model has no tensor of a name
   *     that is said to be frozen
   */
  public static Map<String, FileContent> files(
      String component, StateDict state, Set<String> frozen) {
    if (!component.equals(MODEL) || frozen.isEmpty()) {
      return Map.of(file(component), content(component, state));
    }
    Map<String, Value> changing = new LinkedHashMap<>(state.entries());
    Map<String, Value> unchanging = new LinkedHashMap<>();
    for (String name : frozen) {
      unchanging.put(name, state.find(name).orElseThrow(() -> notThere(name, state)));
      changing.remove(name);
    }
    if (changing.isEmpty()) {
      return Map.of(file(component), content(component, state));
    }
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put("model-00001-of-00002.safetensors", content(component, StateDict.of(changing)));
    files.put("model-00002-of-00002.safetensors", content(component, StateDict.of(unchanging)));
    files.put(INDEX_FILE, ShardIndex.write(files));
    return files;
  }

  private static IllegalArgumentException notThere(String name, StateDict model) {
    return new IllegalArgumentException(
        "the model has no tensor '%s', which is said to be frozen; there are: %s"
            .formatted(name, String.join(", ", model.names().stream().limit(12).toList())));
  }

  /** Whether a file of this name is one that {@link #files} gives a component. */
  public static boolean isFileOf(String component, String file) {
    return file.equals(file(component))
        || (component.equals(MODEL) && (file.equals(INDEX_FILE) || isShard(file)));
  }

  static boolean isShard(String file) {
    return SHARD.matcher(file).matches();
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
