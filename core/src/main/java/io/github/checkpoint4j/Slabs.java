package io.github.checkpoint4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Native memory that is handed out piece by piece, and after {@link #reuse} again from the
 * beginning. What was taken from the system is kept until this is closed. It was written to, so
 * that the pages are there: a later copy into it runs at the speed of memory.
 */
final class Slabs implements AutoCloseable {
  /** The least that is taken from the system at once. */
  static final long SLAB = 16L << 20;

  private static final long PAGE = 4096;

  /** Of a piece: a cache line, as libtorch aligns tensors. */
  private static final long ALIGNMENT = 64;

  private static final class Slab {
    private final MemorySegment memory;
    private long used;

    Slab(MemorySegment memory) {
      this.memory = memory;
    }

    boolean fits(long size) {
      return size <= memory.byteSize() - used;
    }

    MemorySegment take(long size) {
      MemorySegment piece = memory.asSlice(used, size);
      used = Math.min(memory.byteSize(), Math.ceilDiv(used + size, ALIGNMENT) * ALIGNMENT);
      return piece;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final List<Slab> slabs = new ArrayList<>();

  /**
   * A piece that no other overlaps until {@link #reuse}. Of unknown content.
   *
   * @param size bytes, above 0
   * @throws OutOfMemoryError if the system has no more memory
   */
  MemorySegment allocate(long size) {
    for (Slab slab : slabs) {
      if (slab.fits(size)) {
        return slab.take(size);
      }
    }
    // The arena fills it with zeros, which is what makes the system find the pages.
    Slab slab = new Slab(arena.allocate(Math.max(size, SLAB), PAGE));
    slabs.add(slab);
    return slab.take(size);
  }

  /** Takes all pieces back. Their memory may be handed out again. */
  void reuse() {
    slabs.forEach(slab -> slab.used = 0);
  }

  /** The bytes taken from the system. */
  long byteSize() {
    return slabs.stream().mapToLong(slab -> slab.memory.byteSize()).sum();
  }

  /** Gives the memory back; does nothing the second time. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
