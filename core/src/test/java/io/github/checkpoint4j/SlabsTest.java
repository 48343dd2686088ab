package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlabsTest {
  @Test
  void pieces_are_aligned_and_do_not_overlap() {
    Random random = new Random(3);
    try (Slabs slabs = new Slabs()) {
      List<MemorySegment> pieces = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        pieces.add(slabs.allocate(1 + random.nextInt(i % 50 == 0 ? 20_000_000 : 5000)));
      }
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

  @Test
  void the_first_piece_begins_at_a_page() {
    try (Slabs slabs = new Slabs()) {
      assertThat(slabs.allocate(1).address() % 4096).isZero();
      assertThat(slabs.allocate(Slabs.SLAB + 1).address() % 4096).isZero();
    }
  }

  @Test
  void memory_is_handed_out_again_and_grows_by_what_is_missing_only() {
    try (Slabs slabs = new Slabs()) {
      MemorySegment first = slabs.allocate(1000);
      MemorySegment large = slabs.allocate(3 * Slabs.SLAB);
      assertThat(slabs.byteSize()).isEqualTo(4 * Slabs.SLAB);
      slabs.reuse();
      assertThat(slabs.allocate(1000).address()).isEqualTo(first.address());
      assertThat(slabs.allocate(3 * Slabs.SLAB).address()).isEqualTo(large.address());
      assertThat(slabs.byteSize()).isEqualTo(4 * Slabs.SLAB);
      slabs.allocate(Slabs.SLAB - 1024);
      assertThat(slabs.byteSize()).isEqualTo(4 * Slabs.SLAB);
      slabs.allocate(1);
      assertThat(slabs.byteSize()).isEqualTo(5 * Slabs.SLAB);
    }
  }

  @Test
  void a_piece_may_fill_a_slab_to_its_last_byte() {
    try (Slabs slabs = new Slabs()) {
      slabs.allocate(Slabs.SLAB - 64);
      slabs.allocate(63);
      assertThat(slabs.byteSize()).isEqualTo(Slabs.SLAB);
      slabs.allocate(1);
      assertThat(slabs.byteSize()).isEqualTo(2 * Slabs.SLAB);
    }
  }

  @Test
  void closing_gives_the_memory_back_once() {
    Slabs slabs = new Slabs();
    MemorySegment piece = slabs.allocate(8);
    slabs.close();
    slabs.close();
    assertThatThrownBy(() -> piece.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
  }
}
