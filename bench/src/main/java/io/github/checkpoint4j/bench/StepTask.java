package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.transformers.Encoding;
import io.github.checkpoint4j.transformers.Gpt2Config;
import io.github.checkpoint4j.transformers.Gpt2LMHeadModel;
import io.github.checkpoint4j.transformers.LabeledText;
import io.github.checkpoint4j.transformers.LanguageModelTexts;
import io.github.checkpoint4j.transformers.Pretrained;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.T5Config;
import io.github.checkpoint4j.transformers.T5ForConditionalGeneration;
import io.github.checkpoint4j.transformers.TextPair;
import io.github.checkpoint4j.transformers.Tokenizer;
import io.github.checkpoint4j.transformers.TokenizerTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/**
 * A model and the data it is trained on, both in a directory that {@code transformers} opens too:
 * the model's files, and {@code rows.json}.
 */
enum StepTask {
  /** MiniLM-L6 that tells good reviews from bad ones, of up to 64 tokens. */
  BERT(32, true) {
    @Override
    List<TokenRow> write(Path resources, Path directory) throws IOException {
      try (Tokenizer tokenizer = Tokenizer.miniLm()) {
        PretrainedBert.miniLm(LABELS).save(directory);
        return LabeledText.read(resources.resolve("reviews-train.tsv"), LABELS).stream()
            .map(review -> TokenRow.of(tokenizer.encode(review.text(), 64).ids(), review.label()))
            .toList();
      }
    }

    @Override
    TrainableModel open(Path directory) throws IOException {
      return PretrainedBert.fromDirectory(directory);
    }
  },
  /** A GPT-2 of 4 layers that goes on with poems, in blocks of 128 characters. */
  GPT2(16, false) {
    @Override
    List<TokenRow> write(Path resources, Path directory) throws IOException {
      List<String> poems = Files.readAllLines(resources.resolve("poems-train.txt"));
      try (Tokenizer tokenizer = TokenizerTraining.characters(poems)) {
        var config = Gpt2Config.of(tokenizer.vocabularySize(), 128, 256, 4, 8).withTokens(1, 2, 0);
        save(new Gpt2LMHeadModel(config), directory);
        return LanguageModelTexts.packed(
                LanguageModelTexts.causal(tokenizer, poems, Integer.MAX_VALUE), 128)
            .stream()
            .map(Encoding::ids)
            .map(ids -> TokenRow.of(ids, ids))
            .toList();
      }
    }

    @Override
    TrainableModel open(Path directory) throws IOException {
      return Gpt2LMHeadModel.fromDirectory(directory);
    }
  },
  /** A T5 of 3 and 3 layers that says how words are pronounced. */
  T5(64, false) {
    @Override
    List<TokenRow> write(Path resources, Path directory) throws IOException {
      List<TextPair> words = TextPair.read(resources.resolve("pronunciation-train.tsv"));
      try (Tokenizer tokenizer = TokenizerTraining.transcription(words)) {
        save(
            new T5ForConditionalGeneration(
                T5Config.of(tokenizer.vocabularySize(), 256, 32, 1024, 3, 8)),
            directory);
        return words.stream()
            .map(
                word ->
                    TokenRow.of(
                        tokenizer.encode(word.source()).ids(),
                        tokenizer.encode(word.target()).ids()))
            .toList();
      }
    }

    @Override
    TrainableModel open(Path directory) throws IOException {
      return T5ForConditionalGeneration.fromDirectory(directory);
    }
  };

  private static final List<String> LABELS = List.of("negative", "positive");
  private static final String ROWS = "rows.json";
  private static final LoadReport NOTHING_LOADED =
      new LoadReport(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  private final int batchSize;
  private final boolean oneLabel;

  StepTask(int batchSize, boolean oneLabel) {
    this.batchSize = batchSize;
    this.oneLabel = oneLabel;
  }

  /** The task of this name, in any case. */
  static StepTask named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Examples in a batch. */
  int batchSize() {
    return batchSize;
  }

  /** What makes batches of the rows; token 0 pads for all of the models. */
  PaddedRows collator() {
    return new PaddedRows(0, oneLabel);
  }

  /**
   * Writes model and rows.
   *
   * @param resources the directory of the built-in data
   */
  void prepare(Path resources, Path directory) throws IOException {
    torch.manual_seed(42);
    Files.createDirectories(directory);
    TokenRow.write(write(resources, directory), directory.resolve(ROWS));
  }

  List<TokenRow> rows(Path directory) throws IOException {
    return TokenRow.read(directory.resolve(ROWS));
  }

  /** The model in the directory. */
  abstract TrainableModel open(Path directory) throws IOException;

  /** Writes the model, and returns the rows. */
  abstract List<TokenRow> write(Path resources, Path directory) throws IOException;

  private static <M extends TrainableModel> void save(M model, Path directory) throws IOException {
    new Pretrained<>(model, Optional.empty(), NOTHING_LOADED).save(directory);
  }
}
