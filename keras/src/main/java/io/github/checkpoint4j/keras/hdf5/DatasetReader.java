package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the elements of one dataset.
 *
 * @param source the file
 * @param type their type
 * @param space how many
 * @param size the bytes of all of them
 * @param layout where they are
 * @param filters what their chunks went through
 * @param fill the element where nothing was written; empty for zeros
 */
record DatasetReader(
    Source source,
    Datatype type,
    Dataspace space,
    long size,
    Layout layout,
    Filters filters,
    Optional<MemorySegment> fill) {

  /** What Keras calls the attribute that tells what opaque elements are. */
  static final String DTYPE_ATTRIBUTE = "dtype";

  /** The value of that attribute if they are {@link Dtype#BF16}. */
  static final String BFLOAT16 = "bfloat16";

  static Hdf5Dataset read(ObjectHeader header, Source source, Map<String, Hdf5Value> attributes)
      throws CorruptFileException, UnsupportedFeatureException {
    if (header.has(ObjectHeader.EXTERNAL_FILES)) {
      throw source.unsupported(
          "its data are in other files, which are not opened; write it with the data themselves");
    }
    Datatype type = Datatype.read(required(header, ObjectHeader.DATATYPE, source, "datatype"));
    if (type instanceof Datatype.Opaque(long size)
        && size == 2
        && attributes.get(DTYPE_ATTRIBUTE) instanceof Hdf5Value.Text(String text)
        && text.equals(BFLOAT16)) {
      type = new Datatype.Numeric(Dtype.BF16, false, 2);
    }
    Dataspace space = Dataspace.read(required(header, ObjectHeader.DATASPACE, source, "dataspace"));
    Cursor layoutMessage = required(header, ObjectHeader.LAYOUT, source, "data layout");
    long size;
    try {
      size = Math.multiplyExact(space.elements(), type.size());
    } catch (ArithmeticException _) {
      throw layoutMessage.corrupt("the elements take more bytes than a long holds");
    }
    Optional<Cursor> filters = header.find(ObjectHeader.FILTERS, source, "filters");
    DatasetReader reader =
        new DatasetReader(
            source,
            type,
            space,
            size,
            Layout.read(layoutMessage),
            filters.isEmpty() ? Filters.NONE : Filters.read(filters.get()),
            fill(header, source, type));
    reader.check(layoutMessage);
    return Hdf5Dataset.lazily(
        attributes,
        space.shape().map(_ -> space.dimensions()).orElse(new long[0]),
        type instanceof Datatype.Numeric number && space.shape().isPresent()
            ? Optional.of(number.dtype())
            : Optional.empty(),
        reader::value);
  }

  private static Cursor required(ObjectHeader header, int type, Source source, String what)
      throws CorruptFileException, UnsupportedFeatureException {
    Optional<Cursor> found = header.find(type, source, what);
    if (found.isEmpty()) {
      throw source.corrupt("a dataset without " + what);
    }
    return found.get();
  }

  private static Optional<MemorySegment> fill(ObjectHeader header, Source source, Datatype type)
      throws CorruptFileException, UnsupportedFeatureException {
    Optional<Cursor> message = header.find(ObjectHeader.FILL_VALUE, source, "fill value");
    if (message.isEmpty()) {
      return Optional.empty();
    }
    Cursor cursor = message.get();
    int version = cursor.u8();
    boolean defined;
    if (version == 3) {
      defined = (cursor.u8() & (1 << 5)) != 0;
    } else {
      cursor.skip(2);
      defined = cursor.u8() != 0 || version == 1;
    }
    long size = defined ? cursor.u32() : 0;
    if (size == 0) {
      return Optional.empty();
    }
    if (size != type.size()) {
      throw cursor.corrupt(size + " bytes, elements have " + type.size());
    }
    return Optional.of(cursor.bytes(size));
  }

  /** That the layout has room for just the elements. */
  private void check(Cursor message) throws CorruptFileException {
    switch (layout) {
      case Layout.Compact compact when compact.elements().remaining() != size ->
          throw message.corrupt(
              size + " bytes of elements expected, found " + compact.elements().remaining());
      case Layout.Contiguous contiguous when contiguous.address() != Source.UNDEFINED -> {
        if (contiguous.size() != size) {
          throw message.corrupt(size + " bytes of elements expected, found " + contiguous.size());
        }
        source.window(contiguous.address(), size, "run of elements");
      }
      case Layout.Chunked chunked
          when chunked.chunks().rank() != space.dimensions().length
              || chunked.chunks().elementSize() != type.size() ->
          throw message.corrupt("its chunks are not of the dataset's dimensions or type");
      default -> {}
    }
  }

  private Hdf5Value value() throws CorruptFileException, UnsupportedFeatureException {
    Source now = source.anew();
    if (type instanceof Datatype.Other || type instanceof Datatype.Opaque) {
      throw type.refused(source, "value");
    }
    return Values.of(type, space, elements(now), new GlobalHeap(now), now, "value");
  }

  private MemorySegment elements(Source now)
      throws CorruptFileException, UnsupportedFeatureException {
    return switch (layout) {
      case Layout.Compact compact -> compact.elements().rest();
      case Layout.Contiguous contiguous when contiguous.address() != Source.UNDEFINED ->
          source.window(contiguous.address(), size, "run of elements");
      case Layout.Contiguous _ -> filled(0);
      case Layout.Chunked chunked when size == 0 -> MemorySegment.NULL;
      case Layout.Chunked chunked -> assemble(chunked.chunks(), now);
    };
  }

  private MemorySegment assemble(Chunks chunks, Source now)
      throws CorruptFileException, UnsupportedFeatureException {
    requireWarranted(source.bytes().byteSize());
    long[] stored = new long[1];
    chunks.forEach(
        now,
        space,
        !filters.isEmpty(),
        chunk -> stored[0] += chunk.size() < 0 ? chunks.size() : chunk.size());
    MemorySegment elements = filled(stored[0]);
    ChunkAssembly assembly = new ChunkAssembly(chunks, space, filters, elements, now);
    chunks.forEach(now, space, !filters.isEmpty(), assembly::add);
    return elements;
  }

  /** Memory for all elements, as they are where nothing was written. */
  private MemorySegment filled(long stored) throws CorruptFileException {
    requireWarranted(stored);
    MemorySegment elements = Values.allocate(size);
    if (fill.isPresent()) {
      long step = type.size();
      for (long at = 0; at < size; at += step) {
        elements.asSlice(at, step).copyFrom(fill.get());
      }
    }
    return elements;
  }

  private void requireWarranted(long stored) throws CorruptFileException {
    if (!Budget.warrants(stored, size)) {
      throw source.corrupt(
          "it says to have " + size + " bytes of elements, but " + stored + " are in the file");
    }
  }
}
