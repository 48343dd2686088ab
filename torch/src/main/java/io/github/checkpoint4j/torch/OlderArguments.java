package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arguments of older versions of transformers, under the names they have in 5.23.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/training_args.py, {@code
 *     __post_init__} of versions 3 and 4</a>
 */
final class OlderArguments {
  /** An older name that is given goes before today's, as it did. */
  private static final Map<String, String> RENAMED =
      Map.of(
          // 5.23 has both names of these two, and looks at this one first.
          "activation_checkpointing", "gradient_checkpointing",
          "activation_checkpointing_kwargs", "gradient_checkpointing_kwargs",
          "evaluation_strategy", "eval_strategy",
          "per_gpu_train_batch_size", "per_device_train_batch_size",
          "per_gpu_eval_batch_size", "per_device_eval_batch_size");

  /** Switches that have become a value of another argument. */
  private static final Map<String, Map.Entry<String, String>> SWITCHES =
      Map.of(
          "adafactor", Map.entry("optim", "adafactor"),
          "evaluate_during_training", Map.entry("eval_strategy", "steps"),
          "group_by_length", Map.entry("train_sampling_strategy", "group_by_length"));

  private static final String RATIO = "warmup_ratio";
  private static final String WARMUP = "warmup_steps";

  private OlderArguments() {}

  /** The arguments under today's names; those it does not know stay as they are. */
  static Json.Obj renamed(Json.Obj arguments) {
    Map<String, Json> today = new LinkedHashMap<>(arguments.members());
    RENAMED.forEach(
        (older, name) -> {
          Json value = today.remove(older);
          if (value != null && value != Json.Null.NULL) {
            today.put(name, value);
          }
        });
    SWITCHES.forEach(
        (older, now) -> {
          Json value = today.get(older);
          if (value instanceof Json.Bool(boolean on)) {
            today.remove(older);
            if (on) {
              today.put(now.getKey(), Json.of(now.getValue()));
            }
          }
        });
    if (today.get(RATIO) instanceof Json.Num ratio) {
      today.remove(RATIO);
      boolean inSteps = today.get(WARMUP) instanceof Json.Num steps && steps.asDouble() > 0;
      if (!inSteps && ratio.asDouble() > 0) {
        // A share of all steps is one below 1; the one next to it is all of them, rounded up.
        today.put(WARMUP, Json.of(ratio.asDouble() == 1 ? Math.nextDown(1.0) : ratio.asDouble()));
      }
    }
    return Json.object(today);
  }
}
