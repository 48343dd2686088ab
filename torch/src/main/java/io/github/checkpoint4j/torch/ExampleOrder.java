package io.github.checkpoint4j.torch;

import java.util.function.IntUnaryOperator;
import java.util.function.LongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The order of the examples of an epoch: the index of the example at each place. */
interface ExampleOrder {
  /** That of an epoch which begins now; draws the random numbers that it takes. */
  IntUnaryOperator begin(long epoch);

  /** That of an epoch which is gone on with; the random numbers stay as they are. */
  IntUnaryOperator goOn(long epoch);

  /** As given. */
  static ExampleOrder sequential() {
    return ofEpoch(_ -> IntUnaryOperator.identity());
  }

  /** {@code torch.randperm(count)} of a generator seeded with {@code seed + epoch}. */
  static ExampleOrder shuffled(int count, long seed) {
    return ofEpoch(
        epoch -> {
          try (var _ = new PointerScope()) {
            var generator = new GeneratorOptional(torch.make_generator_cpu(seed + epoch));
            long[] order = permutation(count, generator);
            return place -> Math.toIntExact(order[place]);
          }
        });
  }

  /** {@code torch.randperm(count, generator=generator)}. */
  static long[] permutation(int count, GeneratorOptional generator) {
    try (var _ = new PointerScope()) {
      return NativeTensors.heapCopy(
              torch.randperm(count, generator, new TensorOptions(ScalarType.Long)))
          .toLongs();
    }
  }

  private static ExampleOrder ofEpoch(LongFunction<IntUnaryOperator> order) {
    return new ExampleOrder() {
      @Override
      public IntUnaryOperator begin(long epoch) {
        return order.apply(epoch);
      }

      @Override
      public IntUnaryOperator goOn(long epoch) {
        return order.apply(epoch);
      }
    };
  }
}
