package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.ByteWriter;
import java.lang.foreign.ValueLayout;

/** Gathers an object header of the older kind. */
final class ObjectHeaderBytes {
  private static final int UTF8 = 1;

  private final ByteWriter messages = new ByteWriter();
  private int count;

  /** Adds a message; its content is filled up to a multiple of eight bytes. */
  ObjectHeaderBytes add(int type, ByteWriter content) {
    Stored.align(content);
    messages.u16(type).u16(content.size()).u32(0).bytes(content.take());
    count++;
    return this;
  }

  ObjectHeaderBytes add(Stored.Message message) {
    return add(message.type(), new ByteWriter().bytes(message.content()));
  }

  /** Adds an attribute; the heap of texts must have been laid out. */
  ObjectHeaderBytes add(ObjectPlan.Attribute attribute) {
    Stored value = attribute.value();
    byte[] name = Stored.utf8(attribute.name(), attribute.name());
    ByteWriter content = new ByteWriter().u8(3).u8(0);
    content.u16(name.length + 1);
    content.u16(value.datatype().content().length).u16(value.dataspace().content().length);
    content.u8(UTF8).bytes(name).u8(0);
    content.bytes(value.datatype().content()).bytes(value.dataspace().content());
    content.bytes(value.bytes().toArray(ValueLayout.JAVA_BYTE));
    return add(ObjectHeader.ATTRIBUTE, content);
  }

  void writeTo(ByteWriter to) {
    to.u8(1).u8(0).u16(count).u32(1).u32(messages.size()).u32(0).bytes(messages.take());
  }
}
