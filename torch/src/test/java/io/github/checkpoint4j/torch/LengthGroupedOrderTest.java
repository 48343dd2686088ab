package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LengthGroupedOrderTest {
  @Test
  void the_orders_are_those_of_transformers() throws IOException {
    List<Json.Obj> cases = GoldenRun.objects((Json.Arr) Golden.json("length_groups.json"));
    assertThat(cases).hasSizeGreaterThan(5);
    for (Json.Obj one : cases) {
      List<Integer> lengths = integers(Golden.longs(one.array("lengths")));
      var order =
          LengthGroupedOrder.ofEvaluation(lengths, one.integer("batch_size"), one.integer("seed"));

      assertThat(indices(order.begin(0), lengths.size()))
          .isEqualTo(integers(Golden.longs(one.array("order"))));
      assertThat(indices(order.begin(1), lengths.size()))
          .isEqualTo(indices(order.goOn(0), lengths.size()));
    }
  }

  @Test
  void an_epoch_is_gone_on_with_in_the_order_that_it_began_in() {
    RandomState random = RandomState.seeded(3);
    var order = LengthGroupedOrder.ofTraining(lengths(50, 4), 4, random);
    List<Integer> first = indices(order.begin(0), 50);
    List<Integer> second = indices(order.begin(1), 50);

    assertThat(second).isNotEqualTo(first);
    assertThat(indices(order.goOn(1), 50)).isEqualTo(second);
  }

  @Property(tries = 300)
  void each_example_is_there_once_and_the_longest_comes_first(
      @ForAll @IntRange(min = 1, max = 400) int count,
      @ForAll @IntRange(min = 1, max = 20) int batchSize,
      @ForAll @IntRange(min = 1, max = 30) int different,
      @ForAll @IntRange(max = 1000) int seed) {
    List<Integer> lengths = lengths(count, different);
    List<Integer> order =
        indices(LengthGroupedOrder.ofEvaluation(lengths, batchSize, seed).begin(0), count);

    assertThat(order)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, count).boxed().toList());
    assertThat(lengths.get(order.getFirst()))
        .isEqualTo(lengths.stream().max(Integer::compare).get());
  }

  private static List<Integer> lengths(int count, int different) {
    return new Random(count).ints(count, 1, different + 1).boxed().toList();
  }

  private static List<Integer> indices(IntUnaryOperator order, int count) {
    return IntStream.range(0, count).map(order).boxed().toList();
  }

  private static List<Integer> integers(long[] numbers) {
    return Arrays.stream(numbers).mapToObj(Math::toIntExact).toList();
  }
}
