package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A file of {@code torch.save} from 0.1.2 to 1.5, and since with {@code
 * _use_new_zipfile_serialization=False}: pickles of a magic number, a protocol version, facts about
 * the system, the state and the storages' keys, one after the other; then for each key the number
 * of elements and the elements. They are little-endian whatever the system was.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/serialization.py">torch/serialization.py,
 *     _legacy_load</a> and, for the byte order, torch/csrc/serialization.cpp
 */
final class TorchLegacyFile {
  private static final BigInteger MAGIC_NUMBER = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL_VERSION = 1001;

  private final MemorySegment file;
  private final String source;
  private final PickleSequence parts;
  private final Map<String, TorchStorageId> declared = new LinkedHashMap<>();
  private final Map<String, PickleObject.Storage> storages = new HashMap<>();

  private TorchLegacyFile(MemorySegment file, String source) {
    this.file = file;
    this.source = source;
    this.parts = new PickleSequence(file, source);
  }

  /** What the file's pickle makes of its storages. */
  static Value read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return new TorchLegacyFile(file, source).read();
  }

  private Value read() throws CorruptFileException, UnsupportedFeatureException {
    long start;
    long size;
    try {
      expect(new Value.Int(MAGIC_NUMBER), "PyTorch's magic number");
      expect(Value.of(PROTOCOL_VERSION), "the protocol version " + PROTOCOL_VERSION);
      parts.next(); // the system's byte order and sizes, on which nothing depends
      start = parts.position();
      // The storages follow the state: it is read once to find them, and once with them.
      parts.next(this::declare);
      size = parts.position() - start;
      findStorages();
    } catch (IllegalArgumentException e) {
      throw parts.corrupt(e);
    }
    TorchTensors tensors = new TorchTensors(false, file.byteSize());
    PickleGlobals globals = new TorchGlobals(tensors, size);
    PickleObject root = Pickle.read(file, start, source, globals, this::find).object();
    return PickleResult.of(root, source, size, tensors);
  }

  private void expect(Value value, String what)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!(parts.next().get(0) instanceof PickleObject.Leaf leaf) || !leaf.value().equals(value)) {
      throw new IllegalArgumentException(what + " should stand before this place");
    }
  }

  private PickleObject.Storage declare(PickleObject id) {
    TorchStorageId meant = TorchStorageId.parse(id);
    TorchStorageId known = declared.putIfAbsent(meant.key(), meant);
    if (known != null
        && (known.elements() != meant.elements() || known.elementType() != meant.elementType())) {
      throw new IllegalArgumentException(
          "the storage '" + Excerpt.of(meant.key()) + "' is used with two dtypes or sizes");
    }
    return new PickleObject.Storage(meant.key(), meant.type(), file.asSlice(0, 0));
  }

  private PickleObject.Storage find(PickleObject id) {
    TorchStorageId meant = TorchStorageId.parse(id);
    return meant.in(Objects.requireNonNull(storages.get(meant.key())));
  }

  private void findStorages() throws CorruptFileException, UnsupportedFeatureException {
    PickleArguments keys = new PickleArguments(parts.next().list(0).items());
    for (int i = 0; i < keys.size(); i++) {
      addStorage(keys.key(i));
    }
    for (String key : declared.keySet()) {
      if (!storages.containsKey(key)) {
        throw new IllegalArgumentException(
            "the storage '" + Excerpt.of(key) + "' is not in the file");
      }
    }
    parts.requireEnd();
  }

  private void addStorage(String key) {
    String shown = "the storage '" + Excerpt.of(key) + "'";
    TorchStorageId id = declared.get(key);
    if (id == null) {
      throw new IllegalArgumentException(shown + " belongs to nothing in the state");
    }
    PickleObject.Storage storage = parts.nextStorage(key, id.type());
    long elements = storage.bytes().byteSize() / id.itemSize();
    if (elements != id.elements()) {
      throw new IllegalArgumentException(
          shown + " should have " + id.elements() + " elements and has " + elements);
    }
    if (storages.putIfAbsent(key, storage) != null) {
      throw new IllegalArgumentException(shown + " is in the file twice");
    }
  }
}
