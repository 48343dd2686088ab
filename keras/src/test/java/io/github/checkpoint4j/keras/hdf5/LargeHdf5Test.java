package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Datasets over 4 GiB, which no heap of the tests could hold. */
class LargeHdf5Test {
  @Test
  void a_dataset_over_4_gigabytes_is_written_and_read_where_it_is(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("large.h5");
    SparseFile.write(file);
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      Hdf5Group back = Hdf5.read(mapped, "large.h5");
      Hdf5Dataset large = (Hdf5Dataset) back.find("large").orElseThrow();
      Tensor tensor = ((Hdf5Value.Numbers) large.value()).tensor();
      Hdf5Dataset after = (Hdf5Dataset) back.find("after").orElseThrow();

      assertThat(large.shape()).containsExactly(SparseFile.SIZE / 4096, 1024);
      assertThat(mapped.asOverlappingSlice(tensor.bytes())).isPresent();
      assertThat(((Hdf5Value.Numbers) after.value()).tensor().toFloats()).containsExactly(5);
    }
  }
}
