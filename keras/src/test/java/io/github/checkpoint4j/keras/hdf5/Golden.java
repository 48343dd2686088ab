package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files that h5py wrote, see golden/keras/hdf5/make.py. */
final class Golden {
  static final Path FOLDER =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "hdf5");

  private Golden() {}

  /** All HDF5 files of a folder in order of their names, at least one. */
  static List<Path> files(Path folder) {
    try (var files = Files.list(folder)) {
      List<Path> found = files.filter(f -> f.toString().endsWith(".h5")).sorted().toList();
      if (found.isEmpty()) {
        throw new AssertionError("no .h5 in " + folder);
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static MemorySegment bytes(Path file) {
    try {
      return MemorySegment.ofArray(Files.readAllBytes(file)).asReadOnly();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static MemorySegment bytes(String name) {
    return bytes(FOLDER.resolve(name + ".h5"));
  }

  static Hdf5Group read(String name) throws IOException {
    return Hdf5.read(bytes(name), name + ".h5");
  }

  static Json.Obj expected(Path folder) throws IOException {
    return (Json.Obj) Json.parse(bytes(folder.resolve("expected.json")), "expected.json");
  }
}
