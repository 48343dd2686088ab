package io.github.checkpoint4j.format;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the bytes are, they are read or refused with one of the two exceptions. */
class PyTorchFuzzTest {
  static Stream<byte[]> files() {
    Golden golden = Golden.topic("pytorch");
    return Stream.concat(golden.files("", ".pt").stream(), golden.files("hostile", ".pt").stream())
        .map(PyTorchFuzzTest::bytes);
  }

  static Stream<byte[]> pickles() {
    return Golden.topic("pytorch").files("", ".pt").stream()
        .filter(path -> bytes(path)[0] == 'P')
        .map(PyTorchFuzzTest::pickle);
  }

  @MethodSource("files")
  @FuzzTest
  void any_file_is_read_or_refused(byte[] file) {
    try {
      Value value = PyTorch.read(MemorySegment.ofArray(file), "fuzz.pt");
      PyTorch.write(value, "fuzz");
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  @MethodSource("pickles")
  @FuzzTest
  void any_pickle_is_read_or_refused(byte[] pickle) {
    TorchTensors tensors = new TorchTensors(false, pickle.length);
    MemorySegment memory = MemorySegment.ofArray(new byte[64]);
    try {
      PickleObject root =
          Pickle.readAll(
              MemorySegment.ofArray(pickle),
              "fuzz.pt: data.pkl",
              new TorchGlobals(tensors, pickle.length),
              id -> new PickleObject.Storage("0", Optional.of(TorchType.FLOAT32), memory));
      PickleResult.of(root, "fuzz.pt", pickle.length, tensors);
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  static Stream<byte[]> arguments() {
    Golden golden = Golden.topic("pytorch");
    return Stream.concat(
            golden.files("", ".bin").stream(),
            golden.files("", ".pt").stream().filter(path -> bytes(path)[0] == 'P'))
        .map(PyTorchFuzzTest::bytes);
  }

  @MethodSource("arguments")
  @FuzzTest
  void any_training_arguments_are_read_or_refused(byte[] file) {
    try {
      PyTorch.readTrainingArguments(MemorySegment.ofArray(file), "fuzz.bin");
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  static Stream<byte[]> tars() {
    return Stream.of("", "hostile")
        .flatMap(folder -> Golden.topic("pytorch").files(folder, ".pt").stream())
        .filter(path -> path.getFileName().toString().startsWith("tar"))
        .map(PyTorchFuzzTest::bytes);
  }

  @MethodSource("tars")
  @FuzzTest
  void any_tar_file_is_read_or_refused(byte[] file) {
    try {
      TorchTarFile.read(MemorySegment.ofArray(file), "fuzz.pt");
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  static Stream<byte[]> legacyFiles() {
    return Stream.of("", "hostile")
        .flatMap(folder -> Golden.topic("pytorch").files(folder, ".pt").stream())
        .filter(path -> path.getFileName().toString().matches("(legacy|old)-.*"))
        .map(PyTorchFuzzTest::bytes);
  }

  @MethodSource("legacyFiles")
  @FuzzTest
  void any_file_of_the_layout_before_1_6_is_read_or_refused(byte[] file) {
    try {
      TorchLegacyFile.read(MemorySegment.ofArray(file), "fuzz.pt");
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  @MethodSource("files")
  @FuzzTest
  void any_archive_is_read_or_refused(byte[] file) {
    try {
      ZipArchive archive = ZipArchive.parse(MemorySegment.ofArray(file), "fuzz.zip");
      for (ZipArchive.Entry entry : archive.entries()) {
        archive.bytes(entry);
      }
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      requireMessage(e);
    }
  }

  private static void requireMessage(IOException e) {
    if (!String.valueOf(e.getMessage()).startsWith("fuzz.")) {
      throw new AssertionError("a message without the file's name", e);
    }
  }

  private static byte[] bytes(Path path) {
    try {
      return Golden.bytes(path).toArray(ValueLayout.JAVA_BYTE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] pickle(Path path) {
    try {
      ZipArchive archive = ZipArchive.parse(Golden.bytes(path), path.toString());
      ZipArchive.Entry entry = archive.entries().iterator().next();
      return archive.bytes(entry).toArray(ValueLayout.JAVA_BYTE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
