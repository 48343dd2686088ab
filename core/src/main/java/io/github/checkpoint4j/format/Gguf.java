package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file of llama.cpp, version 2 or 3, little-endian: values under keys, such as the
 * architecture and the vocabulary, and tensors, plain or quantized.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
public final class Gguf {
  private static final String ALIGNMENT = "general.alignment";
  private static final long DEFAULT_ALIGNMENT = 32;

  private static final int NEWEST = 3;
  private static final int MOST_DIMENSIONS = 4;

  /** A pair takes the length of its key, the type and one byte. */
  private static final int LEAST_PAIR = 13;

  /** A tensor takes the length of its name, the number of dimensions, the type and the offset. */
  private static final int LEAST_TENSOR = 24;

  private final long version;
  private final Map<String, Value> metadata;
  private final Map<String, Value> tensors;

  private Gguf(long version, Map<String, Value> metadata, Map<String, Value> tensors) {
    this.version = version;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /** What the file says of a tensor, and where. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Info(String name, GgufType type, long[] shape, long offset, long size, long at) {}

  /**
   * Reads a file. What stands before the tensors alone is read; they are windows on {@code file},
   * valid as long as it is.
   *
   * @param file the whole file
   * @param source the file's name, for messages
   * @throws CorruptFileException if it is no such file, cut short, or tensors overlap or have not
   *     the size of their shape
   * @throws UnsupportedFeatureException if it is of another version, big-endian, or has a type that
   *     is unknown
   */
  public static Gguf parse(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!Format.isGguf(file)) {
      throw Format.mistaken(file, source, Format.GGUF);
    }
    GgufReader reader = new GgufReader(file, source);
    reader.unsignedInt();
    long version = version(reader.unsignedInt(), source);
    long tensorCount = reader.count("tensors", LEAST_TENSOR);
    long pairs = reader.count("keys", LEAST_PAIR);
    Map<String, Value> metadata = new LinkedHashMap<>();
    for (long i = 0; i < pairs; i++) {
      String key = reader.string();
      if (metadata.putIfAbsent(key, reader.value()) != null) {
        throw reader.problem("two keys '" + Excerpt.of(key) + "'");
      }
    }
    List<Info> infos = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      infos.add(info(reader, source));
    }
    long alignment = alignment(metadata, reader);
    long start = Math.ceilDiv(reader.at(), alignment) * alignment;
    return new Gguf(version, metadata, tensors(infos, file, start, alignment, source));
  }

  private static long version(long version, String source) throws UnsupportedFeatureException {
    if (version != 2 && version != NEWEST) {
      boolean isBigEndian = Integer.reverseBytes((int) version) <= NEWEST && version > 0xFFFF;
      throw new UnsupportedFeatureException(
          source
              + (isBigEndian
                  ? ": a big-endian GGUF file; expected a little-endian one"
                  : ": version %d of GGUF; expected 2 or 3".formatted(version))
              + "; convert it with llama.cpp's gguf tools");
    }
    return version;
  }

  private static Info info(GgufReader reader, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    long at = reader.at();
    String name = reader.string();
    String tensor = "tensor '" + Excerpt.of(name) + "'";
    long rank = reader.unsignedInt();
    if (rank > MOST_DIMENSIONS) {
      throw reader.problem(
          "%s has %d dimensions, at most %d are allowed".formatted(tensor, rank, MOST_DIMENSIONS));
    }
    // The file has the innermost dimension first.
    long[] shape = new long[(int) rank];
    for (int i = shape.length - 1; i >= 0; i--) {
      shape[i] = reader.size("a dimension of " + tensor);
    }
    long number = reader.unsignedInt();
    GgufType type =
        GgufType.of(number)
            .orElseThrow(
                () ->
                    new UnsupportedFeatureException(
                        source
                            + ", byte %d: %s is of ggml's type %d, which is not known;"
                                .formatted(at, tensor, number)
                            + " use a newer checkpoint4j"));
    long offset = reader.size("the offset of " + tensor);
    try {
      return new Info(name, type, shape, offset, size(type, shape), at);
    } catch (IllegalArgumentException e) {
      throw reader.problem(tensor + ": " + e.getMessage());
    }
  }

  /** Bytes of a tensor, whose rows are whole blocks. */
  private static long size(GgufType type, long[] shape) {
    long elements = Tensor.elementCount(shape);
    long row = shape.length == 0 ? 1 : shape[shape.length - 1];
    if (row % type.blockElements() != 0) {
      throw new IllegalArgumentException(
          "a row of %d elements is no multiple of %d, a block of %s"
              .formatted(row, type.blockElements(), type));
    }
    try {
      return Math.multiplyExact(elements / type.blockElements(), (long) type.blockBytes());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("it takes more bytes than a long holds", e);
    }
  }

  private static long alignment(Map<String, Value> metadata, GgufReader reader)
      throws CorruptFileException {
    Value value = metadata.getOrDefault(ALIGNMENT, Value.of(DEFAULT_ALIGNMENT));
    if (value instanceof Value.Int whole
        && whole.value().bitLength() < Integer.SIZE
        && whole.value().bitCount() == 1
        && whole.value().signum() > 0) {
      return whole.exactLong();
    }
    throw reader.problem(ALIGNMENT + " is not a power of two");
  }

  private static Map<String, Value> tensors(
      List<Info> infos, MemorySegment file, long start, long alignment, String source)
      throws CorruptFileException {
    Map<String, Value> tensors = LinkedHashMap.newLinkedHashMap(infos.size());
    for (Info info : infos) {
      if (info.offset() % alignment != 0
          || start > file.byteSize()
          || info.offset() > file.byteSize() - start
          || info.size() > file.byteSize() - start - info.offset()) {
        throw damaged(
            source,
            info,
            "of %d bytes at byte %d, a multiple of %d after byte %d, is not in the file of %d bytes"
                .formatted(info.size(), info.offset(), alignment, start, file.byteSize()));
      }
      MemorySegment bytes = file.asSlice(start + info.offset(), info.size());
      Value tensor =
          info.type()
              .dtype()
              .<Value>map(dtype -> Tensor.of(dtype, info.shape(), bytes))
              .orElseGet(() -> QuantizedTensor.of(info.type().name(), info.shape(), bytes));
      if (tensors.putIfAbsent(info.name(), tensor) != null) {
        throw damaged(source, info, "is there twice");
      }
    }
    refuseOverlaps(infos, source);
    return tensors;
  }

  private static void refuseOverlaps(List<Info> infos, String source) throws CorruptFileException {
    List<Info> byPlace =
        infos.stream()
            .filter(info -> info.size() > 0)
            .sorted(Comparator.comparingLong(Info::offset))
            .toList();
    for (int i = 1; i < byPlace.size(); i++) {
      Info before = byPlace.get(i - 1);
      if (before.offset() + before.size() > byPlace.get(i).offset()) {
        throw damaged(
            source, byPlace.get(i), "shares bytes with '" + Excerpt.of(before.name()) + "'");
      }
    }
  }

  private static CorruptFileException damaged(String source, Info info, String what) {
    return new CorruptFileException(
        source
            + ", byte %d: tensor '%s' ".formatted(info.at(), Excerpt.of(info.name()))
            + what
            + "; the file is damaged: copy or download it again");
  }

  /** The version of the format, 2 or 3. */
  public long version() {
    return version;
  }

  /**
   * What the file says of the model, in its order: numbers, truth values, texts, lists of texts and
   * of lists; a list of numbers is an {@link io.github.checkpoint4j.state.Value.NdArray}.
   */
  public Map<String, Value> metadata() {
    return metadata;
  }

  /**
   * The tensors in the order of the file, each a {@link Tensor} or a {@link QuantizedTensor}. Their
   * shapes have the outermost dimension first, the other way round than the file.
   */
  public Map<String, Value> tensors() {
    return tensors;
  }
}
