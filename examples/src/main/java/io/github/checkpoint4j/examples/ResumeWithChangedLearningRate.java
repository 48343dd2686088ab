package io.github.checkpoint4j.examples;

import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.transformers.Seq2SeqCollator;
import io.github.checkpoint4j.transformers.T5Config;
import io.github.checkpoint4j.transformers.T5ForConditionalGeneration;
import io.github.checkpoint4j.transformers.TextPair;
import io.github.checkpoint4j.transformers.Tokenizer;
import io.github.checkpoint4j.transformers.TokenizerTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** Trains half of the steps, and the rest at a tenth of the learning rate. */
public final class ResumeWithChangedLearningRate {
  private ResumeWithChangedLearningRate() {}

  /** Arguments: FILE RUN STEPS. Each line of the file is a source, a tab, a target. */
  public static void main(String... arguments) throws IOException {
    List<TextPair> pairs = TextPair.read(Path.of(arguments[0]));
    Path run = Path.of(arguments[1]);
    long steps = Long.parseLong(arguments[2]);
    train(pairs, run, steps / 2, 3e-3);
    // The optimizer's state, the random numbers and the place in the data are the checkpoint's;
    // what differs from it is applied, and reported on the console.
    TrainResult result = train(pairs, run, steps, 3e-4);
    System.out.println("step " + result.globalStep() + ", loss " + result.trainingLoss());
  }

  private static TrainResult train(List<TextPair> pairs, Path run, long steps, double learningRate)
      throws IOException {
    Tokenizer tokenizer = TokenizerTraining.transcription(pairs);
    torch.manual_seed(42);
    var config = T5Config.of(tokenizer.vocabularySize(), 16, 8, 32, 2, 2);
    return Trainer.<TextPair>builder()
        .model(new T5ForConditionalGeneration(config))
        .arguments(
            TrainingArguments.builder()
                .outputDir(run)
                .maxSteps(steps)
                .learningRate(learningRate)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .build())
        .trainDataset(pairs)
        .collator(new Seq2SeqCollator(tokenizer, 32, 32))
        .callback(ConsoleReport.standardError())
        .build()
        .train();
  }
}
