package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.torch.Collator;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * What a task gives to the trainer.
 *
 * @param <T> an example
 * @param model with the files that are beside its weights
 * @param report what was loaded; empty if all weights were drawn
 * @param length the tokens of an example
 * @param evaluation sets how evaluations are done
 */
record TaskParts<T>(
    TrainableModel model,
    Optional<LoadReport> report,
    List<T> train,
    List<T> eval,
    Collator<T> collator,
    ToIntFunction<T> length,
    Consumer<Trainer.Builder<T>> evaluation) {

  Trainer.Builder<T> builder(TrainingTask task) {
    Trainer.Builder<T> builder =
        Trainer.<T>builder()
            .model(SavedModel.with(model, task))
            .trainDataset(train)
            .evalDataset(eval)
            .collator(collator)
            .length(length);
    evaluation.accept(builder);
    return builder;
  }
}
