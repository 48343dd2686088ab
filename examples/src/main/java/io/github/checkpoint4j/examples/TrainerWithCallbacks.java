package io.github.checkpoint4j.examples;

import io.github.checkpoint4j.keras.callbacks.CSVLogger;
import io.github.checkpoint4j.keras.callbacks.EarlyStopping;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.transformers.CausalLMCollator;
import io.github.checkpoint4j.transformers.Encoding;
import io.github.checkpoint4j.transformers.Gpt2Config;
import io.github.checkpoint4j.transformers.Gpt2LMHeadModel;
import io.github.checkpoint4j.transformers.LanguageModelTexts;
import io.github.checkpoint4j.transformers.TextFile;
import io.github.checkpoint4j.transformers.Tokenizer;
import io.github.checkpoint4j.transformers.TokenizerTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** A small GPT-2 over the characters of a text, with Keras's callbacks beside the console. */
public final class TrainerWithCallbacks {
  private TrainerWithCallbacks() {}

  /** Arguments: FILE RUN STEPS. Each line of the file is an example. */
  public static void main(String... arguments) throws IOException {
    List<String> lines = TextFile.lines(Path.of(arguments[0]));
    Path run = Path.of(arguments[1]);
    Tokenizer tokenizer = TokenizerTraining.characters(lines);
    List<Encoding> texts = LanguageModelTexts.causal(tokenizer, lines, 64);
    torch.manual_seed(42);
    var model = new Gpt2LMHeadModel(Gpt2Config.of(tokenizer.vocabularySize(), 64, 32, 2, 2));
    Trainer.<Encoding>builder()
        .model(model)
        .arguments(
            TrainingArguments.builder()
                .outputDir(run)
                .maxSteps(Long.parseLong(arguments[2]))
                .learningRate(3e-3)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(5)
                .saveSteps(5)
                .loadBestModelAtEnd(true)
                .build())
        .trainDataset(texts)
        .evalDataset(texts.subList(0, Math.min(texts.size(), 8)))
        .collator(new CausalLMCollator(tokenizer))
        .callback(ConsoleReport.standardError())
        .callback(EarlyStopping.builder().monitor("val_loss").patience(3).build())
        .callback(new CSVLogger(run.resolve("log.csv")))
        .build()
        .train();
  }
}
