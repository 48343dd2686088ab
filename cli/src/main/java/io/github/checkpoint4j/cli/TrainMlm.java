package io.github.checkpoint4j.cli;

import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ckpt train mlm}: goes on with the pre-training of a BERT. */
@Command(
    name = "mlm",
    description = {
      "Goes on with the pre-training of a BERT, which guesses hidden words, with checkpoints. The"
          + " same command again resumes.",
      "Without --model and --train: MiniLM-L6 on the texts of film reviews, both built in. An option"
          + " that is not given has the value that the run was saved with, or the default in"
          + " parentheses."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainMlm extends TrainVerb {
  @Option(
      names = "--mask-probability",
      paramLabel = "X",
      description = "Of a token to be hidden (0.15).")
  @Nullable Double maskProbability;

  TrainMlm(PrintStream err) {
    super(TaskKind.MLM, err);
  }

  @Override
  Map<String, String> texts() {
    return Map.of(
        "model",
        "minilm, a Hugging Face directory of a BERT, a run, or weights with config.json beside them"
            + " (minilm).",
        "line",
        "one text each");
  }

  @Override
  TrainingTask task(Optional<SavedRun> run, Optional<TrainingTask> saved) {
    Optional<Double> before =
        saved.flatMap(
            task ->
                task instanceof MaskedLanguageModelTask mlm
                    ? Optional.of(mlm.maskProbability())
                    : Optional.empty());
    double probability =
        maskProbability != null
            ? maskProbability
            : before.orElse(MaskedLanguageModelTask.MASK_PROBABILITY);
    if (!(probability > 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "--mask-probability is " + probability + "; give one above 0, up to 1");
    }
    return new MaskedLanguageModelTask(
        model(run, saved, ClassificationTask.MINI_LM), data(saved), probability, transfer(saved));
  }
}
