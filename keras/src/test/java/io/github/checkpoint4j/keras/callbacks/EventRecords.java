package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Reads the records of an event file, strictly. */
final class EventRecords {
  private EventRecords() {}

  /** The only file of events in a directory. */
  static Path onlyFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> found = files.toList();
      assertThat(found).hasSize(1);
      return found.getFirst();
    }
  }

  /** The events without their time, which is the first field, as text of one byte a character. */
  static List<String> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<String> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = take(bytes, Long.BYTES);
      assertThat(bytes.getInt()).isEqualTo(masked(length));
      byte[] event =
          take(bytes, (int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong());
      assertThat(bytes.getInt()).isEqualTo(masked(event));
      assertThat(event[0]).as("the field of the time").isEqualTo((byte) 9);
      events.add(new String(event, 9, event.length - 9, StandardCharsets.ISO_8859_1));
    }
    assertThat(events).isNotEmpty();
    return events;
  }

  private static byte[] take(ByteBuffer bytes, int count) {
    byte[] taken = new byte[count];
    bytes.get(taken);
    return taken;
  }

  /** As record_writer.cc of TensorFlow: {@code ((crc >> 15) | (crc << 17)) + kMaskDelta}. */
  private static int masked(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    long crc = checksum.getValue();
    return (int) ((((crc >> 15) | (crc << 17)) & 0xffffffffL) + 0xa282ead8L);
  }
}
