package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Threads;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.TextClassifier;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Applies a classifier. Kept apart from its verb, since it brings in native libraries. */
final class Classifying {
  private static final int BATCH = 32;

  private Classifying() {}

  /** What the classifier in {@code directory} makes of {@code texts}, in their order. */
  static List<Classified> classify(Path directory, List<String> texts, OptionalInt threads)
      throws IOException {
    Optional<TrainingTask> task = task(directory);
    task.map(TrainingTask::kind).ifPresent(kind -> requireClassifier(kind, directory));
    threads.ifPresent(Threads::use);
    PretrainedBert bert = PretrainedBert.fromDirectory(directory);
    if (!bert.report().missing().isEmpty()) {
      throw new RefusedException(
          directory
              + " has no trained classifier ("
              + String.join(", ", bert.report().missing())
              + " are missing); train one with: ckpt train classify --model "
              + directory);
    }
    Tokenizer tokenizer = Models.tokenizer(bert.tokenizer(), directory.toString());
    int positions = Math.toIntExact(bert.model().config().maxPositionEmbeddings());
    int maxLength =
        task.map(found -> Math.min(positions, found.data().maxLength())).orElse(positions);
    List<Classified> classified = new ArrayList<>();
    for (var prediction :
        new TextClassifier(bert.model(), tokenizer, maxLength, BATCH).predict(texts)) {
      classified.add(
          new Classified(
              texts.get(classified.size()),
              prediction.label(),
              prediction.score(),
              prediction.scores()));
    }
    return classified;
  }

  private static Optional<TrainingTask> task(Path directory) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return TrainingTask.in(checkpoint);
    }
  }

  private static void requireClassifier(TaskKind kind, Path directory) {
    if (kind == TaskKind.LM || kind == TaskKind.SEQ2SEQ) {
      throw new RefusedException(
          "%s was saved by ckpt train %s and does not classify; use it: %s"
              .formatted(directory, kind.verb(), kind.use(directory.toString())));
    }
  }
}
