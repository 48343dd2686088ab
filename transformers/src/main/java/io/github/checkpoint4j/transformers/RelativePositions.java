package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far keys are from a query, in buckets: near ones by themselves, farther ones by the
 * logarithm.
 *
 * @param bidirectional whether keys after the query are told from those before, by a half of the
 *     buckets; else they are all in bucket 0
 * @param buckets the number of buckets
 * @param maxDistance the distance from which on all are in one bucket
 * @see <a href="https://github.com/huggingface/transformers">transformers/models/t5/modeling_t5.py,
 *     _relative_position_bucket</a>
 */
record RelativePositions(boolean bidirectional, long buckets, long maxDistance) {
  /**
   * The bucket of each key for each query after {@code past} ones, int64 [queries, keys].
   *
   * @param beside a tensor on the device where they are needed
   */
  Tensor buckets(long past, long queries, long keys, Tensor beside) {
    Tensor query = Positions.between(past, Math.addExact(past, queries), beside).unsqueeze(1);
    Tensor relative = Positions.between(0, keys, beside).unsqueeze(0).sub(query);
    if (!bidirectional) {
      Tensor before = relative.minimum(torch.zeros_like(relative)).neg();
      return oneSided(before, buckets);
    }
    long half = buckets / 2;
    Tensor side = relative.gt(new Scalar(0L)).to(ScalarType.Long).mul(new Scalar(half));
    return side.add(oneSided(relative.abs(), half));
  }

  private Tensor oneSided(Tensor distance, long count) {
    long exact = count / 2;
    Tensor far =
        distance
            .to(ScalarType.Float)
            .div(new Scalar((double) exact))
            .log()
            .div(new Scalar(Math.log((double) maxDistance / exact)))
            .mul(new Scalar((double) (count - exact)))
            .to(ScalarType.Long)
            .add(new Scalar(exact));
    Tensor last = torch.full_like(far, new Scalar(count - 1));
    return torch.where(distance.lt(new Scalar(exact)), distance, far.minimum(last));
  }
}
