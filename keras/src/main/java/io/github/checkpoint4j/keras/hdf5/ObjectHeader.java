package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;

/**
 * What an object is: a list of messages.
 *
 * @param messages the messages in order, without those about the header itself
 */
record ObjectHeader(List<Message> messages) {
  static final int DATASPACE = 0x01;
  static final int LINK_INFO = 0x02;
  static final int DATATYPE = 0x03;
  static final int FILL_VALUE = 0x05;
  static final int LINK = 0x06;
  static final int EXTERNAL_FILES = 0x07;
  static final int LAYOUT = 0x08;
  static final int FILTERS = 0x0b;
  static final int ATTRIBUTE = 0x0c;
  static final int CONTINUATION = 0x10;
  static final int SYMBOL_TABLE = 0x11;
  static final int ATTRIBUTE_INFO = 0x15;

  private static final int LAST_KNOWN = 0x17;
  private static final int SHARED = 1 << 1;
  private static final int FAIL_IF_UNKNOWN = 1 << 7;
  private static final int ATTRIBUTE_ORDER = 1 << 2;
  private static final int ATTRIBUTE_LIMITS = 1 << 4;
  private static final int TIMES = 1 << 5;
  private static final int CHECKSUM = 4;

  ObjectHeader {
    messages = List.copyOf(messages);
  }

  /**
   * A message.
   *
   * @param type one of the types above, or another
   * @param flags what may be done with it
   * @param order when it was made, for attributes; 0 if that was not recorded
   * @param address where its content is
   * @param size the content's size
   */
  record Message(int type, int flags, int order, long address, long size) {}

  static ObjectHeader read(Source source, long address)
      throws CorruptFileException, UnsupportedFeatureException {
    int first = source.at(address, 1, "object header").u8();
    return first == 1 ? readOld(source, address) : readNew(source, address);
  }

  private static ObjectHeader readOld(Source source, long address)
      throws CorruptFileException, UnsupportedFeatureException {
    Cursor prefix = source.at(address, 16, "object header").version(1).skip(1);
    int count = prefix.u16();
    long size = prefix.skip(4).u32();
    List<Message> messages = new ArrayList<>();
    Blocks blocks = new Blocks(source, address + 16, size);
    int seen = 0;
    while (blocks.hasNext()) {
      Cursor block = blocks.next();
      while (seen < count && block.remaining() >= 8) {
        int type = block.u16();
        int length = block.u16();
        int flags = block.u8();
        long at = block.skip(3).position();
        block.skip(length);
        seen++;
        add(new Message(type, flags, 0, at, length), messages, blocks, source);
      }
    }
    if (seen != count) {
      throw prefix.corrupt(count + " messages expected, found " + seen);
    }
    return new ObjectHeader(messages);
  }

  private static ObjectHeader readNew(Source source, long address)
      throws CorruptFileException, UnsupportedFeatureException {
    Cursor prefix =
        source.at(address, Math.min(34, source.bytes().byteSize() - address), "object header");
    prefix.signature("OHDR").version(2);
    int flags = prefix.u8();
    prefix.skip((flags & TIMES) == 0 ? 0 : 16).skip((flags & ATTRIBUTE_LIMITS) == 0 ? 0 : 4);
    long size = prefix.number(1 << (flags & 3));
    long begin = prefix.position() - address;
    if (size < 0 || size > source.bytes().byteSize()) {
      throw prefix.corrupt("a size of " + Long.toUnsignedString(size));
    }
    List<Message> messages = new ArrayList<>();
    Blocks blocks = new Blocks(source, address, begin + size + CHECKSUM);
    boolean isFirst = true;
    while (blocks.hasNext()) {
      Cursor block = blocks.next();
      if (isFirst) {
        block.skip(begin);
      } else {
        block.signature("OCHK");
      }
      isFirst = false;
      int head = (flags & ATTRIBUTE_ORDER) == 0 ? 4 : 6;
      while (block.remaining() >= head + CHECKSUM) {
        int type = block.u8();
        int length = block.u16();
        int messageFlags = block.u8();
        int order = head == 6 ? block.u16() : 0;
        long at = block.position();
        block.skip(length);
        add(new Message(type, messageFlags, order, at, length), messages, blocks, source);
      }
      // What is too small for a message is a gap.
      if (block.remaining() < CHECKSUM) {
        throw block.corrupt("no room for its checksum");
      }
      block.skip(block.remaining() - CHECKSUM).checksum();
    }
    return new ObjectHeader(messages);
  }

  private static void add(Message message, List<Message> messages, Blocks blocks, Source source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (message.type() == CONTINUATION) {
      Cursor content = source.at(message.address(), message.size(), "continuation message");
      blocks.add(content.i64(), content.size());
    } else if (message.type() > LAST_KNOWN && (message.flags() & FAIL_IF_UNKNOWN) != 0) {
      throw source.unsupported(
          "it needs a reader that knows HDF5's message "
              + message.type()
              + "; write the file with h5py's libver='v114'");
    } else {
      messages.add(message);
    }
  }

  /** The content of the message of a type, if there is one. */
  Optional<Cursor> find(int type, Source source, String what)
      throws CorruptFileException, UnsupportedFeatureException {
    List<Message> found = messages.stream().filter(message -> message.type() == type).toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(open(found.getFirst(), source, what));
  }

  /** The content of a message. */
  static Cursor open(Message message, Source source, String what)
      throws CorruptFileException, UnsupportedFeatureException {
    if ((message.flags() & SHARED) != 0) {
      throw shared(source, what);
    }
    return source.at(message.address(), message.size(), what);
  }

  static UnsupportedFeatureException shared(Source source, String what) {
    return source.unsupported(
        "its "
            + what
            + " is kept elsewhere in the file, as a named one is; write it again with h5py, without"
            + " named types");
  }

  boolean has(int type) {
    return messages.stream().anyMatch(message -> message.type() == type);
  }

  /** The blocks a header is spread over: the first, and those that are found on the way. */
  private static final class Blocks {
    private final Source source;
    private final Queue<Cursor> blocks = new ArrayDeque<>();
    private final Set<Long> seen = new HashSet<>();

    Blocks(Source source, long address, long size) throws CorruptFileException {
      this.source = source;
      add(address, size);
    }

    void add(long address, long size) throws CorruptFileException {
      if (!seen.add(address)) {
        throw source.corrupt(address, "an object header that continues where it was already");
      }
      blocks.add(source.at(address, size, "object header"));
    }

    boolean hasNext() {
      return !blocks.isEmpty();
    }

    Cursor next() {
      return blocks.remove();
    }
  }
}
