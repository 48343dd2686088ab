package io.github.checkpoint4j.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The memory through which large files go to the disk. It is kept from one file to the next, since
 * fetching it from the system takes as long as writing it. Safe for use by several threads.
 */
final class Stages {
  /** Large enough that a write's cost is the disk's; measured on virtual disks. */
  static final long SIZE = 8L << 20;

  /** As many as one file needs for the disk never to wait: more did not make it faster. */
  static final int PER_FILE = 3;

  private final BlockingQueue<MemorySegment> free = new ArrayBlockingQueue<>(PER_FILE);

  /** A stage of any content, at an address that is a multiple of {@link DirectWriter#BLOCK}. */
  MemorySegment take() {
    @Nullable MemorySegment stage = free.poll();
    return stage != null ? stage : Arena.ofAuto().allocate(SIZE, DirectWriter.BLOCK);
  }

  /** Gives a stage back that nothing reads or writes any more. One too many is not kept. */
  void giveBack(MemorySegment stage) {
    free.offer(stage);
  }
}
