package io.github.checkpoint4j;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Takes copies of a run's state which nothing that happens to its tensors afterwards reaches. The
 * memory of one copy is that of the next: the first copy takes it from the system, the others take
 * as long as copying the bytes.
 *
 * <p>Tensors that are the same memory are the same memory in the copy, and parts of a tensor parts
 * of its copy, so that a format that writes shared memory once still does.
 */
final class Snapshot implements AutoCloseable {
  /** So large that handing it to a thread costs little, so small that several share a tensor. */
  static final long CHUNK = 4L << 20;

  private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

  /** A run of bytes; a segment alone is equal to a longer one that begins where it does. */
  private record Memory(MemorySegment start, long size) {
    static Memory of(MemorySegment bytes) {
      return new Memory(bytes, bytes.byteSize());
    }

    long end() {
      return start.address() + size;
    }

    /** The bytes of {@code place}, which is a copy of this, that are the copy of {@code part}. */
    MemorySegment slice(MemorySegment place, Memory part) {
      return place.asSlice(part.start.address() - start.address(), part.size);
    }
  }

  private record Chunk(MemorySegment from, MemorySegment to) {
    void copy() {
      to.copyFrom(from);
    }

    /** Copies; what that failed with, if it did. */
    Optional<Throwable> tryCopy() {
      try {
        copy();
        return Optional.empty();
      } catch (RuntimeException | Error e) {
        return Optional.of(e);
      }
    }
  }

  private final Slabs memory = new Slabs();

  /**
   * Copies a state, by several threads.
   *
   * @return the copy, valid until the next is taken or this is closed
   * @throws OutOfMemoryError if the system has no memory for it
   * @throws IllegalStateException if memory of a tensor was freed
   */
  TrackedState take(TrackedState live) {
    Map<Memory, Memory> wholes = wholes(live);
    Map<Memory, MemorySegment> copies = placesFor(new LinkedHashSet<>(wholes.values()));
    List<Chunk> forAnyThread = new ArrayList<>();
    List<Chunk> forThisThread = new ArrayList<>();
    copies.forEach(
        (source, target) -> {
          boolean shared = source.start().isAccessibleBy(ANOTHER_THREAD);
          split(source.start(), target, shared ? forAnyThread : forThisThread);
        });
    forThisThread.forEach(Chunk::copy);
    copyInParallel(forAnyThread);
    return live.mapMemory(
        bytes -> {
          Memory source = Memory.of(bytes);
          Memory whole = wholes.get(source);
          return whole == null
              ? MemorySegment.NULL
              : whole.slice(copies.getOrDefault(whole, MemorySegment.NULL), source);
        });
  }

  /**
   * Returns or throws when all threads have ended. A stream that is thrown out of goes on for a
   * while, and would write into the memory of the next copy.
   */
  private static void copyInParallel(List<Chunk> chunks) {
    Optional<Throwable> failure =
        chunks.parallelStream()
            .flatMap(chunk -> chunk.tryCopy().stream())
            .reduce((first, other) -> first);
    if (failure.isPresent()) {
      switch (failure.get()) {
        case Error e -> throw e;
        case RuntimeException e -> throw e;
        default -> throw new IllegalStateException(failure.get());
      }
    }
  }

  /** For each run of bytes the run that it lies in: itself, or that of which it is a part. */
  private static Map<Memory, Memory> wholes(TrackedState live) {
    Set<Memory> sources = new LinkedHashSet<>();
    live.mapMemory(
        bytes -> {
          sources.add(Memory.of(bytes));
          return bytes;
        });
    Map<Object, List<Memory>> byArray = new LinkedHashMap<>();
    for (Memory source : sources) {
      if (source.size() > 0) {
        Object array = source.start().isNative() ? "" : source.start().scope();
        byArray.computeIfAbsent(array, any -> new ArrayList<>()).add(source);
      }
    }
    Map<Memory, Memory> wholes = new LinkedHashMap<>();
    sources.forEach(source -> wholes.put(source, source));
    wholes.keySet().removeIf(source -> source.size() == 0);
    for (List<Memory> runs : byArray.values()) {
      runs.sort(
          Comparator.comparingLong((Memory run) -> run.start().address())
              .thenComparing(Comparator.comparingLong(Memory::size).reversed()));
      Memory last = runs.getFirst();
      for (Memory run : runs) {
        last = run.end() <= last.end() ? last : run;
        wholes.put(run, last);
      }
    }
    return wholes;
  }

  /** A place for each run of bytes. */
  private Map<Memory, MemorySegment> placesFor(Set<Memory> sources) {
    Iterator<MemorySegment> places =
        memory.allocate(sources.stream().map(Memory::size).toList()).iterator();
    Map<Memory, MemorySegment> copies = new LinkedHashMap<>();
    sources.forEach(source -> copies.put(source, places.next()));
    return copies;
  }

  private static void split(MemorySegment from, MemorySegment to, List<Chunk> chunks) {
    for (long at = 0; at < from.byteSize(); at += CHUNK) {
      long size = Math.min(CHUNK, from.byteSize() - at);
      chunks.add(new Chunk(from.asSlice(at, size), to.asSlice(at, size)));
    }
  }

  /** The bytes of memory that copies are kept in. */
  long byteSize() {
    return memory.byteSize();
  }

  /** Gives the memory back; does nothing the second time. */
  @Override
  public void close() {
    memory.close();
  }
}
