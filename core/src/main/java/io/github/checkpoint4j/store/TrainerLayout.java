package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.format.TiedTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
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

  /** As many as five digits number. */
  private static final int MOST_SHARDS = 99_999;

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
   * The files of a component. A model that is larger than a shard may be is in several, {@code
   * model-00001-of-0000n.safetensors} and so on, with their index. Its frozen tensors are in shards
   * of their own, after those that change, so that their bytes stay the same from checkpoint to
   * checkpoint.
   *
   * <p>A tensor that has several names is in one shard, and in the index under the first alone: see
   * {@link SafeTensors#write}.
   *
   * @throws IllegalArgumentException as {@link #content}; if the model has no tensor of a name that
   *     is said to be frozen; or if there would be more than 99,999 shards
   */
  public static Map<String, FileContent> files(
      String component, StateDict state, Sharding sharding) {
    if (!component.equals(MODEL)) {
      return Map.of(file(component), content(component, state));
    }
    TiedTensors model = TiedTensors.of(state);
    List<Set<String>> shards = shards(model, state, sharding);
    if (shards.size() <= 1) {
      return Map.of(MODEL_FILE, content(component, state));
    }
    if (shards.size() > MOST_SHARDS) {
      throw new IllegalArgumentException(
          "the model would be in %d shards, at most %d can be named; give a size of more than %d bytes"
              .formatted(shards.size(), MOST_SHARDS, sharding.maxShardSize()));
    }
    Map<String, FileContent> files = new LinkedHashMap<>();
    for (Set<String> shard : shards) {
      files.put(
          "model-%05d-of-%05d.safetensors".formatted(files.size() + 1, shards.size()),
          content(component, model.only(shard)));
    }
    files.put(INDEX_FILE, ShardIndex.write(files, sharding.parameters()));
    return files;
  }

  private static List<Set<String>> shards(TiedTensors model, StateDict state, Sharding sharding) {
    Map<String, Tensor> changing = new LinkedHashMap<>(model.tensors());
    Map<String, Tensor> unchanging = new LinkedHashMap<>();
    Set<String> frozen = new HashSet<>();
    for (String name : sharding.frozen()) {
      if (!state.contains(name)) {
        throw notThere(name, state);
      }
      frozen.add(model.aliases().getOrDefault(name, name));
    }
    model
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (frozen.contains(name)) {
                changing.remove(name);
                unchanging.put(name, tensor);
              }
            });
    List<Set<String>> shards = new ArrayList<>(sharding.split(changing));
    shards.addAll(sharding.split(unchanging));
    return shards;
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
