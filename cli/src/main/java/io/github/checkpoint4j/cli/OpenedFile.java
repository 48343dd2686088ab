package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.Json;
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
 * What a user names as one file, opened: a file; an index of Keras's weights with the files it
 * names; or the directory of a Keras model. What it hands out is valid until {@link #close}.
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
        opened.map("", path);
        opened.mapShards();
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
    try (Stream<Path> found = Files.walk(path)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        map(path.relativize(file).toString().replace('\\', '/'), file);
      }
    }
  }

  /** Maps the shards that are there; a missing one is found when the index is compared. */
  private void mapShards() throws IOException {
    index = shards(file().orElseThrow());
    for (String name : index.map(KerasShards::names).orElse(Set.of())) {
      Path shard = path.resolveSibling(name);
      if (Files.exists(shard)) {
        map(name, shard);
      }
    }
  }

  private Optional<MappedFile> file() {
    return Optional.ofNullable(files.get(""));
  }

  private Optional<KerasShards> shards(MappedFile file) throws IOException {
    if (Format.detect(file.bytes()).filter(Format.JSON::equals).isEmpty()
        || !KerasShards.isIndex(Json.parsePython(file.bytes(), path.toString()))) {
      return Optional.empty();
    }
    return Optional.of(KerasShards.parse(file.bytes(), path.toString()));
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
        : FileContents.of(file().orElseThrow());
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
    return file().orElseThrow().read(bytes -> problems(bytes, path.toString()));
  }

  /** What {@link #problems}, which was asked before, compared, and what not. */
  String note() throws IOException {
    boolean archive =
        file()
            .flatMap(file -> Format.detect(file.bytes()))
            .filter(Format.KERAS::equals)
            .isPresent();
    return archive
        ? "its structure is right, and so is the checksum of each file in it"
        : "its structure is right; %s holds no checksums, so its values are not vouched for"
            .formatted(contents().format().title());
  }

  private static List<String> problems(MemorySegment bytes, String source) throws IOException {
    if (Format.detect(bytes).filter(Format.KERAS::equals).isEmpty()) {
      return List.of();
    }
    Keras.requireChecksums(bytes, source);
    return Keras.read(bytes, source).mismatches();
  }

  private Optional<KerasModel> severalFiles() throws IOException {
    Map<String, MemorySegment> bytes = new LinkedHashMap<>();
    files.forEach((name, file) -> bytes.put(name, file.bytes()));
    if (file().isEmpty()) {
      return Optional.of(Keras.readDirectory(bytes, path.toString()));
    }
    return index.isPresent() ? Optional.of(index.get().read(bytes)) : Optional.empty();
  }

  @Override
  public void close() {
    files.values().forEach(MappedFile::close);
  }
}
