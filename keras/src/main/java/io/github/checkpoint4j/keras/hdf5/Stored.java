package io.github.checkpoint4j.keras.hdf5;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.checkpoint4j.format.ByteWriter;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * A value as HDF5 has it.
 *
 * @param datatype the message about its elements' type
 * @param dataspace the message about its shape
 * @param elements the elements; empty if they are {@code texts}
 * @param texts the elements that are texts of any length
 */
record Stored(
    Message datatype, Message dataspace, MemorySegment elements, List<TextHeap.Text> texts) {
  private static final int VARIABLE = 16;

  /** The content of a message, a multiple of eight bytes. */
  @SuppressWarnings("ArrayRecordComponent")
  record Message(int type, byte[] content) {}

  /** Bytes of all elements. */
  long size() {
    return elements.byteSize() + (long) VARIABLE * texts.size();
  }

  /** The elements; the heap of texts must have been laid out. */
  MemorySegment bytes() {
    if (texts.isEmpty()) {
      return elements;
    }
    ByteWriter to = new ByteWriter();
    texts.forEach(text -> text.writeReference(to));
    return MemorySegment.ofArray(to.take());
  }

  /**
   * A value to be written.
   *
   * @param what whose value it is, for messages
   * @param heap where texts of any length go
   * @param mostFixed texts go to the heap if they would take more bytes otherwise
   * @throws IllegalArgumentException if it has a text with a zero or half a surrogate pair, or a
   *     dtype that HDF5 has not
   */
  static Stored of(Hdf5Value value, String what, TextHeap heap, long mostFixed) {
    return switch (value) {
      case Hdf5Value.Numbers(Tensor tensor) ->
          new Stored(
              datatype(DatatypeBytes.of(tensor.dtype(), what)),
              dataspace(tensor.shape()),
              tensor.bytes(),
              List.of());
      case Hdf5Value.Text(String text) -> variable(List.of(text), value, what, heap);
      case Hdf5Value.Texts(List<String> texts) -> {
        List<byte[]> encoded = texts.stream().map(text -> utf8(text, what)).toList();
        int longest = encoded.stream().mapToInt(text -> text.length).max().orElse(0);
        long size = (long) Math.max(1, longest) * texts.size();
        yield size > mostFixed
            ? variable(texts, value, what, heap)
            : fixed(encoded, Math.max(1, longest));
      }
      case Hdf5Value.Empty() ->
          new Stored(
              datatype(DatatypeBytes.ofNothing()),
              new Message(ObjectHeader.DATASPACE, new byte[] {2, 0, 0, 2, 0, 0, 0, 0}),
              MemorySegment.ofArray(new byte[0]),
              List.of());
    };
  }

  private static Stored variable(List<String> texts, Hdf5Value value, String what, TextHeap heap) {
    return new Stored(
        datatype(DatatypeBytes.ofVariableText()),
        dataspace(value.shape()),
        MemorySegment.ofArray(new byte[0]),
        texts.stream().map(text -> heap.add(utf8(text, what))).toList());
  }

  private static Stored fixed(List<byte[]> texts, int size) {
    ByteWriter to = new ByteWriter();
    boolean ascii = true;
    for (byte[] text : texts) {
      to.bytes(Arrays.copyOf(text, size));
      for (byte unit : text) {
        ascii &= unit >= 0;
      }
    }
    return new Stored(
        datatype(DatatypeBytes.ofFixedText(size, ascii)),
        dataspace(texts.size()),
        MemorySegment.ofArray(to.take()),
        List.of());
  }

  private static Message datatype(ByteWriter content) {
    align(content);
    return new Message(ObjectHeader.DATATYPE, content.take());
  }

  private static Message dataspace(long... shape) {
    ByteWriter content = new ByteWriter().u8(1).u8(shape.length).u8(0).u8(0).u32(0);
    for (long dimension : shape) {
      content.u64(dimension);
    }
    return new Message(ObjectHeader.DATASPACE, content.take());
  }

  /** Fills up to a multiple of eight bytes. */
  static void align(ByteWriter to) {
    to.bytes(new byte[-to.size() & 7]);
  }

  static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  static byte[] utf8(String text, String what) {
    byte[] utf8 = text.getBytes(UTF_8);
    // What cannot be encoded was replaced by a question mark.
    if (text.indexOf('\0') >= 0 || !new String(utf8, UTF_8).equals(text)) {
      throw new IllegalArgumentException(
          what
              + " has the text '"
              + Excerpt.of(text)
              + "', which has a zero or half a surrogate pair; HDF5's texts have neither");
    }
    return utf8;
  }
}
