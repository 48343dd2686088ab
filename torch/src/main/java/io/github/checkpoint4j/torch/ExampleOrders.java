package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * The orders of the examples of a run.
 *
 * @param length of an example; needed if they are grouped by it
 * @param random the random numbers of the run
 */
record ExampleOrders<T>(
    TrainingArguments arguments, Optional<ToIntFunction<? super T>> length, RandomState random) {

  /**
   * That of training.
   *
   * @param seed of the orders that are a function of the epoch
   */
  ExampleOrder ofTraining(List<T> examples, long seed) {
    return switch (arguments.trainSamplingStrategy()) {
      case RANDOM -> ExampleOrder.shuffled(examples.size(), seed);
      case SEQUENTIAL -> ExampleOrder.sequential();
      case GROUP_BY_LENGTH ->
          LengthGroupedOrder.ofTraining(
              lengths(examples),
              (long) arguments.perDeviceTrainBatchSize() * arguments.gradientAccumulationSteps(),
              random);
    };
  }

  /** That of evaluation. */
  ExampleOrder ofEvaluation(List<T> examples) {
    return groupsByLength()
        ? LengthGroupedOrder.ofEvaluation(
            lengths(examples), arguments.perDeviceEvalBatchSize(), arguments.effectiveDataSeed())
        : ExampleOrder.sequential();
  }

  /**
   * What is to be reported of the order at the place where a run goes on. After the first epoch
   * Python's Trainer does not go on in the order of the epoch, since it does not keep what that was
   * drawn from.
   */
  Optional<Resumption.Change> changeAt(Position start) {
    boolean drawnAnew =
        groupsByLength() && start.epoch() > 0 && start.batch() > 0 && !random.knowsEpoch();
    return drawnAnew
        ? Optional.of(
            new Resumption.Change(
                "order_of_epoch",
                Json.of("not saved"),
                Json.of("drawn from the seed, as Python's Trainer draws it when it goes on"),
                Resumption.Effect.APPLIED))
        : Optional.empty();
  }

  private boolean groupsByLength() {
    return arguments.trainSamplingStrategy() == SamplingStrategy.GROUP_BY_LENGTH;
  }

  private List<Integer> lengths(List<T> examples) {
    ToIntFunction<? super T> lengthOf =
        length.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "trainSamplingStrategy is GROUP_BY_LENGTH and the trainer does not know how long"
                        + " an example is; give its builder a length, or choose another strategy"));
    return examples.stream().map(lengthOf::applyAsInt).toList();
  }
}
