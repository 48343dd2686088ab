package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class DataLoaderPropertyTest {

  private static Batch collate(List<Integer> examples) {
    long[] values = examples.stream().mapToLong(value -> value).toArray();
    return Batch.of(Map.of("x", NativeTensors.copyOf(Tensor.ofLongs(values, values.length))));
  }

  @Property(tries = 60)
  void every_epoch_has_every_example_once_in_an_order_of_its_own(
      @ForAll @IntRange(min = 1, max = 300) int examples,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll @LongRange(min = 0, max = 1L << 32) long seed,
      @ForAll @LongRange(min = 0, max = 1000) long epoch) {
    List<Integer> numbers = IntStream.range(0, examples).boxed().toList();
    var loader =
        new DataLoader<>(numbers, DataLoaderPropertyTest::collate, batch, true, seed, false);
    List<Long> seen = new ArrayList<>();
    loader
        .epoch(epoch, 0)
        .forEachRemaining(
            one -> {
              assertThat(one.size()).isBetween(1L, (long) batch);
              for (long value : NativeTensors.view(one.get("x")).toLongs()) {
                seen.add(value);
              }
              one.close();
            });
    assertThat(seen).hasSize(examples).doesNotHaveDuplicates();
    List<Long> again = new ArrayList<>();
    loader
        .epoch(epoch, 0)
        .forEachRemaining(
            one -> {
              for (long value : NativeTensors.view(one.get("x")).toLongs()) {
                again.add(value);
              }
            });
    assertThat(again).isEqualTo(seen);
  }
}
