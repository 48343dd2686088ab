package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The storages of tensors that are to be written. Tensors that share memory, as a whole and its
 * views, share a storage; all others have one of just their own bytes.
 */
final class TorchStorages {

  /**
   * A tensor's place.
   *
   * @param key the storage's number
   * @param offset where the tensor starts in the storage, in bytes
   * @param size bytes of the storage
   */
  record Place(int key, long offset, long size) {}

  /**
   * A tensor to be written.
   *
   * @param path the keys to it, joined by dots
   * @param order its number among all of them
   */
  private record Span(int order, String path, Tensor tensor) {
    long start() {
      return tensor.bytes().address();
    }

    long end() {
      return start() + tensor.byteSize();
    }
  }

  /**
   * Memory in which overlapping tensors can be views of one storage: of one array, or outside the
   * heap, with elements of one type at a whole distance.
   */
  private record Memory(Optional<MemorySegment.Scope> array, TorchType type, long phase) {
    static Memory of(Tensor tensor, TorchType type) {
      MemorySegment bytes = tensor.bytes();
      return new Memory(
          bytes.isNative() ? Optional.empty() : Optional.of(bytes.scope()),
          type,
          bytes.address() % type.itemSize());
    }
  }

  /** Tensors of which each shares bytes with one before. */
  private static final class Run {
    final List<Span> spans = new ArrayList<>();
    final List<FileContent.Part> parts = new ArrayList<>();
    final long start;
    int first;
    Span last;

    Run(Span span) {
      start = span.start();
      first = span.order;
      last = span;
      spans.add(span);
      parts.add(new FileContent.Part(Optional.of(span.path), span.tensor.bytes()));
    }

    /** Adds a tensor that does not start before those that are there, if it shares bytes. */
    boolean accept(Span span) {
      MemorySegment bytes = span.tensor.bytes();
      if (span.start() >= last.end() || last.tensor.bytes().asOverlappingSlice(bytes).isEmpty()) {
        return false;
      }
      first = Math.min(first, span.order);
      spans.add(span);
      if (span.end() > last.end()) {
        MemorySegment rest = bytes.asSlice(last.end() - span.start());
        parts.add(new FileContent.Part(Optional.of(span.path), rest));
        last = span;
      }
      return true;
    }
  }

  private final Map<Tensor, Span> spans = new HashMap<>();
  private final Map<Memory, List<Span>> memories = new LinkedHashMap<>();

  /** Tensors without bytes, wherever they lie, share a storage without bytes. */
  private final Map<TorchType, Run> empty = new EnumMap<>(TorchType.class);

  private final Map<Tensor, Place> places = new HashMap<>();
  private final List<List<FileContent.Part>> storages = new ArrayList<>();

  /** Adds a tensor that is to be written. */
  void add(String path, Tensor tensor, TorchType type) {
    if (spans.containsKey(tensor)) {
      return;
    }
    Span span = new Span(spans.size(), path, tensor);
    spans.put(tensor, span);
    if (tensor.byteSize() == 0) {
      empty.computeIfAbsent(type, first -> new Run(span)).spans.add(span);
    } else {
      memories.computeIfAbsent(Memory.of(tensor, type), memory -> new ArrayList<>()).add(span);
    }
  }

  /** Gives each tensor its place; storages are numbered in the order of their first tensors. */
  void arrange() {
    List<Run> runs = new ArrayList<>(empty.values());
    for (List<Span> memory : memories.values()) {
      memory.sort(
          Comparator.comparingLong(Span::start)
              .thenComparing(Comparator.comparingLong(Span::end).reversed())
              .thenComparingInt(Span::order));
      Optional<Run> run = Optional.empty();
      for (Span span : memory) {
        if (run.isEmpty() || !run.get().accept(span)) {
          run = Optional.of(new Run(span));
          runs.add(run.get());
        }
      }
    }
    runs.sort(Comparator.comparingInt(run -> run.first));
    for (Run run : runs) {
      long size = run.last.end() - run.start;
      for (Span span : run.spans) {
        long offset = size == 0 ? 0 : span.start() - run.start;
        places.put(span.tensor, new Place(storages.size(), offset, size));
      }
      storages.add(run.parts);
    }
  }

  /** The place of a tensor that was added. */
  Place place(Tensor tensor) {
    return Objects.requireNonNull(places.get(tensor));
  }

  /** The storages in the order of their keys, each of parts that are tensors' own memory. */
  List<List<FileContent.Part>> storages() {
    return storages;
  }
}
