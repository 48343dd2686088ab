package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What h5py wrote is read as h5py reads it. */
class Hdf5GoldenTest {
  static Stream<Path> files() {
    return Golden.files(Golden.FOLDER).stream();
  }

  @MethodSource("files")
  @ParameterizedTest
  void every_file_holds_what_h5py_says(Path file) throws IOException {
    String fill = file.getFileName().toString().split("[-.]", -1)[0];
    Json expected = Golden.expected(Golden.FOLDER).get(fill);

    assertThat(Described.tree(Hdf5.read(Golden.bytes(file), file.toString()))).isEqualTo(expected);
  }
}
