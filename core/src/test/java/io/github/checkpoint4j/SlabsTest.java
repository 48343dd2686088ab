package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlabsTest {
  private static List<Long> addresses(List<MemorySegment> pieces) {
    return pieces.stream().map(MemorySegment::address).toList();
  }

  @Test
  void pieces_are_as_large_as_asked_for_aligned_and_do_not_overlap() {
    Random random = new Random(3);
    try (Slabs slabs = new Slabs()) {
      for (int round = 0; round < 20; round++) {
        List<Long> sizes = random.longs(100, 1, 5000).boxed().toList();
        List<MemorySegment> pieces = new ArrayList<>(slabs.allocate(sizes));
        assertThat(pieces.stream().map(MemorySegment::byteSize)).containsExactlyElementsOf(sizes);
        pieces.sort((a, b) -> Long.compareUnsigned(a.address(), b.address()));
        for (int i = 0; i < pieces.size(); i++) {
          MemorySegment piece = pieces.get(i);
          assertThat(piece.address() % 64).isZero();
          if (i > 0) {
            MemorySegment before = pieces.get(i - 1);
            assertThat(before.address() + before.byteSize()).isLessThanOrEqualTo(piece.address());
          }
        }
      }
    }
  }

  @Test
  void the_first_piece_begins_at_a_page() {
    try (Slabs slabs = new Slabs()) {
      assertThat(slabs.allocate(List.of(1L)).getFirst().address() % 4096).isZero();
    }
  }

  @Test
  void memory_is_handed_out_again_and_grows_by_what_is_missing_only() {
    try (Slabs slabs = new Slabs()) {
      List<Long> sizes = List.of(1000L, 1L, 64L, 3_000_000L);
      List<Long> first = addresses(slabs.allocate(sizes));
      assertThat(slabs.byteSize()).isEqualTo(1024 + 64 + 64 + 3_000_000);
      assertThat(addresses(slabs.allocate(sizes))).isEqualTo(first);
      assertThat(addresses(slabs.allocate(sizes.subList(0, 2)))).isEqualTo(first.subList(0, 2));
      assertThat(slabs.byteSize()).isEqualTo(1024 + 64 + 64 + 3_000_000);

      List<Long> more = List.of(1000L, 1L, 64L, 3_000_000L, 500L, 70L);
      assertThat(addresses(slabs.allocate(more))).startsWith(first.toArray(Long[]::new));
      assertThat(slabs.byteSize()).isEqualTo(1024 + 64 + 64 + 3_000_000 + 512 + 128);
      slabs.allocate(more);
      assertThat(slabs.byteSize()).isEqualTo(1024 + 64 + 64 + 3_000_000 + 512 + 128);
    }
  }

  @Test
  void nothing_is_taken_for_nothing() {
    try (Slabs slabs = new Slabs()) {
      assertThat(slabs.allocate(List.of())).isEmpty();
      assertThat(slabs.byteSize()).isZero();
    }
  }

  @Test
  void closing_gives_the_memory_back_once() {
    Slabs slabs = new Slabs();
    MemorySegment piece = slabs.allocate(List.of(8L)).getFirst();
    slabs.close();
    slabs.close();
    assertThatThrownBy(() -> piece.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
  }
}
