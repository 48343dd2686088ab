package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.NumPy;
import io.github.checkpoint4j.format.Onnx;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.KerasShards;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a user names as one file, opened: a file; an index of Keras's weights, a TensorFlow
 * checkpoint or an ONNX model with the files it names beside it; or the directory of a Keras model.
 * What it hands out is valid until {@link #close}.
 */
final class OpenedFile implements AutoCloseable {
  private final Path path;

  /** By name; the file itself under the empty name. */
  private final Map<String, MappedFile> files = new LinkedHashMap<>();

  /** The index, if the file is one. */
  private Optional<KerasShards> index = Optional.empty();

  private OpenedFile(Path path) {
    this.path = path;
  }

  static OpenedFile at(Path path) throws IOException {
    OpenedFile opened = new OpenedFile(path);
    try {
      if (Inspected.isKerasDirectory(path)) {
        opened.mapDirectory();
      } else {
        opened.map("", TensorFlowFiles.index(path).orElse(path));
        opened.mapNeighbours();
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private void map(String name, Path file) throws IOException {
    files.put(name, MappedFile.open(file));
  }

  private void mapDirectory() throws IOException {
    Path directory = path.toRealPath();
    try (Stream<Path> found = Files.walk(directory)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        map(directory.relativize(file).toString().replace('\\', '/'), file);
      }
    }
  }

  /** Maps the files it names that are there; a missing one is found when it is looked for. */
  private void mapNeighbours() throws IOException {
    MappedFile file = file().orElseThrow();
    for (String name : file.read(bytes -> neighbours(bytes, file.path().toString()))) {
      Path neighbour = file.path().resolveSibling(name);
      // Anything else, a pipe for instance, could keep whoever opens it waiting.
      if (Files.isRegularFile(neighbour)) {
        map(name, neighbour);
      }
    }
  }

  private Set<String> neighbours(MemorySegment bytes, String source) throws IOException {
    return switch (Format.detect(bytes).orElse(Format.EMPTY)) {
      case TENSORFLOW -> TensorFlowFiles.of(bytes, source).names();
      case ONNX -> Onnx.externalFiles(bytes, source);
      case JSON -> {
        index = shards(bytes, source);
        yield index.map(KerasShards::names).orElse(Set.of());
      }
      default -> Set.of();
    };
  }

  private Optional<MappedFile> file() {
    return Optional.ofNullable(files.get(""));
  }

  private static Optional<KerasShards> shards(MemorySegment bytes, String source)
      throws IOException {
    return KerasShards.isIndex(Json.parsePython(bytes, source))
        ? Optional.of(KerasShards.parse(bytes, source))
        : Optional.empty();
  }

  /** The file that is read first: the index, if it is of several. */
  Path main() {
    return file().map(MappedFile::path).orElse(path);
  }

  /** Bytes of all files. */
  long size() {
    return files.values().stream().mapToLong(MappedFile::size).sum();
  }

  /** Reads the file itself, which is none of several. */
  <T> T read(MappedFile.Reading<T> reading) throws IOException {
    return file().orElseThrow().read(reading);
  }

  /** The model, if it is Keras's. */
  Optional<KerasModel> keras() throws IOException {
    Optional<KerasModel> model = severalFiles();
    if (model.isPresent()) {
      return model;
    }
    return file().orElseThrow().read(bytes -> keras(bytes, path.toString()));
  }

  private static Optional<KerasModel> keras(MemorySegment bytes, String source) throws IOException {
    return switch (Format.detect(bytes).orElse(Format.EMPTY)) {
      case KERAS -> Optional.of(Keras.read(bytes, source));
      case HDF5 -> Keras.find(Hdf5.read(bytes, source), source);
      default -> Optional.empty();
    };
  }

  /** What is in it. */
  FileContents contents() throws IOException {
    Optional<KerasModel> model = severalFiles();
    return model.isPresent()
        ? KerasContents.of(Format.KERAS, model.get())
        : FileContents.of(file().orElseThrow(), bytes());
  }

  /**
   * What is wrong with it although it can be read, in words. Checksums are compared with all bytes.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if a checksum is not right
   */
  List<String> problems() throws IOException {
    Optional<KerasModel> model = severalFiles();
    if (model.isPresent()) {
      return model.get().mismatches();
    }
    return file().orElseThrow().read(bytes -> problems(bytes, main().toString()));
  }

  /** What {@link #problems}, which was asked before, compared, and what not. */
  String note() throws IOException {
    Format format = contents().format();
    Optional<String> compared =
        switch (format) {
          case KERAS -> files.size() == 1 ? Optional.of("file") : Optional.empty();
          case NPZ -> Optional.of("array");
          case TENSORFLOW -> Optional.of("variable");
          default -> Optional.empty();
        };
    return "its structure is right"
        + compared
            .map(", and so is the checksum of each %s in it"::formatted)
            .orElseGet(
                () ->
                    "; %s holds no checksums, so its values are not vouched for"
                        .formatted(format.title()));
  }

  private List<String> problems(MemorySegment bytes, String source) throws IOException {
    return switch (Format.detect(bytes).orElse(Format.EMPTY)) {
      case KERAS -> {
        Keras.requireChecksums(bytes, source);
        yield Keras.read(bytes, source).mismatches();
      }
      case NPZ -> {
        NumPy.requireChecksums(bytes, source);
        yield List.of();
      }
      case TENSORFLOW -> TensorFlowFiles.of(bytes, source).damaged(bytes());
      default -> List.of();
    };
  }

  private Map<String, MemorySegment> bytes() {
    Map<String, MemorySegment> bytes = new LinkedHashMap<>();
    files.forEach((name, file) -> bytes.put(name, file.bytes()));
    return bytes;
  }

  private Optional<KerasModel> severalFiles() throws IOException {
    if (file().isEmpty()) {
      return Optional.of(Keras.readDirectory(bytes(), path.toString()));
    }
    return index.isPresent() ? Optional.of(index.get().read(bytes())) : Optional.empty();
  }

  @Override
  public void close() {
    files.values().forEach(MappedFile::close);
  }
}
