package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A checkpoint that is open for reading. Its files are mapped, not read: what it hands out is valid
 * until {@link #close}, also if the checkpoint is deleted meanwhile.
 *
 * <p>Opening compares the files' names and sizes with the manifest; {@link #verify} reads them.
 * Once open it may be used by several threads, but for {@code close}.
 */
public final class Checkpoint implements AutoCloseable {
  /** The name of the file whose presence pins a checkpoint. */
  static final String PIN = "PINNED";

  private final Storage storage;
  private final CheckpointDirectory directory;
  private final Set<String> names;
  private final Map<String, MappedFile> open = new LinkedHashMap<>();
  private boolean closed;

  private Checkpoint(Storage storage, CheckpointDirectory directory) {
    this.storage = storage;
    this.directory = directory;
    Set<String> all =
        new TreeSet<>(
            directory
                .manifest()
                .map(manifest -> manifest.files().keySet())
                .orElse(directory.files().keySet()));
    all.remove(PIN);
    this.names = Collections.unmodifiableSet(all);
  }

  /**
   * Opens a checkpoint's directory, of any name, on a file system of this machine.
   *
   * @throws CorruptFileException if its manifest is damaged, or a file is missing or has another
   *     size; if it has no manifest, if it holds no file, an empty one where tensors should be, or
   *     a {@code trainer_state.json} that is cut short
   * @throws UnsupportedFeatureException if its manifest is of a newer version
   * @throws NoSuchFileException if there is no such directory
   */
  public static Checkpoint open(Path directory) throws IOException {
    return of(
        LocalStorage.instance(), CheckpointDirectory.anywhere(LocalStorage.instance(), directory));
  }

  static Checkpoint of(Storage storage, CheckpointDirectory directory) throws IOException {
    if (directory.fault().isPresent()) {
      throw directory.fault().get();
    }
    return new Checkpoint(storage, directory);
  }

  public CheckpointInfo info() {
    return directory.info();
  }

  /** The manifest; empty if the checkpoint is {@link Standing#UNVERIFIED}. */
  public Optional<Manifest> manifest() {
    return directory.manifest();
  }

  /**
   * The names of the files, in order: those that the manifest lists, and no other that may lie in
   * the directory; without a manifest, all but the pin.
   */
  public Set<String> files() {
    return names;
  }

  /**
   * A file of the checkpoint. It is closed with the checkpoint.
   *
   * @throws NoSuchFileException if there is none of this name; the message lists those there are
   * @throws IllegalArgumentException if the name cannot be a file's
   * @throws IllegalStateException if the checkpoint is closed
   */
  public synchronized MappedFile file(String name) throws IOException {
    if (closed) {
      throw new IllegalStateException(info().directory() + " is closed");
    }
    MappedFile file = open.get(FileName.require(name));
    if (file == null) {
      if (!names.contains(name)) {
        throw new NoSuchFileException(
            path(name), null, "there is no such file in the checkpoint; there are " + files());
      }
      file = storage.map(info().directory().resolve(name));
      open.put(name, file);
    }
    return file;
  }

  /** Whether the checkpoint has the state of a component. */
  public boolean contains(String component) {
    return names.contains(TrainerLayout.file(component))
        || (component.equals(TrainerLayout.MODEL) && names.contains(TrainerLayout.INDEX_FILE));
  }

  /**
   * The state of a component, from the file that {@link TrainerLayout} gives. Its tensors are
   * windows on the file. A model in several files is checked against its index, both ways.
   *
   * @throws NoSuchFileException if the checkpoint does not have it; the message lists the files
   *     there are
   * @throws CorruptFileException if its file is damaged, is not a dict with string keys, or does
   *     not agree with the index
   * @throws UnsupportedFeatureException if its file holds something that is not read here
   */
  public StateDict state(String component) throws IOException {
    String name = TrainerLayout.file(component);
    if (!component.equals(TrainerLayout.MODEL)) {
      Value value = PyTorch.read(file(name).bytes(), path(name));
      if (value instanceof StateDict dict) {
        return dict;
      }
      throw new CorruptFileException(
          path(name) + " does not hold a dict with string keys, so it is not a state dict.");
    }
    if (names.contains(name) || !names.contains(TrainerLayout.INDEX_FILE)) {
      return SafeTensors.parse(file(name).bytes(), path(name)).stateDict();
    }
    return sharded();
  }

  private StateDict sharded() throws IOException {
    ShardIndex index =
        ShardIndex.parse(file(TrainerLayout.INDEX_FILE).bytes(), path(TrainerLayout.INDEX_FILE));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String shard : index.shards()) {
      Map<String, Tensor> part = SafeTensors.parse(file(shard).bytes(), path(shard)).tensors();
      List<String> mismatches = index.mismatches(shard, part.keySet());
      if (!mismatches.isEmpty()) {
        throw new CorruptFileException(
            info().directory()
                + ": "
                + mismatches.getFirst()
                + (mismatches.size() > 1 ? ", and " + (mismatches.size() - 1) + " more" : "")
                + ". The shards are not of one model; use another checkpoint.");
      }
      tensors.putAll(part);
    }
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    for (String name : index.files().keySet()) {
      Tensor tensor = tensors.get(name);
      if (tensor != null) {
        ordered.put(name, tensor);
      }
    }
    return StateDict.of(ordered);
  }

  /**
   * A JSON file, as Python writes it: {@code config.json}, {@code trainer_state.json}.
   *
   * @throws NoSuchFileException if there is none of this name; the message lists those there are
   * @throws CorruptFileException if it is not a JSON object
   */
  public Json.Obj json(String name) throws IOException {
    if (Json.parsePython(file(name).bytes(), path(name)) instanceof Json.Obj object) {
      return object;
    }
    throw new CorruptFileException(path(name) + " is not a JSON object.");
  }

  /** Reads every byte and compares it with the manifest; see {@link Verification}. */
  public Verification verify() throws IOException {
    return Verification.of(storage, info().directory());
  }

  private String path(String name) {
    return info().directory().resolve(name).toString();
  }

  /** Ends the mappings; does nothing the second time. */
  @Override
  public synchronized void close() {
    closed = true;
    open.values().forEach(MappedFile::close);
    open.clear();
  }
}
