package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A checkpoint of TensorFlow's version 2, as {@code tf.train.Checkpoint}, {@code
 * Model.save_weights} with its format {@code tf} and a SavedModel's variables are: an index {@code
 * PREFIX.index} and files of bytes {@code PREFIX.data-00000-of-00001}.
 *
 * @see <a
 *     href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/tensor_bundle/tensor_bundle.h">
 *     tensor_bundle.h</a>
 */
public final class TensorFlowCheckpoint {
  /** The entry with the graph of the objects whose variables these are: a protobuf message. */
  public static final String OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";

  /** The newest version that is read; there was no other yet. */
  private static final long VERSION = 1;

  /** Strings are objects, of which a small file must not make many. */
  private static final long MOST_STRINGS = 1 << 18;

  private static final int HEADER_SHARDS = 1;
  private static final int HEADER_ENDIANNESS = 2;
  private static final int HEADER_VERSION = 3;
  private static final int VERSION_LEAST_READER = 2;

  private final String source;
  private final long shards;
  private final List<BundleEntry> entries;

  private TensorFlowCheckpoint(String source, long shards, List<BundleEntry> entries) {
    this.source = source;
    this.shards = shards;
    this.entries = entries;
  }

  /**
   * Reads an index, whose blocks are compared with their checksums.
   *
   * @param index the whole file {@code PREFIX.index}
   * @param source the file's name, for messages
   * @throws CorruptFileException if it is no such file, or damaged
   * @throws UnsupportedFeatureException if it is big-endian, compressed, of a newer version, or has
   *     a variable in slices, one whose type {@link Dtype} does not have, or too many strings
   */
  public static TensorFlowCheckpoint parse(MemorySegment index, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!SortedTable.looksLike(index)) {
      throw Format.mistaken(index, source, Format.TENSORFLOW);
    }
    List<SortedTable.Entry> table = SortedTable.entries(index, source);
    if (table.isEmpty() || table.getFirst().key().length > 0) {
      throw new CorruptFileException(
          source
              + ": a table of LevelDB without the header of a TensorFlow checkpoint, an entry with"
              + " an empty key; check which file this is");
    }
    long shards = shards(table.getFirst().value(), source);
    List<BundleEntry> entries = new ArrayList<>();
    for (SortedTable.Entry entry : table.subList(1, table.size())) {
      // Such keys are those of the slices, whose variables come later and are named in the error.
      if (entry.key()[0] != 0) {
        entries.add(entry(entry, shards, source));
      }
    }
    if (entries.size() < table.size() - 1) {
      throw sliced("a variable", source);
    }
    refuseManyStrings(entries, source);
    return new TensorFlowCheckpoint(source, shards, entries);
  }

  private static void refuseManyStrings(List<BundleEntry> entries, String source)
      throws UnsupportedFeatureException {
    long strings = 0;
    for (BundleEntry entry : entries) {
      long count = entry.type() == TensorFlowType.STRING ? count(entry) : 0;
      if (count > MOST_STRINGS - strings) {
        throw new UnsupportedFeatureException(
            source
                + ": %d strings in '%s', and %d before it; at most %d are read; save it without them"
                    .formatted(count, Excerpt.of(entry.key()), strings, MOST_STRINGS));
      }
      strings += count;
    }
  }

  private static long shards(MemorySegment header, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    long shards = 0;
    long leastReader = 0;
    boolean isBigEndian = false;
    ProtobufReader fields = new ProtobufReader(header, 0, source + ": header");
    while (fields.next()) {
      switch (fields.field()) {
        case HEADER_SHARDS -> shards = fields.varint();
        case HEADER_ENDIANNESS -> isBigEndian = fields.varint() != 0;
        case HEADER_VERSION -> {
          ProtobufReader version = fields.message();
          while (version.next()) {
            if (version.field() == VERSION_LEAST_READER) {
              leastReader = version.varint();
            } else {
              version.skip();
            }
          }
        }
        default -> fields.skip();
      }
    }
    if (isBigEndian) {
      throw new UnsupportedFeatureException(
          source + ": big-endian numbers; expected little-endian ones; save it on another machine");
    }
    if (leastReader > VERSION) {
      throw new UnsupportedFeatureException(
          source
              + ": for readers of version %d at least; this one is of %d; use a newer checkpoint4j"
                  .formatted(leastReader, VERSION));
    }
    if (shards < 1 || shards > Integer.MAX_VALUE) {
      throw fields.problem(shards + " shards");
    }
    return shards;
  }

  private static BundleEntry entry(SortedTable.Entry entry, long shards, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    String key;
    try {
      key = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(entry.key())).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(
          source + ": a name is not UTF-8; the file is damaged: copy or save it again", e);
    }
    BundleEntry read = BundleEntry.read(key, entry.value(), source);
    if (read.slices() > 0) {
      throw sliced("'" + Excerpt.of(key) + "'", source);
    }
    Optional<Dtype> dtype = TensorFlowType.dtype(read.type());
    if (dtype.isEmpty() && read.type() != TensorFlowType.STRING) {
      throw new UnsupportedFeatureException(
          source
              + ": '%s' is of TensorFlow's data type %d, which is not read: numbers below 8 bits,"
                  .formatted(Excerpt.of(key), read.type())
              + " quantized ones, variants and resources are not; save it without that variable");
    }
    String fault = "";
    try {
      long elements = Tensor.elementCount(read.shape());
      if (dtype.isPresent() && dtype.get().byteSize(elements) != read.size()) {
        fault =
            "%d elements of %s do not take %d bytes".formatted(elements, dtype.get(), read.size());
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      fault = String.valueOf(e.getMessage());
    }
    if (read.shard() >= shards) {
      fault = "it is in shard %d, of %d".formatted(read.shard(), shards);
    }
    if (!fault.isEmpty()) {
      throw new CorruptFileException(
          source
              + ": entry '%s': %s; the file is damaged: copy or save it again"
                  .formatted(Excerpt.of(key), fault));
    }
    return read;
  }

  private static UnsupportedFeatureException sliced(String name, String source) {
    return new UnsupportedFeatureException(
        source
            + ": "
            + name
            + " is saved in slices, as parts of a partitioned variable, which are not read; load it"
            + " in TensorFlow and save it whole");
  }

  /**
   * The names of the files that have bytes of this checkpoint, at most one for each variable.
   *
   * @param prefix the index's name without {@code .index}
   */
  public Set<String> shards(String prefix) {
    Set<String> names = new LinkedHashSet<>();
    entries.forEach(entry -> names.add(shard(prefix, entry)));
    return names;
  }

  private String shard(String prefix, BundleEntry entry) {
    return "%s.data-%05d-of-%05d".formatted(prefix, entry.shard(), shards);
  }

  /**
   * What the checkpoint has, by its keys in their order: {@link Tensor}s, which are windows on the
   * shards; of tensors of strings a text, or a list; under {@link #OBJECT_GRAPH} bytes.
   *
   * @param prefix the index's name without {@code .index}
   * @param files the shards by name; those of {@link #shards}
   * @throws CorruptFileException if one is missing or too short, or variables share bytes
   */
  public Map<String, Value> read(String prefix, Map<String, MemorySegment> files)
      throws CorruptFileException {
    refuseOverlaps();
    Map<String, Value> state = new LinkedHashMap<>();
    for (BundleEntry entry : entries) {
      MemorySegment bytes = bytes(prefix, entry, files);
      Optional<Dtype> dtype = TensorFlowType.dtype(entry.type());
      state.put(
          entry.key(),
          dtype.isPresent()
              ? Tensor.of(dtype.get(), entry.shape(), bytes)
              : strings(entry, BundleStrings.read(bytes, count(entry), place(prefix, entry))));
    }
    return state;
  }

  /**
   * What is damaged, in words: each variable whose bytes have not the checksum of the index.
   *
   * @param prefix the index's name without {@code .index}
   * @param files the shards by name; those of {@link #shards}
   * @throws CorruptFileException as {@link #read}
   */
  public List<String> damaged(String prefix, Map<String, MemorySegment> files)
      throws CorruptFileException {
    refuseOverlaps();
    List<String> damaged = new ArrayList<>();
    for (BundleEntry entry : entries) {
      MemorySegment bytes = bytes(prefix, entry, files);
      int found =
          entry.type() == TensorFlowType.STRING
              ? BundleStrings.read(bytes, count(entry), place(prefix, entry)).checksum()
              : MaskedCrc32c.of(bytes);
      if (found != entry.checksum()) {
        damaged.add(
            "tensor '%s' of %s is damaged: the masked CRC32C of its %d bytes from byte %d should be %08x and is %08x"
                .formatted(
                    entry.key(),
                    shard(prefix, entry),
                    entry.size(),
                    entry.offset(),
                    entry.checksum(),
                    found));
      }
    }
    return damaged;
  }

  private static long count(BundleEntry entry) {
    return Tensor.elementCount(entry.shape());
  }

  private String place(String prefix, BundleEntry entry) {
    return source
        + ": '%s' in %s from byte %d"
            .formatted(Excerpt.of(entry.key()), shard(prefix, entry), entry.offset());
  }

  private MemorySegment bytes(String prefix, BundleEntry entry, Map<String, MemorySegment> files)
      throws CorruptFileException {
    String name = shard(prefix, entry);
    MemorySegment file = files.get(name);
    if (file == null) {
      throw new CorruptFileException(
          source
              + ": it names the file %s, which is missing; copy all files of the checkpoint"
                  .formatted(Excerpt.of(name)));
    }
    if (entry.offset() > file.byteSize() || entry.size() > file.byteSize() - entry.offset()) {
      throw new CorruptFileException(
          source
              + ": '%s' has %d bytes from byte %d of %s, which has %d: cut short? copy it again"
                  .formatted(
                      Excerpt.of(entry.key()),
                      entry.size(),
                      entry.offset(),
                      Excerpt.of(name),
                      file.byteSize()));
    }
    return file.asSlice(entry.offset(), entry.size());
  }

  private static Value strings(BundleEntry entry, BundleStrings strings) {
    List<Value> values = entry.key().equals(OBJECT_GRAPH) ? strings.bytes() : strings.values();
    return entry.shape().length == 0 ? values.getFirst() : new Value.Items(values);
  }

  private void refuseOverlaps() throws CorruptFileException {
    List<BundleEntry> byPlace =
        entries.stream()
            .filter(entry -> entry.size() > 0)
            .sorted(
                Comparator.comparingLong(BundleEntry::shard).thenComparingLong(BundleEntry::offset))
            .toList();
    for (int i = 1; i < byPlace.size(); i++) {
      BundleEntry before = byPlace.get(i - 1);
      BundleEntry after = byPlace.get(i);
      if (before.shard() == after.shard() && before.offset() + before.size() > after.offset()) {
        throw new CorruptFileException(
            source
                + ": '%s' and '%s' share bytes; the file is damaged: copy or save it again"
                    .formatted(Excerpt.of(before.key()), Excerpt.of(after.key())));
      }
    }
  }
}
