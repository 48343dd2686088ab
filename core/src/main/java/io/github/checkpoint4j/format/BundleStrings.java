package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The strings of a tensor in a TensorFlow checkpoint: their lengths as varints, a checksum of the
 * lengths, and the strings one after another.
 *
 * @see <a
 *     href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/tensor_bundle/tensor_bundle.cc">
 *     tensor_bundle.cc, WriteStringTensor</a>
 */
final class BundleStrings {
  private final List<MemorySegment> strings = new ArrayList<>();
  private final CRC32C checksum = new CRC32C();

  private BundleStrings() {}

  /**
   * Reads so many strings.
   *
   * @param source what the tensor is, for messages
   * @throws CorruptFileException if they do not take just these bytes
   */
  static BundleStrings read(MemorySegment bytes, long count, String source)
      throws CorruptFileException {
    ProtobufReader reader = new ProtobufReader(bytes, 0, source, "tensor of strings");
    // Each takes a byte at least, that of its length.
    if (count > bytes.byteSize()) {
      throw reader.problem(count + " strings in " + bytes.byteSize() + " bytes");
    }
    BundleStrings read = new BundleStrings();
    long[] lengths = new long[Math.toIntExact(count)];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = reader.rawVarint();
      read.addLength(lengths[i]);
    }
    int found = MaskedCrc32c.masked(read.checksum);
    MemorySegment expected = reader.raw(Integer.BYTES);
    if (expected.get(LittleEndian.INT, 0) != found) {
      throw reader.problem("the lengths of its strings have another checksum");
    }
    ZipWriter.update(read.checksum, expected);
    for (long length : lengths) {
      MemorySegment string = reader.raw(length);
      ZipWriter.update(read.checksum, string);
      read.strings.add(string);
    }
    if (reader.more()) {
      throw reader.problem("bytes after its " + count + " strings");
    }
    return read;
  }

  /** A length counts as four bytes, or as eight if it does not fit. */
  private void addLength(long length) {
    for (int i = 0; i < (length >>> 32 == 0 ? Integer.BYTES : Long.BYTES); i++) {
      checksum.update((int) (length >>> (8 * i)) & 0xff);
    }
  }

  /** The masked checksum, as the index has it. */
  int checksum() {
    return MaskedCrc32c.masked(checksum);
  }

  /** The strings in order: texts where they are UTF-8, else bytes. */
  List<Value> values() {
    List<Value> values = new ArrayList<>();
    for (MemorySegment string : strings) {
      byte[] bytes = string.toArray(ValueLayout.JAVA_BYTE);
      try {
        values.add(
            Value.of(
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString()));
      } catch (CharacterCodingException e) {
        values.add(Bytes.of(bytes));
      }
    }
    return values;
  }

  /** All of them, as bytes. */
  List<Value> bytes() {
    return strings.stream()
        .<Value>map(string -> Bytes.of(string.toArray(ValueLayout.JAVA_BYTE)))
        .toList();
  }
}
