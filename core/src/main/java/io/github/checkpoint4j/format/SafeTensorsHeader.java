package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file.
 *
 * @param source the file, for messages
 * @param metadata the member {@code __metadata__}
 * @param entries the tensors, in the order of the header
 */
record SafeTensorsHeader(String source, Map<String, String> metadata, List<Entry> entries) {
  static final String METADATA = "__metadata__";
  static final String CURE = "; restore the file from a copy, or download or save it again";

  /**
   * A tensor.
   *
   * @param begin where its bytes begin, counted from the end of the header
   * @param end where its bytes end; not before they begin
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Entry(String name, Dtype dtype, long[] shape, long begin, long end) {}

  static SafeTensorsHeader parse(MemorySegment header, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    JsonReader reader = JsonReader.over(header, source + ": header", 8, false);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Entry> entries = new LinkedHashMap<>();
    boolean hasMetadata = false;
    for (boolean more = reader.open('{', '}'); more; more = reader.next('}')) {
      int at = reader.position();
      String name = reader.name();
      if (entries.containsKey(name) || (hasMetadata && name.equals(METADATA))) {
        throw reader.duplicate(name, at);
      }
      if (name.equals(METADATA)) {
        hasMetadata = true;
        // The crate takes null for no metadata.
        if (!reader.skipNull()) {
          metadata(reader, metadata);
        }
      } else {
        entries.put(name, entry(name, reader, source));
      }
    }
    reader.end();
    return new SafeTensorsHeader(source, metadata, List.copyOf(entries.values()));
  }

  private static void metadata(JsonReader reader, Map<String, String> metadata)
      throws CorruptFileException {
    for (boolean more = reader.open('{', '}'); more; more = reader.next('}')) {
      int at = reader.position();
      String name = reader.name();
      if (metadata.putIfAbsent(name, reader.text()) != null) {
        throw reader.duplicate(name, at);
      }
    }
  }

  private static Entry entry(String name, JsonReader reader, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    @Nullable String dtype = null;
    long @Nullable [] shape = null;
    long @Nullable [] offsets = null;
    Set<String> others = Set.of();
    int start = reader.position();
    for (boolean more = reader.open('{', '}'); more; more = reader.next('}')) {
      int at = reader.position();
      String field = reader.name();
      boolean second;
      switch (field) {
        case "dtype" -> {
          second = dtype != null;
          dtype = reader.text();
        }
        case "shape" -> {
          second = shape != null;
          shape = sizes(reader);
        }
        case "data_offsets" -> {
          second = offsets != null;
          offsets = sizes(reader);
        }
        default -> {
          others = others.isEmpty() ? new HashSet<>() : others;
          second = !others.add(field);
          reader.value();
        }
      }
      if (second) {
        throw reader.duplicate(field, at);
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
      throw reader.problem(start, "tensor '" + Excerpt.of(name) + "' has no '" + missing + "'");
    }
    if (offsets.length != 2) {
      throw reader.problem(
          start,
          "tensor '" + Excerpt.of(name) + "' has " + offsets.length + " data_offsets and not 2");
    }
    return entry(name, known(dtype, name, source), shape, offsets, source);
  }

  private static long[] sizes(JsonReader reader) throws CorruptFileException {
    long[] sizes = new long[4];
    int count = 0;
    for (boolean more = reader.open('[', ']'); more; more = reader.next(']')) {
      if (count == sizes.length) {
        sizes = Arrays.copyOf(sizes, 2 * count);
      }
      sizes[count++] = reader.size();
    }
    return Arrays.copyOf(sizes, count);
  }

  private static Dtype known(String dtype, String name, String source)
      throws UnsupportedFeatureException {
    return Dtype.named(dtype)
        .orElseThrow(
            () ->
                new UnsupportedFeatureException(
                    source
                        + ": tensor '"
                        + Excerpt.of(name)
                        + "' has the unknown dtype '"
                        + Excerpt.of(dtype)
                        + "'; known are "
                        + Dtype.ofSafeTensors()
                        + "; save it in one of these"));
  }

  private static Entry entry(String name, Dtype dtype, long[] shape, long[] offsets, String source)
      throws CorruptFileException {
    long begin = offsets[0];
    long end = offsets[1];
    if (end < begin) {
      throw corrupt(
          source, name, "ends at byte " + end + " of the data, before it begins at byte " + begin);
    }
    long size;
    try {
      size = byteSize(dtype, shape);
    } catch (ArithmeticException e) {
      throw corrupt(
          source, name, dtype + Arrays.toString(shape) + " takes more bytes than a long holds");
    } catch (IllegalArgumentException e) {
      throw corrupt(source, name, String.valueOf(e.getMessage()));
    }
    if (size != end - begin) {
      throw corrupt(
          source,
          name,
          dtype
              + Arrays.toString(shape)
              + " takes "
              + size
              + " bytes, and the header gives it "
              + (end - begin));
    }
    return new Entry(name, dtype, shape, begin, end);
  }

  /**
   * The bytes that a tensor takes.
   *
   * @throws ArithmeticException if the product of the dimensions, taken from the first to the last,
   *     or the number of bits is over {@link Long#MAX_VALUE}, also if a later dimension is 0: the
   *     reference crate refuses such a shape too
   * @throws IllegalArgumentException if the elements do not fill whole bytes
   */
  static long byteSize(Dtype dtype, long[] shape) {
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return dtype.byteSize(elements);
  }

  /**
   * The tensors in the order of their bytes, which follow one another from the end of the header to
   * the end of the file.
   *
   * @throws CorruptFileException if they do not
   */
  List<Entry> contiguous(long headerEnd, long fileSize) throws CorruptFileException {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = 0;
    String previous = "";
    for (Entry entry : sorted) {
      if (entry.begin() > end) {
        throw corrupt(
            source,
            entry.name(),
            "begins at byte " + entry.begin() + " of the data and leaves a gap from byte " + end);
      }
      if (entry.begin() < end) {
        throw corrupt(
            source,
            entry.name(),
            "begins at byte "
                + entry.begin()
                + " of the data and overlaps tensor '"
                + Excerpt.of(previous)
                + "', which ends at byte "
                + end);
      }
      end = entry.end();
      previous = entry.name();
    }
    long present = fileSize - headerEnd;
    if (end > present) {
      Entry cut = sorted.stream().filter(e -> e.end() > present).findFirst().orElseThrow();
      throw new CorruptFileException(
          source
              + ": cut short: the tensors take "
              + end
              + " bytes and "
              + present
              + " are there; the first that is not whole is '"
              + Excerpt.of(cut.name())
              + "'"
              + CURE);
    }
    if (end < present) {
      throw new CorruptFileException(
          source
              + ": extended: the last tensor ends at byte "
              + (headerEnd + end)
              + " and the file at byte "
              + fileSize
              + CURE);
    }
    return sorted;
  }

  private static CorruptFileException corrupt(String source, String tensor, String problem) {
    return new CorruptFileException(
        source + ": tensor '" + Excerpt.of(tensor) + "': " + problem + CURE);
  }
}
