package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.transformers.CausalLMCollator;
import io.github.checkpoint4j.transformers.Encoding;
import io.github.checkpoint4j.transformers.Gpt2Config;
import io.github.checkpoint4j.transformers.Gpt2LMHeadModel;
import io.github.checkpoint4j.transformers.LanguageModelTexts;
import io.github.checkpoint4j.transformers.Perplexity;
import io.github.checkpoint4j.transformers.SpecialToken;
import io.github.checkpoint4j.transformers.TextFile;
import io.github.checkpoint4j.transformers.Tokenizer;
import io.github.checkpoint4j.transformers.TokenizerTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A GPT-2 that goes on with texts. */
record LanguageModeling(LanguageModelTask task, TaskExamples<String> examples)
    implements Preparation<Encoding> {
  private static final int MIN_FREQUENCY = 2;

  static LanguageModeling of(LanguageModelTask task) throws IOException {
    return new LanguageModeling(
        task, TaskExamples.read(task, Poems::training, Poems::evaluation, TextFile::lines));
  }

  @Override
  public TaskParts<Encoding> parts(Optional<SavedRun> run) throws IOException {
    TaskModel<Gpt2LMHeadModel> made =
        TaskModel.of(
            task,
            task.made().tokenizer(),
            run,
            Gpt2LMHeadModel::fromDirectory,
            Gpt2LMHeadModel::fromFile,
            NewModel.NAME,
            this::made);
    Gpt2Config config = made.model().config();
    made.requireTokens(config.vocabSize());
    made.requirePositions(task.data().maxLength(), config.nPositions());
    if (!task.packing()) {
      made.requireId(SpecialToken.PAD, ", or pack the texts with --packing");
    }
    return new TaskParts<>(
        made.withFiles(),
        made.report(),
        encoded(made.tokenizer(), examples.train()),
        encoded(made.tokenizer(), examples.eval()),
        new CausalLMCollator(made.tokenizer()),
        Encoding::length,
        trainer -> trainer.lossMetrics(loss -> Map.of("perplexity", Perplexity.of(loss))));
  }

  private List<Encoding> encoded(Tokenizer tokenizer, List<String> texts) {
    int length = task.data().maxLength();
    if (texts.isEmpty() || !task.packing()) {
      return LanguageModelTexts.causal(tokenizer, texts, length);
    }
    return LanguageModelTexts.packed(
        LanguageModelTexts.causal(tokenizer, texts, Integer.MAX_VALUE), length);
  }

  private TaskModel<Gpt2LMHeadModel> made() throws IOException {
    NewModel shape = task.made();
    Tokenizer tokenizer =
        switch (shape.tokenizer()) {
          case NewModel.CHARACTERS -> TokenizerTraining.characters(examples.train());
          case NewModel.BYTES ->
              TokenizerTraining.bytePairs(examples.train(), shape.vocabSize(), MIN_FREQUENCY);
          default -> Tokenizer.fromDirectory(Path.of(shape.tokenizer()));
        };
    return TaskModel.made(new Gpt2LMHeadModel(config(tokenizer)), tokenizer, writing(tokenizer));
  }

  private Gpt2Config config(Tokenizer tokenizer) {
    NewModel shape = task.made();
    // So small a model sees its texts too seldom to learn them by heart.
    Gpt2Config config =
        Gpt2Config.of(
                tokenizer.vocabularySize(),
                task.data().maxLength(),
                shape.width(),
                shape.layers(),
                shape.heads())
            .withDropout(0);
    long end = end(tokenizer);
    return config.withTokens(
        tokenizer.id(SpecialToken.BOS).orElse(end),
        end,
        tokenizer.id(SpecialToken.PAD).orElse(end));
  }

  /** Texts are drawn, and of the likelier tokens alone. */
  private Json.Obj writing(Tokenizer tokenizer) {
    long end = end(tokenizer);
    return Json.object()
        .put("bos_token_id", tokenizer.id(SpecialToken.BOS).orElse(end))
        .put("do_sample", true)
        .put("eos_token_id", end)
        .put("max_length", task.data().maxLength())
        .put("pad_token_id", tokenizer.id(SpecialToken.PAD).orElse(end))
        .put("temperature", 0.9)
        .put("top_k", 0)
        .put("top_p", 0.9)
        .build();
  }

  private long end(Tokenizer tokenizer) {
    return TaskModel.requireId(tokenizer, task.made().tokenizer(), SpecialToken.EOS, "");
  }
}
