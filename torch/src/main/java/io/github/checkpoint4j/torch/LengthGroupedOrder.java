package io.github.checkpoint4j.torch;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Examples of about the same length side by side, so that batches need little padding: a
 * permutation, of which each part of up to 50 batches is sorted by length, the longest first. The
 * longest of all is the first example, so that what does not fit into memory shows at once.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/trainer_pt_utils.py">{@code
 *     LengthGroupedSampler}</a>
 */
final class LengthGroupedOrder implements ExampleOrder {
  private static final int MOST_BATCHES = 50;
  private static final int LEAST_PARTS = 4;

  private final List<Integer> lengths;
  private final long batchSize;
  private final Supplier<GeneratorOptional> begun;
  private final Supplier<GeneratorOptional> goneOn;

  private LengthGroupedOrder(
      List<Integer> lengths,
      long batchSize,
      Supplier<GeneratorOptional> begun,
      Supplier<GeneratorOptional> goneOn) {
    this.lengths = List.copyOf(lengths);
    this.batchSize = batchSize;
    this.begun = begun;
    this.goneOn = goneOn;
  }

  /**
   * The order of training: an epoch's permutation is drawn from the default generator when it
   * begins, and is kept in {@code random} as the state that it was drawn in.
   *
   * @param lengths of the examples, in tokens
   * @param batchSize examples of a step of the optimizer
   */
  static LengthGroupedOrder ofTraining(List<Integer> lengths, long batchSize, RandomState random) {
    return new LengthGroupedOrder(
        lengths,
        batchSize,
        () -> {
          random.beginEpoch();
          return new GeneratorOptional();
        },
        () -> new GeneratorOptional(random.generatorOfEpoch()));
  }

  /** The order of evaluation, each time that of a generator seeded with {@code seed}. */
  static LengthGroupedOrder ofEvaluation(List<Integer> lengths, long batchSize, long seed) {
    Supplier<GeneratorOptional> seeded =
        () -> new GeneratorOptional(torch.make_generator_cpu(seed));
    return new LengthGroupedOrder(lengths, batchSize, seeded, seeded);
  }

  @Override
  public IntUnaryOperator begin(long epoch) {
    return order(begun);
  }

  @Override
  public IntUnaryOperator goOn(long epoch) {
    return order(goneOn);
  }

  private IntUnaryOperator order(Supplier<GeneratorOptional> generator) {
    try (var _ = new PointerScope()) {
      return grouped(ExampleOrder.permutation(lengths.size(), generator.get()))::get;
    }
  }

  private List<Integer> grouped(long[] permutation) {
    List<Integer> order =
        Arrays.stream(permutation).mapToObj(Math::toIntExact).collect(Collectors.toList());
    long batches = Math.clamp(order.size() / (batchSize * LEAST_PARTS), 1, MOST_BATCHES);
    int part = Math.toIntExact(Math.min(batches * batchSize, order.size()));
    int longest = 0;
    for (int from = 0; from < order.size(); from += part) {
      order
          .subList(from, Math.min(from + part, order.size()))
          .sort(Comparator.<Integer>comparingInt(lengths::get).reversed());
      if (lengths.get(order.get(from)) > lengths.get(order.get(longest))) {
        longest = from;
      }
    }
    Collections.swap(order, 0, longest);
    return order;
  }
}
