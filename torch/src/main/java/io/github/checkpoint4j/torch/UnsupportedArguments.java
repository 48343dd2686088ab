package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Arguments of Hugging Face's that make a training another one, and are not supported here. */
final class UnsupportedArguments {
  /** Its seedable sampler is the order of the data here; without it there is another. */
  private static final String ACCELERATOR = "accelerator_config";

  private static final String SAMPLER = "use_seedable_sampler";

  /** Its rest says how layers run again, which changes no number; here they do in one way. */
  private static final String CHECKPOINTING = "gradient_checkpointing_kwargs";

  private static final String SAME_NUMBERS = "preserve_rng_state";

  /** With these in use the optimizer's state, or the order of the data, is none of ours. */
  private static final Set<String> PART_OF_STATE =
      Set.of(
          ACCELERATOR,
          "deepspeed",
          "fsdp",
          "optim_args",
          "optim_target_modules",
          "parallelism_config",
          "sharded_ddp");

  /** Without these a training goes on, as another one. */
  private static final List<String> LEFT_OUT =
      List.of(
          "auto_find_batch_size",
          "batch_eval_metrics",
          "bf16_full_eval",
          "fp16",
          "fp16_full_eval",
          "full_determinism",
          CHECKPOINTING,
          "include_for_metrics",
          "include_num_input_tokens_seen",
          "lr_scheduler_kwargs",
          "neftune_noise_alpha",
          "overwrite_output_dir",
          "past_index",
          "push_to_hub",
          "report_to",
          "tf32",
          "torch_compile",
          "use_liger_kernel");

  private UnsupportedArguments() {}

  static boolean isOne(String name) {
    return PART_OF_STATE.contains(name) || LEFT_OUT.contains(name);
  }

  /**
   * Returns if an argument is none of these, or asks for nothing.
   *
   * @throws IllegalArgumentException if it asks for something
   */
  static void requireUnused(String name, Json value) {
    if (isOne(name) && isUsed(name, value)) {
      throw new IllegalArgumentException(
          "%s is %s, which is not supported; leave it out".formatted(name, value.toText()));
    }
  }

  /**
   * Returns if a run with these arguments can go on here.
   *
   * @param checkpoint the name of its checkpoint
   * @throws IllegalArgumentException if not; the message says why
   */
  static void requireResumable(Json.Obj arguments, String checkpoint) {
    arguments
        .members()
        .forEach(
            (name, value) -> {
              boolean refused =
                  switch (name) {
                    case "optim" -> !names(OptimizerType.values()).contains(text(value));
                    case "train_sampling_strategy" ->
                        !names(SamplingStrategy.values()).contains(text(value));
                    default -> PART_OF_STATE.contains(name) && isUsed(name, value);
                  };
              if (refused) {
                throw new IllegalArgumentException(
                    ("%s was %s when %s was saved, which is not supported, and the run could not go"
                            + " on as it was: begin a new run from its weights in another output"
                            + " directory")
                        .formatted(name, value.toText(), checkpoint));
              }
            });
  }

  /** What a run with these arguments goes on without. */
  static List<Resumption.Change> leftOut(Json.Obj arguments) {
    return LEFT_OUT.stream()
        .filter(name -> isUsed(name, arguments.find(name).orElse(Json.Null.NULL)))
        .map(
            name ->
                new Resumption.Change(
                    name, arguments.get(name), Json.Null.NULL, Resumption.Effect.UNSUPPORTED))
        .toList();
  }

  private static boolean isUsed(String name, Json value) {
    return switch (name) {
      case ACCELERATOR -> isOff(SAMPLER, value);
      case CHECKPOINTING -> isOff(SAME_NUMBERS, value);
      default -> isUsed(value);
    };
  }

  private static boolean isOff(String member, Json value) {
    return value instanceof Json.Obj config
        && config.find(member).equals(Optional.of(Json.of(false)));
  }

  /** Whether a value asks for anything: it is not null, false, 0, below 0, no or empty. */
  private static boolean isUsed(Json value) {
    return switch (value) {
      case Json.Null _ -> false;
      case Json.Bool(boolean on) -> on;
      case Json.Num number -> number.asDouble() > 0;
      case Json.Str(String text) -> !Set.of("", "no", "none").contains(text);
      case Json.Arr array -> array.items().stream().anyMatch(UnsupportedArguments::isUsed);
      case Json.Obj object -> !object.members().isEmpty();
    };
  }

  private static String text(Json value) {
    return value instanceof Json.Str(String text) ? text : value.toText();
  }

  private static Set<String> names(Enum<?>[] constants) {
    return Arrays.stream(constants)
        .map(constant -> constant.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }
}
