package io.github.checkpoint4j.torch;

import java.util.Arrays;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A loss for which a label is right but for a share of it that all labels have alike.
 *
 * @param factor that share; above 0 and below 1
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/trainer_pt_utils.py">{@code
 *     LabelSmoother}</a>
 */
record LabelSmoother(double factor) {
  private static final Set<ScalarType> WHOLE = Set.of(ScalarType.Long, ScalarType.Int);

  /**
   * The sum over the labels that count, divided by {@code items}.
   *
   * @param logits [..., labels]
   * @param labels whole numbers, [...], {@link TrainerLoss#IGNORED} for one that does not count
   * @throws IllegalArgumentException if the labels are not whole numbers, or of another shape
   */
  Tensor loss(Tensor logits, Tensor labels, long items) {
    requireSmooth(logits, labels);
    Tensor losses = torch.log_softmax(logits, -1).neg();
    Tensor places = labels.to(ScalarType.Long).unsqueeze(-1);
    Tensor ignored = places.eq(new Scalar(TrainerLoss.IGNORED));
    var none = new Scalar(0.0);
    Tensor right =
        losses.gather(-1, places.masked_fill(ignored, new Scalar(0L))).masked_fill(ignored, none);
    Tensor all =
        losses.sum(new long[] {-1}, true, new ScalarTypeOptional()).masked_fill(ignored, none);
    return right
        .sum()
        .div(new Scalar((double) items))
        .mul(new Scalar(1 - factor))
        .add(all.sum().div(new Scalar((double) items * logits.size(-1))).mul(new Scalar(factor)));
  }

  private static void requireSmooth(Tensor logits, Tensor labels) {
    long[] shape = logits.shape();
    long[] places = Arrays.copyOf(shape, Math.max(shape.length - 1, 0));
    if (!WHOLE.contains(labels.scalar_type().intern()) || !Arrays.equals(labels.shape(), places)) {
      throw new IllegalArgumentException(
          ("labels are %s%s and logits %s: labelSmoothingFactor is for labels that are one of"
                  + " several, whole numbers of the shape %s; set it to 0 for others")
              .formatted(
                  labels.scalar_type().intern(),
                  Arrays.toString(labels.shape()),
                  Arrays.toString(shape),
                  Arrays.toString(places)));
    }
  }
}
