package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class EditDistanceProperties {
  @Provide
  Arbitrary<List<String>> phonemes() {
    return Arbitraries.of("AA", "B", "K").list().ofMaxSize(6);
  }

  @Property(tries = 500)
  void it_is_what_trying_every_edit_finds(
      @ForAll("phonemes") List<String> first, @ForAll("phonemes") List<String> second) {
    assertThat(EditDistance.between(first, second)).isEqualTo(tried(first, second));
  }

  @Property(tries = 500)
  void it_is_0_for_equals_alone_and_the_same_both_ways(
      @ForAll("phonemes") List<String> first, @ForAll("phonemes") List<String> second) {
    long distance = EditDistance.between(first, second);

    assertThat(distance == 0).isEqualTo(first.equals(second));
    assertThat(EditDistance.between(second, first)).isEqualTo(distance);
    assertThat(distance)
        .isBetween(
            (long) Math.abs(first.size() - second.size()),
            (long) Math.max(first.size(), second.size()));
  }

  @Property(tries = 300)
  void a_detour_is_not_shorter(
      @ForAll("phonemes") List<String> first,
      @ForAll("phonemes") List<String> second,
      @ForAll("phonemes") List<String> third) {
    assertThat(EditDistance.between(first, third))
        .isLessThanOrEqualTo(
            EditDistance.between(first, second) + EditDistance.between(second, third));
  }

  private static long tried(List<String> first, List<String> second) {
    if (first.isEmpty() || second.isEmpty()) {
      return Math.max(first.size(), second.size());
    }
    List<String> rest = new ArrayList<>(first.subList(1, first.size()));
    List<String> other = new ArrayList<>(second.subList(1, second.size()));
    long substituted = tried(rest, other) + (first.getFirst().equals(second.getFirst()) ? 0 : 1);
    return Math.min(substituted, 1 + Math.min(tried(rest, second), tried(first, other)));
  }
}
