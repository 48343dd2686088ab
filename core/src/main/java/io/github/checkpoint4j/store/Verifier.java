package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.store.Verification.Problem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/** Reads a checkpoint's files through mappings, a slice at a time, and gathers the problems. */
final class Verifier {
  /** Bytes between two reports of how far the reading is. */
  private static final long PIECE = 1L << 23;

  private final CheckpointFiles opened;
  private final LongConsumer read;
  private final CheckpointDirectory directory;
  private final Path path;
  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, Set<String>> shards = new LinkedHashMap<>();
  private Optional<ShardIndex> index = Optional.empty();
  private int files;
  private long tensors;
  private long bytes;

  /**
   * @param read is told how many more bytes were read
   */
  Verifier(CheckpointFiles opened, LongConsumer read) {
    this.opened = opened;
    this.read = read;
    this.directory = opened.directory();
    this.path = directory.info().directory();
  }

  Verification verify() throws IOException {
    if (directory.manifest().isPresent()) {
      for (Map.Entry<String, FileChecksums> file : directory.manifest().get().files().entrySet()) {
        withChecksums(file.getKey(), file.getValue());
      }
    } else {
      if (directory.fault().isPresent()) {
        add(
            directory.faultyFile().orElse(""),
            Optional.empty(),
            String.valueOf(directory.fault().get().getMessage()));
      }
      opened
          .mapped()
          .forEach(
              (name, file) -> {
                count(file);
                if (!directory.faultyFile().equals(Optional.of(name))) {
                  structure(name, file, true);
                }
                read.accept(file.size());
              });
    }
    compareShards();
    return new Verification(directory.info(), problems, files, tensors, bytes);
  }

  private void withChecksums(String name, FileChecksums expected) throws IOException {
    MappedFile file = opened.mapped().get(name);
    if (file == null) {
      add(name, Optional.empty(), name + " is missing, it had " + expected.size() + " bytes");
      return;
    }
    count(file);
    if (file.size() != expected.size()) {
      size(name, file.size(), expected);
      return;
    }
    tensors += expected.tensors().size();
    try {
      if (file.read(bytes -> checksums(name, bytes, expected))) {
        structure(name, file, false);
      }
    } catch (CorruptFileException e) {
      add(name, Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  private void count(MappedFile mapped) {
    files++;
    bytes += mapped.size();
  }

  private void size(String name, long size, FileChecksums expected) {
    if (size > expected.size()) {
      add(
          name,
          Optional.empty(),
          "%s has %d bytes, and was committed with %d".formatted(name, size, expected.size()));
      return;
    }
    Optional<String> first =
        expected.tensors().entrySet().stream()
            .filter(tensor -> tensor.getValue().end() > size)
            .map(Map.Entry::getKey)
            .findFirst();
    add(
        name,
        first,
        "%s is cut short, to %d bytes of %d%s"
            .formatted(
                name,
                size,
                expected.size(),
                first.map(tensor -> "; the first tensor lost is '" + tensor + "'").orElse("")));
  }

  /** Reads the file once; whether all is as it was committed. */
  private boolean checksums(String name, MemorySegment file, FileChecksums expected) {
    Checksummer checksummer = new Checksummer();
    long at = 0;
    for (Map.Entry<String, TensorChecksum> tensor : expected.tensors().entrySet()) {
      checksummer.begin(Optional.empty());
      read(file.asSlice(at, tensor.getValue().offset() - at), checksummer);
      checksummer.begin(Optional.of(tensor.getKey()));
      read(file.asSlice(tensor.getValue().offset(), tensor.getValue().size()), checksummer);
      at = tensor.getValue().end();
    }
    checksummer.begin(Optional.empty());
    read(file.asSlice(at), checksummer);
    FileChecksums found = checksummer.finish();
    int before = problems.size();
    expected
        .tensors()
        .forEach(
            (tensor, was) -> {
              TensorChecksum is = found.tensors().get(tensor);
              if (is == null || is.crc32c() != was.crc32c()) {
                damagedTensor(name, tensor, was, is == null ? 0 : is.crc32c());
              }
            });
    if (problems.size() == before && found.crc32c() != expected.crc32c()) {
      add(
          name,
          Optional.empty(),
          "%s is damaged%s: its CRC32C should be %s and is %s"
              .formatted(
                  name,
                  expected.tensors().isEmpty() ? "" : ", outside its tensors",
                  FileChecksums.hex(expected.crc32c()),
                  FileChecksums.hex(found.crc32c())));
    }
    return problems.size() == before;
  }

  private void read(MemorySegment bytes, Checksummer checksummer) {
    for (long at = 0; at < bytes.byteSize(); at += PIECE) {
      MemorySegment piece = bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at));
      checksummer.copyAndUpdate(piece);
      read.accept(piece.byteSize());
    }
  }

  private void damagedTensor(String name, String tensor, TensorChecksum was, int is) {
    add(
        name,
        Optional.of(tensor),
        "tensor '%s' of %s is damaged: the CRC32C of its %d bytes from byte %d should be %s and is %s"
            .formatted(
                tensor,
                name,
                was.size(),
                was.offset(),
                FileChecksums.hex(was.crc32c()),
                FileChecksums.hex(is)));
  }

  /** Whether the file is as its format demands, for the formats that are read here. */
  private void structure(String name, MappedFile file, boolean count) {
    try {
      file.read(
          bytes -> {
            parse(name, bytes, count);
            return name;
          });
    } catch (UnsupportedFeatureException e) {
      // It is whole as far as can be told: training_args.bin, for one, is a pickled object.
    } catch (IOException e) {
      add(name, Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  private void parse(String name, MemorySegment file, boolean count) throws IOException {
    String source = path.resolve(name).toString();
    if (TrainerLayout.isSafeTensors(name)) {
      Set<String> names = SafeTensors.parse(file, source).tensors().keySet();
      shards.put(name, Set.copyOf(names));
      tensors += count ? names.size() : 0;
    } else if (TrainerLayout.isPyTorch(name)) {
      PyTorch.read(file, source);
    } else if (name.equals(TrainerLayout.INDEX_FILE)) {
      index = Optional.of(ShardIndex.parse(file, source));
    } else if (name.endsWith(".json")) {
      Json.parsePython(file, source);
    }
  }

  private void compareShards() {
    if (index.isEmpty() || directory.files().containsKey(TrainerLayout.MODEL_FILE)) {
      return;
    }
    for (String shard : index.get().shards()) {
      if (!directory.files().containsKey(shard)) {
        add(
            shard,
            Optional.empty(),
            shard + " is missing, which " + TrainerLayout.INDEX_FILE + " names");
      } else if (shards.containsKey(shard)) {
        for (String mismatch : index.get().mismatches(shard, shards.get(shard))) {
          add(shard, Optional.empty(), mismatch);
        }
      }
    }
    for (String file : directory.files().keySet()) {
      if (TrainerLayout.isShard(file) && !index.get().shards().contains(file)) {
        add(
            file,
            Optional.empty(),
            file + " is not named in " + TrainerLayout.INDEX_FILE + ": it is of another model");
      }
    }
  }

  private void add(String file, Optional<String> tensor, String message) {
    problems.add(new Problem(file, tensor, message));
  }
}
