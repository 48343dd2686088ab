package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The attributes of an object, however they are stored. */
final class Attributes {
  private static final int ORDER_TRACKED = 1;
  private static final int SHARED = 3;

  private Attributes() {}

  /** An attribute's message and when it was made. */
  private record Numbered(long order, Cursor message) {}

  /** Reads them; in the order in which they were made, if that was recorded. */
  static Map<String, Hdf5Value> read(ObjectHeader header, Source source, GlobalHeap heap)
      throws CorruptFileException, UnsupportedFeatureException {
    List<Numbered> messages = new ArrayList<>();
    for (ObjectHeader.Message message : header.messages()) {
      if (message.type() == ObjectHeader.ATTRIBUTE) {
        messages.add(
            new Numbered(message.order(), ObjectHeader.open(message, source, "attribute")));
      }
    }
    Optional<Cursor> info = header.find(ObjectHeader.ATTRIBUTE_INFO, source, "attribute info");
    if (info.isPresent()) {
      readDense(info.get(), messages);
    }
    messages.sort(Comparator.comparingLong(Numbered::order));
    Map<String, Hdf5Value> attributes = new LinkedHashMap<>();
    for (Numbered numbered : messages) {
      read(numbered.message(), heap, attributes);
    }
    return attributes;
  }

  private static void readDense(Cursor info, List<Numbered> messages)
      throws CorruptFileException, UnsupportedFeatureException {
    int flags = info.version(0).u8();
    info.skip((flags & ORDER_TRACKED) == 0 ? 0 : 2);
    long heapAddress = info.i64();
    if (heapAddress == Source.UNDEFINED) {
      return;
    }
    FractalHeap heap = new FractalHeap(info.source(), heapAddress, "attribute");
    TreeV2.walk(
        info.source(),
        info.i64(),
        TreeV2.ATTRIBUTE_NAMES,
        record -> {
          Cursor message = heap.object(record);
          if ((record.u8() & 2) != 0) {
            throw ObjectHeader.shared(info.source(), "attribute");
          }
          messages.add(new Numbered(record.u32(), message));
        });
  }

  private static void read(Cursor cursor, GlobalHeap heap, Map<String, Hdf5Value> attributes)
      throws CorruptFileException, UnsupportedFeatureException {
    Source source = cursor.source();
    int version = cursor.u8();
    int flags = cursor.u8();
    if (version < 1 || version > 3) {
      throw cursor.corrupt("version 1 to 3 expected, found " + version);
    }
    int nameSize = cursor.u16();
    int typeSize = cursor.u16();
    int spaceSize = cursor.u16();
    cursor.skip(version == 3 ? 1 : 0);
    String name = padded(cursor, nameSize, version).text(nameSize);
    String what = "attribute '" + Excerpt.of(name) + "'";
    if (version > 1 && (flags & SHARED) != 0) {
      throw ObjectHeader.shared(source, what);
    }
    Datatype type = Datatype.read(padded(cursor, typeSize, version));
    Dataspace space = Dataspace.read(padded(cursor, spaceSize, version));
    long size;
    try {
      size = Math.multiplyExact(space.elements(), type.size());
    } catch (ArithmeticException _) {
      throw cursor.corrupt("'" + Excerpt.of(name) + "' takes more bytes than a long holds");
    }
    Hdf5Value value = Values.of(type, space, cursor.bytes(size), heap, source, what);
    if (attributes.putIfAbsent(name, value) != null) {
      throw cursor.corrupt("a second '" + Excerpt.of(name) + "'");
    }
  }

  /** The next part, which the first version filled up to a multiple of eight bytes. */
  private static Cursor padded(Cursor cursor, int size, int version) throws CorruptFileException {
    Cursor part = cursor.part(size);
    cursor.skip(version == 1 ? -size & 7 : 0);
    return part;
  }
}
