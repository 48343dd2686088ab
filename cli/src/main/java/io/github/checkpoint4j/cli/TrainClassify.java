package io.github.checkpoint4j.cli;

import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;

/** {@code ckpt train classify}: fine-tunes a BERT on labeled texts. */
@Command(
    name = "classify",
    description = {
      "Fine-tunes a BERT on labeled texts, with checkpoints. The same command again resumes.",
      "Without --model and --train: MiniLM-L6 on film reviews, both built in. An option that is not"
          + " given has the value that the run was saved with, or the default in parentheses."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainClassify extends TrainVerb {
  TrainClassify(PrintStream err) {
    super(TaskKind.CLASSIFY, err);
  }

  @Override
  Map<String, String> texts() {
    return Map.of(
        "model",
        "minilm, a Hugging Face directory of a BERT, a run, or weights with config.json beside them"
            + " (minilm).",
        "line",
        "LABEL, a tab, TEXT");
  }

  @Override
  TrainingTask task(Optional<SavedRun> run, Optional<TrainingTask> saved) {
    return new ClassificationTask(
        model(run, saved, ClassificationTask.MINI_LM), data(saved), transfer(saved));
  }
}
