package io.github.checkpoint4j.examples;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.transformers.GenerationConfig;
import io.github.checkpoint4j.transformers.Seq2SeqCollator;
import io.github.checkpoint4j.transformers.T5Config;
import io.github.checkpoint4j.transformers.T5Decoder;
import io.github.checkpoint4j.transformers.T5ForConditionalGeneration;
import io.github.checkpoint4j.transformers.TextGeneration;
import io.github.checkpoint4j.transformers.TextPair;
import io.github.checkpoint4j.transformers.Tokenizer;
import io.github.checkpoint4j.transformers.TokenizerTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/**
 * A small T5 from words to sounds. Kill it at any moment: the same command goes on, bit for bit.
 */
public final class Seq2SeqSurvivingAKill {
  private Seq2SeqSurvivingAKill() {}

  /** Arguments: FILE RUN STEPS WORD. Each line of the file is a word, a tab, its sounds. */
  public static void main(String... arguments) throws IOException {
    List<TextPair> pairs = TextPair.read(Path.of(arguments[0]));
    Tokenizer tokenizer = TokenizerTraining.transcription(pairs);
    var collator = new Seq2SeqCollator(tokenizer, 32, 32);
    torch.manual_seed(42);
    var config = T5Config.of(tokenizer.vocabularySize(), 32, 16, 64, 2, 2);
    var model = new T5ForConditionalGeneration(config);
    Trainer.<TextPair>builder()
        .model(model)
        .arguments(
            TrainingArguments.builder()
                .outputDir(Path.of(arguments[1]))
                .maxSteps(Long.parseLong(arguments[2]))
                .learningRate(3e-3)
                .saveSteps(5)
                .build())
        .trainDataset(pairs)
        .collator(collator)
        .callback(ConsoleReport.standardError())
        .build()
        .train(); // from the newest whole checkpoint in the run, if there is one
    model.eval();
    GenerationConfig greedy =
        GenerationConfig.builder().maxNewTokens(16).eosTokenIds(config.eosTokenIds()).build();
    try (Batch batch = collator.collate(List.of(new TextPair(arguments[3], "")));
        T5Decoder decoder = new T5Decoder(model, batch)) {
      TextGeneration.generate(decoder, decoder.prompts(), greedy).stream()
          .map(text -> text.tokens().stream().mapToLong(Long::longValue).toArray())
          .forEach(tokens -> System.out.println(tokenizer.decode(tokens, true)));
    }
  }
}
