package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A file with a dataset over 4 GiB, which is a hole on disk and nowhere in memory. */
final class SparseFile {
  static final long SIZE = 5L << 30;

  private SparseFile() {}

  @SuppressWarnings("restricted") // the memory is never touched
  static void write(Path file) throws IOException {
    MemorySegment nowhere = MemorySegment.NULL.reinterpret(SIZE);
    Map<String, Hdf5Node> children = new LinkedHashMap<>();
    children.put(
        "large",
        Hdf5Dataset.of(
            Map.of(),
            new Hdf5Value.Numbers(Tensor.of(Dtype.F32, new long[] {SIZE / 4096, 1024}, nowhere))));
    children.put(
        "after",
        Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(Tensor.ofFloats(new float[] {5}, 1))));
    FileContent content = Hdf5.write(new Hdf5Group(Map.of(), children));
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long at = 0;
      for (FileContent.Part part : content.parts()) {
        if (!part.tensor().equals(Optional.of("large"))) {
          channel.write(part.bytes().asByteBuffer(), at);
        }
        at += part.bytes().byteSize();
      }
    }
  }
}
