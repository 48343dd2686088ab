package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A checkpoint that is open for reading. Its files are mapped, not read. They are of one commit,
 * and what it hands out is valid until {@link #close}, also if the checkpoint is replaced or
 * deleted meanwhile.
 *
 * <p>Opening compares the files' names and sizes with the manifest; {@link #verify} reads them.
 * Once open it may be used by several threads, but for {@code close}.
 *
 * <p>A file that someone cuts short while it is mapped (nothing here does) cannot be read to its
 * end: methods of this class then throw {@link CorruptFileException}, and reading a tensor's bytes
 * an {@link InternalError}, for which {@link #requireReadable} names the file.
 */
public final class Checkpoint implements AutoCloseable {
  /** The name of the file whose presence pins a checkpoint. */
  static final String PIN = "PINNED";

  private final CheckpointFiles opened;
  private volatile boolean closed;

  private Checkpoint(CheckpointFiles opened) {
    this.opened = opened;
  }

  /**
   * Opens a checkpoint's directory, of any name, on a file system of this machine. One that is
   * being replaced at this moment is the old or the new one.
   *
   * @throws CorruptFileException if its manifest is damaged, or a file is missing or has another
   *     size; if it has no manifest, if it holds no file, an empty one where tensors should be, or
   *     a {@code trainer_state.json} that is cut short
   * @throws UnsupportedFeatureException if its manifest is of a newer version
   * @throws NoSuchFileException if there is no such directory, or it was deleted meanwhile
   */
  public static Checkpoint open(Path directory) throws IOException {
    return of(CheckpointFiles.open(LocalStorage.instance(), directory));
  }

  /** The checkpoint of files, which are closed with it, or if it is damaged. */
  static Checkpoint of(CheckpointFiles opened) throws IOException {
    Optional<IOException> fault = opened.directory().fault();
    if (fault.isPresent()) {
      opened.close();
      throw fault.get();
    }
    return new Checkpoint(opened);
  }

  public CheckpointInfo info() {
    return opened.directory().info();
  }

  /** The manifest; empty if the checkpoint is {@link Standing#UNVERIFIED}. */
  public Optional<Manifest> manifest() {
    return opened.directory().manifest();
  }

  /**
   * The names of the files, in order: those that the manifest lists, and no other that may lie in
   * the directory; without a manifest, all but the pin.
   */
  public Set<String> files() {
    return opened.mapped().keySet();
  }

  /**
   * A file of the checkpoint. It is closed with the checkpoint.
   *
   * @throws NoSuchFileException if there is none of this name; the message lists those there are
   * @throws IllegalArgumentException if the name cannot be a file's
   * @throws IllegalStateException if the checkpoint is closed
   */
  public MappedFile file(String name) throws IOException {
    requireOpen();
    MappedFile file = opened.mapped().get(FileName.require(name));
    if (file == null) {
      throw new NoSuchFileException(
          path(name), null, "there is no such file in the checkpoint; there are " + files());
    }
    return file;
  }

  /** Whether the checkpoint has the state of a component. */
  public boolean contains(String component) {
    return files().contains(TrainerLayout.file(component))
        || (component.equals(TrainerLayout.MODEL) && files().contains(TrainerLayout.INDEX_FILE));
  }

  /**
   * The state of a component, from the file that {@link TrainerLayout} gives. Its tensors are
   * windows on the file. A model in several files is checked against its index, both ways. A tied
   * weight is there under each of its names: see {@link SafeTensors#aliases}.
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
      Value value = file(name).read(bytes -> PyTorch.read(bytes, path(name)));
      if (value instanceof StateDict dict) {
        return dict;
      }
      throw new CorruptFileException(
          path(name) + " does not hold a dict with string keys, so it is not a state dict.");
    }
    if (files().contains(name) || !files().contains(TrainerLayout.INDEX_FILE)) {
      return tensors(name).stateDict();
    }
    return sharded();
  }

  private SafeTensors tensors(String name) throws IOException {
    return file(name).read(bytes -> SafeTensors.parse(bytes, path(name)));
  }

  private StateDict sharded() throws IOException {
    String name = TrainerLayout.INDEX_FILE;
    ShardIndex index = file(name).read(bytes -> ShardIndex.parse(bytes, path(name)));
    Map<String, Value> tensors = new LinkedHashMap<>();
    Map<String, Value> others = new LinkedHashMap<>();
    for (String shard : index.shards()) {
      SafeTensors part = tensors(shard);
      List<String> mismatches = index.mismatches(shard, part.tensors().keySet());
      if (!mismatches.isEmpty()) {
        throw new CorruptFileException(
            info().directory()
                + ": "
                + mismatches.getFirst()
                + (mismatches.size() > 1 ? ", and " + (mismatches.size() - 1) + " more" : "")
                + ". The shards are not of one model; use another checkpoint.");
      }
      tensors.putAll(part.tensors());
      others.putAll(part.stateDict().entries());
    }
    Map<String, Value> ordered = new LinkedHashMap<>();
    for (String tensorName : index.files().keySet()) {
      Value tensor = tensors.get(tensorName);
      if (tensor != null) {
        ordered.put(tensorName, tensor);
      }
    }
    // What an index does not name is there under a further name.
    others.forEach(ordered::putIfAbsent);
    return StateDict.of(ordered);
  }

  /**
   * A JSON file, as Python writes it: {@code config.json}, {@code trainer_state.json}.
   *
   * @throws NoSuchFileException if there is none of this name; the message lists those there are
   * @throws CorruptFileException if it is not a JSON object
   */
  public Json.Obj json(String name) throws IOException {
    if (file(name).read(bytes -> Json.parsePython(bytes, path(name))) instanceof Json.Obj object) {
      return object;
    }
    throw new CorruptFileException(path(name) + " is not a JSON object.");
  }

  /** Reads every byte and compares it with the manifest; see {@link Verification}. */
  public Verification verify() throws IOException {
    requireOpen();
    return new Verifier(opened, _ -> {}).verify();
  }

  /**
   * Returns if every file can be read where it is mapped: what to ask after an {@link
   * InternalError}.
   *
   * @throws CorruptFileException if one was cut short while it was open, or its device failed; the
   *     message names it
   */
  public void requireReadable() throws IOException {
    for (String name : files()) {
      file(name).touch();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(info().directory() + " is closed");
    }
  }

  private String path(String name) {
    return info().directory().resolve(name).toString();
  }

  /** Ends the mappings; does nothing the second time. */
  @Override
  public synchronized void close() {
    closed = true;
    opened.close();
  }
}
