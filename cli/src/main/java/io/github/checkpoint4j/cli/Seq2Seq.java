package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.ComputeMetrics;
import io.github.checkpoint4j.transformers.Seq2SeqCollator;
import io.github.checkpoint4j.transformers.SpecialToken;
import io.github.checkpoint4j.transformers.T5Config;
import io.github.checkpoint4j.transformers.T5ForConditionalGeneration;
import io.github.checkpoint4j.transformers.TextPair;
import io.github.checkpoint4j.transformers.Tokenizer;
import io.github.checkpoint4j.transformers.TokenizerTraining;
import io.github.checkpoint4j.transformers.TranscriptionMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A T5 that makes one text of another. */
record Seq2Seq(Seq2SeqTask task, TaskExamples<TextPair> examples) implements Preparation<TextPair> {
  private static final int MIN_FREQUENCY = 2;
  private static final int FEED_FORWARD = 4;

  static Seq2Seq of(Seq2SeqTask task) throws IOException {
    return new Seq2Seq(
        task,
        TaskExamples.read(
            task, Pronunciations::training, Pronunciations::evaluation, TextPair::read));
  }

  @Override
  public TaskParts<TextPair> parts(Optional<SavedRun> run) throws IOException {
    TaskModel<T5ForConditionalGeneration> made =
        TaskModel.of(
            task,
            task.made().tokenizer(),
            run,
            T5ForConditionalGeneration::fromDirectory,
            T5ForConditionalGeneration::fromFile,
            NewModel.NAME,
            this::made);
    made.requireTokens(made.model().config().vocabSize());
    made.requireId(SpecialToken.PAD, "");
    int length = task.data().maxLength();
    Tokenizer tokenizer = made.tokenizer();
    return new TaskParts<>(
        made.withFiles(),
        made.report(),
        pairs(examples.train()),
        pairs(examples.eval()),
        new Seq2SeqCollator(tokenizer, length, length),
        pair -> tokenizer.encode(pair.source(), length).length(),
        trainer ->
            trainer
                .predictionStep(new GreedyPredictions(made.model(), length))
                .computeMetrics(metrics(tokenizer)));
  }

  /** The pairs as the model is given them. */
  private List<TextPair> pairs(List<TextPair> read) {
    return read.stream()
        .map(pair -> new TextPair(task.source(pair.source()), pair.target()))
        .toList();
  }

  private ComputeMetrics metrics(Tokenizer tokenizer) {
    return prediction -> {
      TranscriptionMetrics metrics =
          task.transcribes() ? new TranscriptionMetrics() : TranscriptionMetrics.ofCharacters();
      long[] predicted = prediction.predictions().toLongs();
      long[] labels = prediction.labelIds().toLongs();
      int rows = Math.toIntExact(prediction.labelIds().shape()[0]);
      for (int row = 0; row < rows; row++) {
        metrics.add(tokenizer, row(predicted, row, rows), row(labels, row, rows));
      }
      return metrics.result();
    };
  }

  private static long[] row(long[] values, int row, int rows) {
    int width = values.length / rows;
    return Arrays.copyOfRange(values, row * width, (row + 1) * width);
  }

  private TaskModel<T5ForConditionalGeneration> made() throws IOException {
    NewModel shape = task.made();
    List<TextPair> pairs = pairs(examples.train());
    Tokenizer tokenizer =
        switch (shape.tokenizer()) {
          case NewModel.TRANSCRIPTION -> TokenizerTraining.transcription(pairs);
          case NewModel.BYTES ->
              TokenizerTraining.bytePairsOfPairs(pairs, shape.vocabSize(), MIN_FREQUENCY);
          default -> Tokenizer.fromDirectory(Path.of(shape.tokenizer()));
        };
    T5Config config = config(tokenizer);
    Json.Obj writing =
        Json.object()
            .put("decoder_start_token_id", config.decoderStartTokenId().orElseThrow())
            .put("eos_token_id", config.eosTokenIds().getFirst())
            .put("max_new_tokens", task.data().maxLength())
            .put("pad_token_id", config.padTokenId().orElseThrow())
            .build();
    return TaskModel.made(new T5ForConditionalGeneration(config), tokenizer, writing);
  }

  private T5Config config(Tokenizer tokenizer) {
    NewModel shape = task.made();
    // So small a model sees its pairs too seldom to learn them by heart.
    T5Config config =
        T5Config.of(
            tokenizer.vocabularySize(),
            shape.width(),
            shape.width() / shape.heads(),
            FEED_FORWARD * (long) shape.width(),
            shape.layers(),
            shape.heads());
    long pad = requireId(tokenizer, SpecialToken.PAD);
    return config.withDropout(0).withTokens(pad, requireId(tokenizer, SpecialToken.EOS), pad);
  }

  private long requireId(Tokenizer tokenizer, SpecialToken token) {
    return TaskModel.requireId(tokenizer, task.made().tokenizer(), token, "");
  }
}
