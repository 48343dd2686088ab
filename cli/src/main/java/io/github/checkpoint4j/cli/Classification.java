package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.torch.ComputeMetrics;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.transformers.ClassificationCollator;
import io.github.checkpoint4j.transformers.ClassificationMetrics;
import io.github.checkpoint4j.transformers.LabeledText;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A BERT that tells labels of texts.
 *
 * @param labels in the order of the classifier's outputs
 */
record Classification(
    ClassificationTask task, List<String> labels, TaskExamples<LabeledText> examples)
    implements Preparation<LabeledText> {

  static Classification of(ClassificationTask task) throws IOException {
    String train = task.data().train();
    List<String> labels =
        train.equals(task.kind().builtIn()) ? Reviews.LABELS : LabeledText.labels(Path.of(train));
    return new Classification(
        task,
        labels,
        TaskExamples.read(
            task, Reviews::training, Reviews::evaluation, file -> LabeledText.read(file, labels)));
  }

  @Override
  public TaskParts<LabeledText> parts(Optional<SavedRun> run) throws IOException {
    PretrainedBert bert = Models.classifier(task.model(), labels, task.transfer().loading());
    Tokenizer tokenizer = Models.tokenizer(bert.tokenizer(), task.model());
    int maxLength = task.data().maxLength();
    return new TaskParts<>(
        bert,
        Optional.of(bert.report()),
        examples.train(),
        examples.eval(),
        new ClassificationCollator(tokenizer, maxLength),
        example -> tokenizer.encode(example.text(), maxLength).length(),
        trainer -> trainer.computeMetrics(metrics(labels.size())));
  }

  private static ComputeMetrics metrics(int labels) {
    return prediction -> {
      ClassificationMetrics metrics = new ClassificationMetrics(labels);
      try (Tensor logits = NativeTensors.copyOf(prediction.predictions());
          Tensor expected = NativeTensors.copyOf(prediction.labelIds())) {
        metrics.add(logits, expected);
      }
      return metrics.result();
    };
  }
}
