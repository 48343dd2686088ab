package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The masks of attention, as transformers makes them for sdpa: boolean, [batch, 1, queries, keys],
 * or none at all where none is needed, for libtorch has a faster kernel then.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/masking_utils.py</a>
 */
final class AttentionMasks {
  private AttentionMasks() {}

  /**
   * All keys but the padding, for every query.
   *
   * @param attentionMask [batch, keys], 0 for padding; empty if there is none
   * @param queries the number of queries
   */
  static Optional<Tensor> bidirectional(Optional<Tensor> attentionMask, long queries) {
    return padding(attentionMask)
        .map(kept -> kept.unsqueeze(1).unsqueeze(1).expand(kept.size(0), 1, queries, kept.size(1)));
  }

  /**
   * The keys up to the query's own, but for the padding. Without a mask, attention has to be
   * causal.
   *
   * @param attentionMask [batch, past + length], 0 for padding; empty if there is none
   * @param sequences as {@link #packed} makes it
   * @param ids the new tokens, [batch, length]
   * @param past the number of keys before the new ones
   * @throws IllegalArgumentException if {@code attentionMask} has another length
   */
  static Optional<Tensor> causal(
      Optional<Tensor> attentionMask, Optional<Tensor> sequences, Tensor ids, long past) {
    long length = ids.size(1);
    long keys = Math.addExact(past, length);
    attentionMask.ifPresent(mask -> requireLength(mask, keys, past));
    Optional<Tensor> kept = padding(attentionMask);
    if ((length == 1 || past == 0) && kept.isEmpty() && sequences.isEmpty()) {
      return Optional.empty();
    }
    Tensor mask = upToOwn(past, keys, ids).unsqueeze(0).unsqueeze(0);
    if (kept.isPresent()) {
      mask = mask.logical_and(kept.get().unsqueeze(1).unsqueeze(1));
    }
    if (sequences.isPresent()) {
      Tensor row = sequences.get();
      mask = mask.logical_and(row.unsqueeze(-1).eq(row.unsqueeze(-2)).unsqueeze(1));
    }
    return Optional.of(mask.expand(ids.size(0), 1, length, keys));
  }

  /** The keys up to each new token's own, boolean [keys - past, keys]. */
  private static Tensor upToOwn(long past, long keys, Tensor beside) {
    Tensor own = Positions.between(past, keys, beside).unsqueeze(-1);
    return Positions.between(0, keys, beside).unsqueeze(0).le(own);
  }

  /**
   * What is added to the scores: the bias where a query may look, and the least number elsewhere.
   *
   * @param bias [1, heads, queries, keys]
   * @param mask boolean, [batch, 1, queries, keys]; empty if it may look at all, or if {@code
   *     causal}
   * @param causal whether, without a mask, a query looks at no key after it
   */
  static Tensor biased(Tensor bias, Optional<Tensor> mask, boolean causal) {
    long queries = bias.size(2);
    Optional<Tensor> seen =
        mask.isEmpty() && causal && queries > 1 ? Optional.of(upToOwn(0, queries, bias)) : mask;
    return seen.map(looked -> torch.where(looked, bias, new Scalar((double) -Float.MAX_VALUE)))
        .orElse(bias)
        .contiguous();
  }

  /**
   * To which of several sequences in a row each token belongs, [batch or 1, length]; empty if each
   * row is one sequence. A new one begins where a position is not the one after that before it.
   *
   * @param positionIds [batch or 1, length]
   */
  static Optional<Tensor> packed(Tensor positionIds) {
    Tensor before = positionIds.narrow(1, 0, 1).sub(new Scalar(1));
    Tensor step = torch.diff(positionIds, 1, -1, new TensorOptional(before), new TensorOptional());
    Tensor sequences = step.ne(new Scalar(1)).cumsum(-1);
    return sequences.select(1, sequences.size(1) - 1).any().item_bool()
        ? Optional.of(sequences)
        : Optional.empty();
  }

  /** The tokens that are no padding; empty if none is padding. */
  private static Optional<Tensor> padding(Optional<Tensor> attentionMask) {
    return attentionMask
        .map(mask -> mask.to(ScalarType.Bool))
        .filter(kept -> !kept.all().item_bool());
  }

  private static void requireLength(Tensor mask, long keys, long past) {
    if (mask.dim() != 2 || mask.size(1) != keys) {
      throw new IllegalArgumentException(
          "attention_mask has the shape %s; it has to be [batch, %d], for %d tokens before and %d new"
              .formatted(java.util.Arrays.toString(mask.shape()), keys, past, keys - past));
    }
  }
}
