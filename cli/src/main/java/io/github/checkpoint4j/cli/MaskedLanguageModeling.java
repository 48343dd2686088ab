package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.torch.SeededCollator;
import io.github.checkpoint4j.transformers.BertForMaskedLM;
import io.github.checkpoint4j.transformers.Encoding;
import io.github.checkpoint4j.transformers.LabeledText;
import io.github.checkpoint4j.transformers.LanguageModelTexts;
import io.github.checkpoint4j.transformers.MaskedLMCollator;
import io.github.checkpoint4j.transformers.Perplexity;
import io.github.checkpoint4j.transformers.SpecialToken;
import io.github.checkpoint4j.transformers.TextFile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A BERT that guesses hidden tokens. */
record MaskedLanguageModeling(MaskedLanguageModelTask task, TaskExamples<String> examples)
    implements Preparation<Encoding> {
  /** Of what evaluations hide. */
  private static final long SEED = 0;

  static MaskedLanguageModeling of(MaskedLanguageModelTask task) throws IOException {
    return new MaskedLanguageModeling(
        task,
        TaskExamples.read(
            task,
            () -> texts(Reviews.training()),
            () -> texts(Reviews.evaluation()),
            TextFile::lines));
  }

  private static List<String> texts(List<LabeledText> reviews) {
    return reviews.stream().map(LabeledText::text).toList();
  }

  @Override
  public TaskParts<Encoding> parts(Optional<SavedRun> run) throws IOException {
    TaskModel<BertForMaskedLM> loaded =
        TaskModel.of(
            task,
            NewModel.OF_MODEL,
            run,
            BertForMaskedLM::fromDirectory,
            BertForMaskedLM::fromFile,
            ClassificationTask.MINI_LM,
            this::builtIn);
    loaded.requireTokens(loaded.model().config().vocabSize());
    loaded.requireId(SpecialToken.MASK, "");
    loaded.requireId(SpecialToken.PAD, "");
    int length = task.data().maxLength();
    loaded.requirePositions(length, loaded.model().config().maxPositionEmbeddings());
    var collator = new MaskedLMCollator(loaded.tokenizer(), task.maskProbability());
    return new TaskParts<>(
        loaded.withFiles(),
        loaded.report(),
        LanguageModelTexts.masked(loaded.tokenizer(), examples.train(), length),
        LanguageModelTexts.masked(loaded.tokenizer(), examples.eval(), length),
        collator,
        Encoding::length,
        trainer ->
            trainer
                .evalCollator(new SeededCollator<>(collator, SEED))
                .lossMetrics(loss -> Map.of("perplexity", Perplexity.of(loss))));
  }

  private TaskModel<BertForMaskedLM> builtIn() throws IOException {
    return TaskModel.loaded(
        BertForMaskedLM.miniLm(task.transfer().loading()), NewModel.OF_MODEL, task.model());
  }
}
