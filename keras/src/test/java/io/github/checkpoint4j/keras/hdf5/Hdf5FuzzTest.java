package io.github.checkpoint4j.keras.hdf5;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the bytes are, they are read or refused with one of the two exceptions. */
class Hdf5FuzzTest {
  static Stream<byte[]> files() {
    return Stream.of(Golden.FOLDER, Golden.FOLDER.resolve("hostile"))
        .flatMap(folder -> Golden.files(folder).stream())
        .map(Hdf5FuzzTest::bytes)
        .filter(file -> file.length < 1 << 16);
  }

  private static byte[] bytes(Path path) {
    return Golden.bytes(path).toArray(ValueLayout.JAVA_BYTE);
  }

  @MethodSource("files")
  @FuzzTest
  void any_file_is_read_or_refused(byte[] file) {
    try {
      Hdf5HostileTest.read(MemorySegment.ofArray(file), "fuzz.h5");
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  @MethodSource("files")
  @FuzzTest
  void what_was_read_is_written_and_read_back(byte[] file) throws IOException {
    Hdf5Group tree;
    try {
      tree = Hdf5.read(MemorySegment.ofArray(file), "fuzz.h5");
      Hdf5HostileTest.read(MemorySegment.ofArray(file), "fuzz.h5");
    } catch (CorruptFileException | UnsupportedFeatureException _) {
      return;
    }
    byte[] written;
    try {
      written = Hdf5WriteTest.bytes(Hdf5.write(tree));
    } catch (IllegalArgumentException e) {
      // Attributes that only the newer layout has room for.
      return;
    }
    Hdf5HostileTest.read(MemorySegment.ofArray(written), "written.h5");
  }

  private static void requireMessage(IOException e) {
    if (!String.valueOf(e.getMessage()).startsWith("fuzz.h5: ")) {
      throw new AssertionError("a message without the file's name", e);
    }
  }
}
