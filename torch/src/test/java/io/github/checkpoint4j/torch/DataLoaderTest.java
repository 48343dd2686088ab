package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class DataLoaderTest {

  private static Batch collate(List<Integer> examples) {
    long[] values = examples.stream().mapToLong(value -> value).toArray();
    return Batch.of(Map.of("x", NativeTensors.copyOf(Tensor.ofLongs(values, values.length))));
  }

  private static DataLoader<Integer> loader(int examples, int batch, boolean shuffle, long seed) {
    List<Integer> numbers = IntStream.range(0, examples).boxed().toList();
    return new DataLoader<>(numbers, DataLoaderTest::collate, batch, shuffle, seed, false);
  }

  private static List<List<Long>> remaining(Iterator<Batch> batches) {
    List<List<Long>> values = new ArrayList<>();
    while (batches.hasNext()) {
      try (Batch batch = batches.next()) {
        long[] numbers = NativeTensors.view(batch.get("x")).toLongs();
        values.add(java.util.Arrays.stream(numbers).boxed().toList());
      }
    }
    return values;
  }

  @Test
  void the_order_and_the_random_numbers_after_it_are_those_of_accelerate() throws IOException {
    for (Json item : ((Json.Arr) Golden.json("orders.json")).items()) {
      var golden = (Json.Obj) item;
      DataLoader<Integer> loader =
          loader(
              (int) golden.integer("examples"),
              (int) golden.integer("batch"),
              true,
              golden.integer("seed"));
      torch.manual_seed(golden.integer("seed"));
      long epoch = 0;
      for (Json one : golden.array("epochs").items()) {
        var expected = (Json.Obj) one;
        Iterator<Batch> batches = loader.epoch(epoch, 0);
        try (var draw = torch.rand(1)) {
          assertThat((double) draw.item_float()).isEqualTo(expected.real("draw"));
        }
        List<List<Long>> order =
            expected.array("batches").items().stream()
                .map(
                    batch ->
                        java.util.Arrays.stream(Golden.longs((Json.Arr) batch)).boxed().toList())
                .toList();
        assertThat(remaining(batches)).isEqualTo(order);
        assertThat(loader.batchesPerEpoch()).isEqualTo(order.size());
        epoch++;
      }
    }
  }

  @Test
  void an_epoch_gone_on_with_has_the_rest_of_its_batches() {
    DataLoader<Integer> loader = loader(23, 4, true, 9);
    List<List<Long>> all = remaining(loader.epoch(2, 0));
    for (int first = 0; first <= all.size(); first++) {
      assertThat(remaining(loader.epoch(2, first))).isEqualTo(all.subList(first, all.size()));
    }
  }

  @Test
  void examples_before_the_position_are_not_read() {
    List<Integer> read = new ArrayList<>();
    List<Integer> watched =
        new AbstractList<>() {
          @Override
          public Integer get(int index) {
            read.add(index);
            return index;
          }

          @Override
          public int size() {
            return 1000;
          }
        };
    var loader = new DataLoader<>(watched, DataLoaderTest::collate, 10, false, 0, false);
    loader.epoch(0, 98).next().close();
    assertThat(read).containsExactly(980, 981, 982, 983, 984, 985, 986, 987, 988, 989);
  }

  @Test
  void only_an_epoch_begun_at_its_start_draws_from_the_default_generator() {
    DataLoader<Integer> loader = loader(8, 2, true, 1);
    RandomState state = RandomState.seeded(3);
    StateDict before = state.stateDict();
    loader.epoch(0, 1);
    assertThat(state.stateDict().tensor("cpu").hasSameBytes(before.tensor("cpu"))).isTrue();
    loader.epoch(0, 0);
    assertThat(state.stateDict().tensor("cpu").hasSameBytes(before.tensor("cpu"))).isFalse();
  }

  @Test
  void without_shuffling_the_order_is_that_of_the_list_and_the_last_batch_is_kept() {
    DataLoader<Integer> loader = loader(5, 2, false, 1);
    assertThat(remaining(loader.epoch(0, 0)))
        .containsExactly(List.of(0L, 1L), List.of(2L, 3L), List.of(4L));
    assertThat(loader.batchesPerEpoch()).isEqualTo(3);
    assertThat(loader.size()).isEqualTo(5);
    assertThat(loader.batchSize()).isEqualTo(2);
  }

  @Test
  void a_last_batch_that_is_not_full_is_dropped_on_request() {
    List<Integer> numbers = List.of(0, 1, 2, 3, 4);
    var loader = new DataLoader<>(numbers, DataLoaderTest::collate, 2, false, 0, true);
    assertThat(remaining(loader.epoch(0, 0))).containsExactly(List.of(0L, 1L), List.of(2L, 3L));
    assertThat(loader.batchesPerEpoch()).isEqualTo(2);
  }

  @Test
  void there_is_no_batch_after_the_last() {
    Iterator<Batch> batches = loader(2, 2, false, 1).epoch(0, 1);
    assertThat(batches.hasNext()).isFalse();
    assertThatThrownBy(batches::next)
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("the epoch has no more than 1 batches");
  }

  @Test
  void a_position_that_does_not_exist_is_refused() {
    DataLoader<Integer> loader = loader(5, 2, true, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loader.epoch(-1, 0))
        .withMessage("epoch -1: expected 0 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loader.epoch(0, 4))
        .withMessage("batch 4 of an epoch of 3 batches");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loader.epoch(0, -1))
        .withMessage("batch -1 of an epoch of 3 batches");
  }

  @Test
  void a_loader_that_has_nothing_to_give_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loader(0, 2, true, 1))
        .withMessage("a data loader without examples");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loader(3, 0, true, 1))
        .withMessage("batch size 0: expected 1 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DataLoader<>(List.of(1), DataLoaderTest::collate, 2, true, 0, true))
        .withMessage(
            "1 examples do not fill one batch of 2, and batches that are not full are dropped");
  }
}
