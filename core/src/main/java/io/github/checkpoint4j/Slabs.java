package io.github.checkpoint4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Native memory that is handed out in pieces, again and again. What was taken from the system is
 * kept until this is closed. It was written to, so that the pages are there: a later copy into it
 * runs at the speed of memory.
 */
final class Slabs implements AutoCloseable {
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
      used += padded(size);
      return piece;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final List<Slab> slabs = new ArrayList<>();

  /**
   * Takes back all pieces handed out before, and hands out pieces of these sizes, none of which
   * overlaps another. What is in them is unknown. Of the system as much is taken as is missing.
   *
   * @param sizes bytes, each above 0
   * @throws OutOfMemoryError if the system has no more memory
   */
  List<MemorySegment> allocate(List<Long> sizes) {
    slabs.forEach(slab -> slab.used = 0);
    long left = sizes.stream().mapToLong(Slabs::padded).reduce(0, Math::addExact);
    List<MemorySegment> pieces = new ArrayList<>(sizes.size());
    for (long size : sizes) {
      pieces.add(slabFor(padded(size), left).take(size));
      left -= padded(size);
    }
    return pieces;
  }

  /** A slab with room for so much; a new one has room for all that is left. */
  private Slab slabFor(long size, long left) {
    for (Slab slab : slabs) {
      if (slab.fits(size)) {
        return slab;
      }
    }
    // The arena fills it with zeros, which is what makes the system find the pages.
    Slab slab = new Slab(arena.allocate(left, PAGE));
    slabs.add(slab);
    return slab;
  }

  private static long padded(long size) {
    return Math.multiplyExact(Math.ceilDiv(size, ALIGNMENT), ALIGNMENT);
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
