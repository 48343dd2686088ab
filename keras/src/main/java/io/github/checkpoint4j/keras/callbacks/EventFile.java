package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.MaskedCrc32c;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * A file of events for TensorBoard: records of TensorFlow, each a length, its checksum, an {@code
 * Event} message and its checksum. Scalars and histograms are as {@code tf.summary} writes them.
 *
 * @see <a
 *     href="https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details">the
 *     record</a>
 * @see <a
 *     href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto">
 *     event.proto</a>
 */
final class EventFile implements AutoCloseable {
  private static final String VERSION = "brain.Event:2";
  private static final int DT_FLOAT = 1;
  private static final int DT_DOUBLE = 2;
  private static final double NANOS = 1e9;

  private final LogFile file;
  private final InstantSource clock;

  private EventFile(LogFile file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /** Begins a file. */
  static EventFile create(Path path, InstantSource clock) throws IOException {
    EventFile events = new EventFile(LogFile.open(path, false), clock);
    events.write(events.event(0).text(3, VERSION));
    return events;
  }

  /**
   * Goes on with a file as it was when it had this size.
   *
   * @throws IOException if it is missing or shorter
   */
  static EventFile reopen(Path path, long size, InstantSource clock) throws IOException {
    return new EventFile(LogFile.reopen(path, size), clock);
  }

  void scalar(String tag, double value, long step) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    content.putFloat((float) value);
    ProtobufWriter tensor =
        new ProtobufWriter()
            .integer(1, DT_FLOAT)
            .message(2, new ProtobufWriter())
            .bytes(4, content.array());
    summary(tag, "scalars", tensor, step);
  }

  void histogram(String tag, Histogram histogram, long step) throws IOException {
    List<Histogram.Bucket> buckets = histogram.buckets();
    ByteBuffer content =
        ByteBuffer.allocate(buckets.size() * 3 * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Histogram.Bucket bucket : buckets) {
      content.putDouble(bucket.left()).putDouble(bucket.right()).putDouble((double) bucket.count());
    }
    ProtobufWriter shape =
        new ProtobufWriter()
            .message(2, new ProtobufWriter().integer(1, buckets.size()))
            .message(2, new ProtobufWriter().integer(1, 3));
    ProtobufWriter tensor =
        new ProtobufWriter().integer(1, DT_DOUBLE).message(2, shape).bytes(4, content.array());
    summary(tag, "histograms", tensor, step);
  }

  private void summary(String tag, String plugin, ProtobufWriter tensor, long step)
      throws IOException {
    ProtobufWriter metadata = new ProtobufWriter().message(1, new ProtobufWriter().text(1, plugin));
    ProtobufWriter value =
        new ProtobufWriter().text(1, tag).message(8, tensor).message(9, metadata);
    write(event(step).message(5, new ProtobufWriter().message(1, value)));
  }

  private ProtobufWriter event(long step) {
    Instant now = clock.instant();
    ProtobufWriter event =
        new ProtobufWriter().real(1, now.getEpochSecond() + now.getNano() / NANOS);
    return step == 0 ? event : event.integer(2, step);
  }

  private void write(ProtobufWriter event) throws IOException {
    byte[] data = event.toByteArray();
    byte[] length =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
    ByteBuffer record =
        ByteBuffer.allocate(length.length + data.length + 2 * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.put(length).putInt(checksum(length)).put(data).putInt(checksum(data));
    file.write(record.array());
  }

  private static int checksum(byte[] bytes) {
    return MaskedCrc32c.of(MemorySegment.ofArray(bytes));
  }

  /** The bytes in it, all of which survive a power loss when this returns. */
  long durableSize() throws IOException {
    file.sync();
    return file.size();
  }

  @Override
  public void close() throws IOException {
    file.sync();
    file.close();
  }
}
