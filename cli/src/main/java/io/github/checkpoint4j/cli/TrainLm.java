package io.github.checkpoint4j.cli;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ckpt train lm}: trains a GPT-2 to go on with texts. */
@Command(
    name = "lm",
    description = {
      "Trains a GPT-2 to write, with checkpoints. The same command again resumes.",
      "Without --model: a small one of its own, from random weights. Without --train: poems of the"
          + " Tang dynasty, built in. An option that is not given has the value that the run was"
          + " saved with, or the default in parentheses."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainLm extends TrainVerb {
  private static final NewModel USUAL = NewModelOptions.usual(NewModel.CHARACTERS, 3, 4, 128);

  @Mixin NewModelOptions made = new NewModelOptions();

  @Option(
      names = "--packing",
      negatable = true,
      description = "Put texts one after the other, in blocks of --max-length tokens (no).")
  @Nullable Boolean packing;

  TrainLm(PrintStream err) {
    super(TaskKind.LM, err);
  }

  @Override
  Map<String, String> texts() {
    Map<String, String> texts = new HashMap<>(NewModelOptions.texts("characters|bytes", USUAL));
    texts.put(
        "model",
        "A Hugging Face directory of a GPT-2, a run, or weights with config.json beside them (a new"
            + " model).");
    texts.put("line", "one text each");
    return texts;
  }

  @Override
  TrainingTask task(Optional<SavedRun> run, Optional<TrainingTask> saved) {
    Optional<LanguageModelTask> before =
        saved.flatMap(
            task -> task instanceof LanguageModelTask lm ? Optional.of(lm) : Optional.empty());
    String name = model(run, saved, NewModel.NAME);
    return new LanguageModelTask(
        name,
        data(saved),
        made.of(name, USUAL, before.map(LanguageModelTask::made)),
        packing != null ? packing : before.map(LanguageModelTask::packing).orElse(false),
        transfer(saved));
  }
}
