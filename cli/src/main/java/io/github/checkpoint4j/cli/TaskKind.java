package io.github.checkpoint4j.cli;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of task, with what is so for each where nothing else is said. */
enum TaskKind {
  CLASSIFY("classify", "reviews", "ckpt predict"),
  LM("lm", "poems", "ckpt generate"),
  SEQ2SEQ("seq2seq", "pronunciations", "ckpt generate"),
  MLM("mlm", "reviews", "ckpt train classify --model");

  private final String verb;
  private final String builtIn;
  private final String use;

  TaskKind(String verb, String builtIn, String use) {
    this.verb = verb;
    this.builtIn = builtIn;
    this.use = use;
  }

  /**
   * The kind of this verb.
   *
   * @throws IllegalArgumentException if there is none
   */
  static TaskKind of(String verb) {
    return Arrays.stream(values())
        .filter(kind -> kind.verb.equals(verb))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "task is '%s'; expected one of %s"
                        .formatted(
                            verb,
                            Arrays.stream(values())
                                .map(TaskKind::verb)
                                .collect(Collectors.joining(", ")))));
  }

  /** The word after {@code ckpt train}. */
  String verb() {
    return verb;
  }

  /** The name of the data that is built in. */
  String builtIn() {
    return builtIn;
  }

  /** What is done with a run of this kind. */
  String use(String run) {
    return use + " " + run;
  }

  TrainingDefaults defaults() {
    return switch (this) {
      case CLASSIFY -> new TrainingDefaults(100, 32, 5e-5, 30, 25, 5, 64, TaskData.ALL);
      case LM -> new TrainingDefaults(1500, 32, 3e-3, 50, 250, 50, 128, TaskData.ALL);
      case SEQ2SEQ -> new TrainingDefaults(2400, 64, 1e-3, 100, 400, 100, 64, 500);
      case MLM -> new TrainingDefaults(100, 32, 5e-4, 10, 25, 5, 64, TaskData.ALL);
    };
  }

  /** What evaluations measure, without {@code eval_}. */
  List<String> metrics() {
    return switch (this) {
      case CLASSIFY -> List.of("accuracy", "f1", "matthews_correlation", "loss");
      case SEQ2SEQ -> List.of("phoneme_error_rate", "character_error_rate", "exact_match", "loss");
      case LM, MLM -> List.of("loss", "perplexity");
    };
  }
}
