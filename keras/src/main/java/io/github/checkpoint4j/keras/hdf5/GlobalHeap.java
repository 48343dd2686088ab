package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Where texts of any length are: collections of numbered objects. */
final class GlobalHeap {
  private static final int PREFIX = 16;

  private final Source source;
  private final Map<Long, Map<Integer, Place>> collections = new HashMap<>();

  GlobalHeap(Source source) {
    this.source = source;
  }

  private record Place(long address, long size) {}

  /** The text that an element refers to, which comes next. */
  String text(Cursor element) throws CorruptFileException {
    long length = element.u32();
    long address = element.i64();
    int index = (int) element.u32();
    if (length == 0 || address == 0 || address == Source.UNDEFINED) {
      return "";
    }
    Place place =
        Optional.ofNullable(collection(address).get(index))
            .orElseThrow(() -> source.corrupt("a text that is not in its heap"));
    if (length > place.size()) {
      throw source.corrupt("a text of " + length + " bytes in " + place.size());
    }
    return source.at(place.address(), length, "text").text(length);
  }

  private Map<Integer, Place> collection(long address) throws CorruptFileException {
    Map<Integer, Place> known = collections.get(address);
    if (known != null) {
      return known;
    }
    long size =
        source.at(address, PREFIX, "heap of texts").signature("GCOL").version(1).skip(3).size();
    Cursor objects = source.at(address, size, "heap of texts").skip(PREFIX);
    Map<Integer, Place> places = new HashMap<>();
    while (objects.remaining() >= PREFIX) {
      int index = objects.u16();
      long length = objects.skip(6).size();
      if (index == 0) {
        break;
      }
      MemorySegment content = objects.bytes(length);
      places.put(index, new Place(objects.position() - content.byteSize(), length));
      objects.align();
    }
    collections.put(address, places);
    return places;
  }
}
