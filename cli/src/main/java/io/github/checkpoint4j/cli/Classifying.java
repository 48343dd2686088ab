package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.TextClassifier;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.bytedeco.pytorch.global.torch;

/** Applies a classifier. Kept apart from its verb, since it brings in native libraries. */
final class Classifying {
  private static final int BATCH = 32;

  private Classifying() {}

  /** What the classifier in {@code directory} makes of {@code texts}, in their order. */
  static List<Classified> classify(Path directory, List<String> texts, OptionalInt threads)
      throws IOException {
    threads.ifPresent(torch::set_num_threads);
    PretrainedBert bert = PretrainedBert.fromDirectory(directory);
    if (!bert.report().missing().isEmpty()) {
      throw new RefusedException(
          directory
              + " has no trained classifier ("
              + String.join(", ", bert.report().missing())
              + " are missing); train one with: ckpt train classify --model "
              + directory);
    }
    Tokenizer tokenizer =
        bert.tokenizer()
            .orElseThrow(
                () ->
                    new RefusedException(
                        directory
                            + " has no tokenizer.json and no vocab.txt; put them beside the weights"));
    int positions = Math.toIntExact(bert.model().config().maxPositionEmbeddings());
    int maxLength = Math.min(positions, maxLength(directory));
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

  private static int maxLength(Path directory) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return ClassificationTask.in(checkpoint)
          .map(ClassificationTask::maxLength)
          .orElse(Integer.MAX_VALUE);
    }
  }
}
