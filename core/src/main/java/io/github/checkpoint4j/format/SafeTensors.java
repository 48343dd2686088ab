package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file: the length of the header in 8 bytes, little-endian; the header, a JSON object
 * of one member a tensor with its dtype, shape and place; then the tensors without gaps.
 *
 * <p>Read are the files that the reference crate reads, with these exceptions, none of which a
 * writer makes:
 *
 * <ul>
 *   <li>a name twice in any object of the header: readers differ in which of the two they take, so
 *       that one file would be two;
 *   <li>white space before the header: the format has it begin with a brace, by which the file is
 *       known from others;
 *   <li>a tensor given as an array of its fields, or a dtype as an object: the format has neither,
 *       the crate's JSON library takes them by the way;
 *   <li>a dimension, or a product of dimensions, over {@link Long#MAX_VALUE}, possible where
 *       another dimension is 0: there is no {@code long} for it.
 * </ul>
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafeTensors {
  /** A header is at most this long, in bytes; the limit of the reference crate. */
  public static final long MAX_HEADER = 100_000_000;

  static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Map<String, String> metadata;
  private final Map<String, Tensor> tensors;
  private final MemorySegment file;

  private SafeTensors(
      Map<String, String> metadata, Map<String, Tensor> tensors, MemorySegment file) {
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
    this.file = file;
  }

  /**
   * Reads a file. The header alone is read; the tensors are windows on {@code file}, valid as long
   * as it is.
   *
   * @param file the whole file
   * @param source what the file is, for messages: its name
   * @throws CorruptFileException if it is not a safetensors file, cut short, longer than its
   *     tensors, or its tensors overlap, leave gaps or do not have the size of their shape
   * @throws UnsupportedFeatureException if a dtype is unknown
   */
  public static SafeTensors parse(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (file.byteSize() < 8) {
      throw Format.mistaken(file, source, Format.SAFETENSORS);
    }
    long length = file.get(LENGTH, 0);
    if (file.byteSize() == 8 || file.get(ValueLayout.JAVA_BYTE, 8) != '{') {
      throw Format.mistaken(file, source, Format.SAFETENSORS);
    }
    if (length < 0 || length > MAX_HEADER) {
      throw new CorruptFileException(
          source
              + ": header too long: "
              + Long.toUnsignedString(length)
              + " bytes, at most "
              + MAX_HEADER
              + " are allowed; if the file is whole, split the tensors over several files");
    }
    if (length > file.byteSize() - 8) {
      throw new CorruptFileException(
          source
              + ": cut short: the header of "
              + length
              + " bytes ends at byte "
              + (8 + length)
              + ", and the file at byte "
              + file.byteSize()
              + SafeTensorsHeader.CURE);
    }
    SafeTensorsHeader header = SafeTensorsHeader.parse(file.asSlice(8, length), source);
    List<SafeTensorsHeader.Entry> entries = header.contiguous(8 + length, file.byteSize());
    Map<String, Tensor> tensors = LinkedHashMap.newLinkedHashMap(entries.size());
    MemorySegment data = file.asSlice(8 + length);
    for (SafeTensorsHeader.Entry entry : entries) {
      MemorySegment bytes = data.asSlice(entry.begin(), entry.end() - entry.begin());
      tensors.put(entry.name(), Tensor.of(entry.dtype(), entry.shape(), bytes));
    }
    return new SafeTensors(header.metadata(), tensors, file);
  }

  /** Whether a file begins as a safetensors file does. */
  static boolean looksLike(MemorySegment file) {
    if (file.byteSize() <= 8 || file.get(ValueLayout.JAVA_BYTE, 8) != '{') {
      return false;
    }
    long length = file.get(LENGTH, 0);
    return length >= 2 && length <= MAX_HEADER;
  }

  /** The {@code __metadata__} of the header, in its order; empty if there is none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The tensors in the order of their bytes in the file. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /**
   * The further names of tensors, which the metadata gives as safetensors' {@code save_model} and
   * {@link #write} put them there: each with the name that the tensor has in the file. The text
   * {@code format} is none of them.
   */
  public Map<String, String> aliases() {
    Map<String, String> aliases = new LinkedHashMap<>();
    metadata.forEach(
        (alias, name) -> {
          if (tensors.containsKey(name)
              && !tensors.containsKey(alias)
              && !alias.equals(TiedTensors.FORMAT)) {
            aliases.put(alias, name);
          }
        });
    return aliases;
  }

  /**
   * The tensors in the order of their bytes in the file, and after them, under each of their {@link
   * #aliases}, those that have any.
   */
  public StateDict stateDict() {
    Map<String, Tensor> named = new LinkedHashMap<>(tensors);
    aliases()
        .forEach(
            (alias, name) ->
                Optional.ofNullable(tensors.get(name))
                    .ifPresent(tensor -> named.put(alias, tensor)));
    return StateDict.of(named);
  }

  /**
   * Where the bytes of a tensor begin, counted from the start of the file.
   *
   * @throws IllegalArgumentException if there is no such tensor
   */
  public long offset(String tensor) {
    Tensor found = tensors.get(tensor);
    if (found == null) {
      throw new IllegalArgumentException("no tensor '" + tensor + "' in the file");
    }
    return found.bytes().address() - file.address();
  }

  /**
   * A file of tensors, byte for byte as the reference crate writes it: the tensors in the order of
   * {@link Dtype} from the last to the first and then of their names in UTF-8, the header padded
   * with spaces so that the tensors begin at a multiple of 8 bytes. The crate writes metadata in a
   * random order; here it is in that of its names.
   *
   * <p>A tensor that has several names is written once, under the first; the metadata gives its
   * {@link #aliases}. Under a name that {@code metadata} has another text for, or {@code format},
   * it is written once more.
   *
   * @param tensors the tensors; nothing is copied, they must not change until the file is written
   * @param metadata the texts to go into {@code __metadata__}; none is written if there are none
   * @throws IllegalArgumentException if an entry is not a tensor, is called {@code __metadata__},
   *     or has a shape that cannot be read back; if two tensors share memory and differ in place,
   *     dtype or shape; if a name or text is not valid Unicode; if the header is over {@link
   *     #MAX_HEADER}
   */
  public static FileContent write(StateDict tensors, Map<String, String> metadata) {
    return SafeTensorsWriter.write(tensors, metadata);
  }
}
