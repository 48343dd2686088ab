package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ckpt train seq2seq}: trains a T5 to make one text of another. */
@Command(
    name = "seq2seq",
    description = {
      "Trains a T5 to make one text of another, with checkpoints. The same command again resumes.",
      "Without --model: a small one of its own, from random weights. Without --train: English words"
          + " and their phonemes, built in. An option that is not given has the value that the run"
          + " was saved with, or the default in parentheses.",
      "Evaluations generate, greedily. --tokenizer transcription is for words and their phonemes:"
          + " sources are put into small letters, targets are symbols with spaces between them, and"
          + " phoneme_error_rate is measured; with others character_error_rate."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainSeq2Seq extends TrainVerb {
  private static final NewModel USUAL = NewModelOptions.usual(NewModel.TRANSCRIPTION, 2, 4, 128);

  @Mixin NewModelOptions made = new NewModelOptions();

  TrainSeq2Seq(PrintStream err) {
    super(TaskKind.SEQ2SEQ, err);
  }

  @Override
  Map<String, String> texts() {
    Map<String, String> texts = new HashMap<>(NewModelOptions.texts("transcription|bytes", USUAL));
    texts.put(
        "model",
        "A Hugging Face directory of a T5, a run, or weights with config.json beside them (a new"
            + " model).");
    texts.put("line", "SOURCE, a tab, TARGET");
    return texts;
  }

  @Override
  TrainingTask task(Optional<SavedRun> run, Optional<TrainingTask> saved) throws IOException {
    String name = model(run, saved, NewModel.NAME);
    Optional<TrainingTask> before = saved.isPresent() ? saved : ofModel(name);
    return new Seq2SeqTask(
        name,
        data(saved),
        made.of(
            name,
            USUAL,
            before.flatMap(
                task ->
                    task instanceof Seq2SeqTask one ? Optional.of(one.made()) : Optional.empty())),
        transfer(saved));
  }

  /** What the model that a training begins with was itself trained on; its texts are such texts. */
  private static Optional<TrainingTask> ofModel(String name) throws IOException {
    if (name.equals(NewModel.NAME) || !Files.isDirectory(Path.of(name))) {
      return Optional.empty();
    }
    try (Checkpoint checkpoint = Checkpoint.open(Models.directory(Path.of(name)))) {
      return TrainingTask.in(checkpoint);
    }
  }
}
