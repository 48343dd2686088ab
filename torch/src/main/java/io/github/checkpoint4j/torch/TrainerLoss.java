package io.github.checkpoint4j.torch;

import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The loss of a batch in training and evaluation, as Hugging Face's Trainer computes it: that of
 * the model or a {@linkplain LabelSmoother smoothed} one, computed in bfloat16 if wanted.
 *
 * <p>A loss over labels that are counted beforehand is their sum divided by the {@link #items}.
 * Those are the labels of all batches of a step that are not {@link #IGNORED}; so a step has one
 * mean, however its labels are spread over batches. For a model that predicts the next token the
 * first label of each row is among them, though it is no target: transformers 5.23 counts so for
 * GPT-2, whose loss there is a little below the mean. Transformers' other models ignore the count,
 * but in a smoothed loss.
 *
 * @param predictsNextToken as {@link TrainableModel#predictsNextToken}
 * @param smoother empty for the model's own loss
 * @param bf16 whether models are applied in {@link Autocast}
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/trainer.py">{@code
 *     Trainer.compute_loss} and {@code _get_num_items_in_batch}</a>
 */
record TrainerLoss(boolean predictsNextToken, Optional<LabelSmoother> smoother, boolean bf16) {
  /** The label of a place that does not count. */
  static final long IGNORED = -100;

  static final String LABELS = "labels";

  /** That of a model with these arguments. */
  static TrainerLoss of(TrainableModel model, TrainingArguments arguments) {
    return new TrainerLoss(
        model.predictsNextToken(),
        Optional.of(arguments.labelSmoothingFactor())
            .filter(factor -> factor > 0)
            .map(LabelSmoother::new),
        arguments.bf16());
  }

  /**
   * The labels that count in the batches of a step; empty if the loss of a batch is a mean of its
   * own.
   */
  OptionalLong items(Collection<Batch> batches) {
    boolean counted = predictsNextToken || smoother.isPresent();
    return counted && batches.stream().allMatch(batch -> batch.contains(LABELS))
        ? OptionalLong.of(batches.stream().mapToLong(batch -> count(batch.get(LABELS))).sum())
        : OptionalLong.empty();
  }

  /**
   * The loss, and the logits as float32.
   *
   * @param items of the step that the batch is of; if there are any the loss is the batch's part of
   *     the step's, else it is a mean
   * @param forward what the model makes of the batch
   * @throws IllegalArgumentException if the labels cannot be smoothed
   */
  ModelOutput of(Batch batch, OptionalLong items, Supplier<ModelOutput> forward) {
    ModelOutput output = bf16 ? inBfloat16(forward) : forward.get();
    if (items.isEmpty() || output.loss().isEmpty()) {
      return output;
    }
    Tensor labels = batch.get(LABELS);
    Tensor loss =
        smoother.isPresent()
            ? smoothed(smoother.get(), output.logits(), labels, items.getAsLong())
            : share(output, count(targets(labels)), items.getAsLong());
    return new ModelOutput(Optional.of(loss), output.logits());
  }

  private static ModelOutput inBfloat16(Supplier<ModelOutput> forward) {
    ModelOutput output;
    try (var _ = Autocast.toBfloat16()) {
      output = forward.get();
    }
    return new ModelOutput(
        output.loss().map(loss -> loss.to(ScalarType.Float)), output.logits().to(ScalarType.Float));
  }

  private Tensor smoothed(LabelSmoother smoother, Tensor logits, Tensor labels, long items) {
    return predictsNextToken
        ? smoother.loss(logits.narrow(1, 0, logits.size(1) - 1), targets(labels), items)
        : smoother.loss(logits, labels, items);
  }

  /** The sum of the losses, of which the model gave the mean, divided by the items. */
  private static Tensor share(ModelOutput output, long targets, long items) {
    return targets == 0
        // The mean of none is NaN, and their sum nothing.
        ? output.logits().sum().mul(new Scalar(0.0))
        : output.requireLoss().mul(new Scalar((double) targets / items));
  }

  /** The labels that are predicted by the logits of the place before. */
  private static Tensor targets(Tensor labels) {
    return labels.narrow(1, 1, labels.size(1) - 1);
  }

  private static long count(Tensor labels) {
    return labels.ne(new Scalar(IGNORED)).sum().item_long();
  }
}
