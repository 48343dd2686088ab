package io.github.checkpoint4j.examples;

import io.github.checkpoint4j.torch.Freezing;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.transformers.ClassificationCollator;
import io.github.checkpoint4j.transformers.LabeledText;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.TextClassifier;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** A pretrained BERT with a new head; of the rest only the last layer and the pooler learn. */
public final class TransferLearning {
  private TransferLearning() {}

  /** Arguments: FILE RUN STEPS TEXT. Each line of the file is LABEL, a tab, a text. */
  public static void main(String... arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    List<String> labels = LabeledText.labels(file);
    torch.manual_seed(42);
    PretrainedBert bert = PretrainedBert.miniLm(labels);
    bert.report().lines(4).forEach(System.out::println); // the new head is drawn at random
    Tokenizer tokenizer = bert.tokenizer().orElseThrow();
    Trainer.<LabeledText>builder()
        .model(bert)
        .freeze(
            Freezing.of(
                List.of(
                    NamePattern.parse("bert.embeddings.*"),
                    NamePattern.parse("regex:bert\\.encoder\\.layer\\.[0-4]\\..*"))))
        .learningRates(LearningRates.uniform().rate(NamePattern.parse("classifier.*"), 1e-2))
        .arguments(
            TrainingArguments.builder()
                .outputDir(Path.of(arguments[1]))
                .maxSteps(Long.parseLong(arguments[2]))
                .incrementalSave(true) // frozen weights are written once
                .build())
        .trainDataset(LabeledText.read(file, labels))
        .collator(new ClassificationCollator(tokenizer, 32))
        .build()
        .train();
    new TextClassifier(bert.model(), tokenizer, 32, 8)
        .predict(List.of(arguments[3]))
        .forEach(each -> System.out.println(each.label() + " " + each.score()));
  }
}
