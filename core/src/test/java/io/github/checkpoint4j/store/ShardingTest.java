package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rule by which tensors go into shards. */
class ShardingTest {
  static Map<String, Tensor> tensors(List<Integer> sizes) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int size : sizes) {
      tensors.put(
          "t" + tensors.size(),
          Tensor.of(Dtype.U8, new long[] {size}, MemorySegment.ofArray(new byte[size])));
    }
    return tensors;
  }

  private static List<List<String>> split(long maxShardSize, Integer... sizes) {
    return Sharding.DEFAULT.withMaxShardSize(maxShardSize).split(tensors(List.of(sizes))).stream()
        .map(shard -> List.copyOf(new TreeSet<>(shard)))
        .toList();
  }

  @Test
  void a_shard_takes_tensors_until_the_next_would_make_it_too_large() {
    assertThat(split(10, 6, 6, 2, 6, 2, 2))
        .containsExactly(List.of("t0"), List.of("t1", "t2"), List.of("t3", "t4", "t5"));
    assertThat(split(10, 4, 6)).containsExactly(List.of("t0", "t1"));
    assertThat(split(10, 4, 7)).containsExactly(List.of("t0"), List.of("t1"));
  }

  @Test
  void a_tensor_that_is_too_large_has_a_shard_to_itself_before_the_one_that_is_being_filled() {
    assertThat(split(10, 4, 11, 6, 1))
        .containsExactly(List.of("t1"), List.of("t0", "t2"), List.of("t3"));
    assertThat(split(1, 2, 3)).containsExactly(List.of("t0"), List.of("t1"));
  }

  @Test
  void tensors_without_elements_are_where_the_first_of_them_is() {
    assertThat(split(10, 10, 0, 10, 0, 1, 0))
        .containsExactly(List.of("t0", "t1", "t3", "t5"), List.of("t2"), List.of("t4"));
  }

  @Test
  void no_tensor_needs_no_shard() {
    assertThat(split(10)).isEmpty();
  }

  @Property(tries = 500)
  void the_split_is_that_of_a_straightforward_model(
      @ForAll @Size(max = 20) List<@IntRange(max = 12) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 20) int limit) {
    // Where each shard would end, found by adding up anew for every tensor.
    List<Integer> filled = new ArrayList<>();
    List<Set<String>> ended = new ArrayList<>();
    int firstEmpty = sizes.indexOf(0);
    for (int i = 0; i < sizes.size(); i++) {
      int size = sizes.get(i);
      if (size > limit) {
        ended.add(Set.of("t" + i));
      } else if (size > 0 || i == firstEmpty) {
        if (filled.stream().mapToInt(sizes::get).sum() + size > limit) {
          ended.add(names(filled, sizes));
          filled.clear();
        }
        filled.add(i);
      }
    }
    if (!filled.isEmpty()) {
      ended.add(names(filled, sizes));
    }
    assertThat(Sharding.DEFAULT.withMaxShardSize(limit).split(tensors(sizes))).isEqualTo(ended);
  }

  private static Set<String> names(List<Integer> filled, List<Integer> sizes) {
    Set<String> names = new TreeSet<>();
    filled.forEach(i -> names.add("t" + i));
    if (filled.contains(sizes.indexOf(0))) {
      for (int i = 0; i < sizes.size(); i++) {
        if (sizes.get(i) == 0) {
          names.add("t" + i);
        }
      }
    }
    return names;
  }

  @ParameterizedTest
  @CsvSource({
    "5GB, 5000000000",
    "50GB, 50000000000",
    "200mb, 200000000",
    "' 1.5 KB ', 1500",
    ".5TB, 500000000000",
    "2.KB, 2000",
    "0.0015KB, 1",
    // The product of doubles is a little less than 1005, in Python too.
    "1.005KB, 1004",
    "0.29KB, 290",
    "0KB, 0",
  })
  void a_size_is_read_as_python_reads_it(String text, long bytes) {
    assertThat(Sharding.bytes(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5", "GB", "1GiB", "5 B", "-5GB", "1e3KB", "0x1KB", "5dGB", "nanGB", "5GB/s"})
  void another_text_is_no_size(String text) {
    assertThatThrownBy(() -> Sharding.bytes(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'%s' is not the size of a shard; give a number and one of KB, MB, GB and TB, such as 5GB",
            text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223373TB", "99999999999999999999999999TB"})
  void a_size_that_no_long_holds_is_refused(String text) {
    assertThatThrownBy(() -> Sharding.bytes(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'%s' is more bytes than a long holds; give a smaller size", text);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void a_size_that_is_not_positive_is_refused(long size) {
    assertThatThrownBy(() -> Sharding.DEFAULT.withMaxShardSize(size))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the maximal size of a shard is %d bytes; give one of at least 1 byte", size);
  }

  @Test
  void a_negative_number_of_parameters_is_refused() {
    assertThatThrownBy(() -> Sharding.DEFAULT.withParameters(OptionalLong.of(-3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there are not -3 parameters");
  }
}
