package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of over 2 GiB, which are holes on disk, are windows on the mapping: the heap could not hold
 * them.
 */
class LargeKerasTest {
  private static final long[] SHAPE = {1 << 15, (1 << 15) + 1};
  private static final long SIZE = Dtype.BF16.byteSize(Tensor.elementCount(SHAPE));
  private static final String LARGE = "layers/dense/vars/0";
  private static final String SMALL = "layers/dense/vars/1";

  @TempDir Path temporary;

  /** Zeros that take no place on the disk. */
  private MappedFile zeros() throws IOException {
    Path path = temporary.resolve("zeros");
    try (FileChannel file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      file.write(ByteBuffer.allocate(1), SIZE - 1);
    }
    return MappedFile.open(path);
  }

  private Path write(KerasModel model) throws IOException {
    Path path = temporary.resolve(model.layout().name());
    FileContent content = Keras.write(model);
    try (FileChannel file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      for (FileContent.Part part : content.parts()) {
        if (part.bytes().byteSize() == SIZE) {
          file.position(file.position() + SIZE);
        } else {
          file.write(ByteBuffer.wrap(part.bytes().toArray(ValueLayout.JAVA_BYTE)));
        }
      }
    }
    return path;
  }

  private static void requireWindow(MappedFile file) throws IOException {
    KerasModel model = file.read(bytes -> Keras.read(bytes, "large"));
    MemorySegment large = model.variables().getOrDefault(LARGE, Tensor.scalar(0)).bytes();
    long start = large.address() - file.bytes().address();

    assertThat(large.byteSize()).isEqualTo(SIZE);
    assertThat(large.isNative()).isTrue();
    assertThat(start).isPositive().isLessThan(file.size() - SIZE);
    assertThat(model.variables().getOrDefault(SMALL, Tensor.scalar(0)).toFloats())
        .containsExactly(1, 2, 3);
  }

  @Test
  void weights_of_more_than_2_gib_are_windows_alone_and_inside_of_an_archive() throws IOException {
    try (MappedFile zeros = zeros()) {
      Map<String, Tensor> variables = new LinkedHashMap<>();
      variables.put(LARGE, Tensor.of(Dtype.BF16, SHAPE, zeros.bytes()));
      variables.put(SMALL, Tensor.ofFloats(new float[] {1, 2, 3}, 3));
      KerasModel model =
          KerasModel.of(KerasLayout.WEIGHTS, variables)
              .withConfig(Json.object().put("class_name", "Sequential").build());

      try (MappedFile weights = MappedFile.open(write(model))) {
        requireWindow(weights);
      }
      try (MappedFile archive = MappedFile.open(write(model.withLayout(KerasLayout.ARCHIVE)))) {
        requireWindow(archive);
      }
    }
  }
}
