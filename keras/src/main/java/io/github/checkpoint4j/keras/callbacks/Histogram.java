package io.github.checkpoint4j.keras.callbacks;

import java.util.ArrayList;
import java.util.List;

/**
 * How the values of a tensor are distributed: as {@code tf.summary.histogram} counts them, in 30
 * buckets of equal width from the least value to the greatest.
 *
 * @see <a
 *     href="https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/histogram/summary_v2.py">summary_v2.py</a>
 */
record Histogram(List<Bucket> buckets) {
  private static final int BUCKETS = 30;

  /** A bucket: its edges, and how many values are in it, the left edge included. */
  record Bucket(double left, double right, long count) {}

  Histogram {
    buckets = List.copyOf(buckets);
  }

  /**
   * The histogram of the values that are finite. TensorFlow makes one of NaN alone if a single one
   * is not.
   */
  static Histogram of(float[] values) {
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (float value : values) {
      if (Float.isFinite(value)) {
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
      }
    }
    double first = least <= greatest ? least : 0;
    double last = least <= greatest ? greatest : 0;
    double width = (last - first) / BUCKETS;
    long[] counts = new long[BUCKETS];
    for (float value : values) {
      if (Float.isFinite(value)) {
        // Without any width all are in the last one.
        int bucket = width == 0 ? BUCKETS : (int) Math.floor((value - first) / width);
        counts[Math.min(bucket, BUCKETS - 1)]++;
      }
    }
    List<Bucket> buckets = new ArrayList<>();
    for (int i = 0; i < BUCKETS; i++) {
      double right = i == BUCKETS - 1 ? last : first + (i + 1) * width;
      buckets.add(new Bucket(first + i * width, right, counts[i]));
    }
    return new Histogram(buckets);
  }
}
