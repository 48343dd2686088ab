package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A file of {@code torch.save} before 0.1.2: a tar archive of the members {@code storages}, {@code
 * tensors} and {@code pickle}, and of {@code sys_info}, on which nothing depends. The first two are
 * pickles with numbers between them; the elements are little-endian whatever the system was.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/serialization.py">torch/serialization.py,
 *     legacy_load</a>
 */
final class TorchTarFile {
  /** The members that such a file has. */
  static final Set<String> MEMBERS = Set.of("sys_info", "pickle", "tensors", "storages");

  private final String source;
  private final Map<String, MemorySegment> members;
  private final TorchTensors tensors;
  private final Map<String, PickleObject> objects = new HashMap<>();

  private TorchTarFile(String source, Map<String, MemorySegment> members, long fileSize) {
    this.source = source;
    this.members = members;
    this.tensors = new TorchTensors(false, fileSize);
  }

  /** What the archive's pickle makes of its tensors and storages. */
  static Value read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    Map<String, MemorySegment> members = TarArchive.members(file, source, MEMBERS);
    return new TorchTarFile(source, members, file.byteSize()).read();
  }

  private Value read() throws CorruptFileException, UnsupportedFeatureException {
    readStorages(new PickleSequence(member("storages"), source + ": storages"));
    readTensors(new PickleSequence(member("tensors"), source + ": tensors"));
    MemorySegment pickle = member("pickle");
    String entry = source + ": pickle";
    PickleGlobals globals = new TorchGlobals(tensors, pickle.byteSize());
    PickleObject root = Pickle.readAll(pickle, entry, globals, this::find);
    return PickleResult.of(root, entry, pickle.byteSize(), tensors);
  }

  private MemorySegment member(String name) throws CorruptFileException {
    MemorySegment bytes = members.get(name);
    if (bytes == null) {
      throw new CorruptFileException(
          source
              + ": expected a member '"
              + name
              + "' in the tar archive and found none; copy or save the file again");
    }
    return bytes;
  }

  // The number of storages, for each (key, location, class) and the storage, and then a list of
  // views: (key, key of the whole, offset, number of elements).
  private void readStorages(PickleSequence parts)
      throws CorruptFileException, UnsupportedFeatureException {
    try {
      long count = parts.next().integer(0);
      for (long i = 0; i < count; i++) {
        PickleArguments head = parts.nextTuple();
        TorchType type =
            TorchNames.storageType(head.global(2))
                .orElseThrow(
                    () -> new IllegalArgumentException("a storage of no class of storages"));
        add(head.key(0), parts.nextStorage(head.key(0), Optional.of(type)));
      }
      for (PickleObject item : parts.next().list(0).items()) {
        PickleArguments view =
            new PickleArguments(new PickleArguments(List.of(item)).tuple(0).items());
        add(
            view.key(0),
            TorchStorageId.part(
                storage(view.key(1)), view.key(0), view.integer(2), view.integer(3)));
      }
      parts.requireEnd();
    } catch (IllegalArgumentException e) {
      throw parts.corrupt(e);
    }
  }

  // The number of tensors, and for each (key, key of the storage, class), the number of dimensions
  // in 32 of 64 bits, the shape, the strides and the offset.
  private void readTensors(PickleSequence parts)
      throws CorruptFileException, UnsupportedFeatureException {
    try {
      long count = parts.next().integer(0);
      for (long i = 0; i < count; i++) {
        PickleArguments head = parts.nextTuple();
        int dimensions = (int) parts.nextNumber();
        if (dimensions < 0 || dimensions > PickleArguments.MOST_DIMENSIONS) {
          throw new IllegalArgumentException("a tensor of " + dimensions + " dimensions");
        }
        long[] shape = numbers(parts, dimensions);
        long[] strides = numbers(parts, dimensions);
        long offset = parts.nextNumber();
        add(head.key(0), tensor(storage(head.key(1)), offset, shape, strides, parts));
      }
      parts.requireEnd();
    } catch (IllegalArgumentException e) {
      throw parts.corrupt(e);
    }
  }

  private PickleObject tensor(
      PickleObject.Storage storage, long offset, long[] shape, long[] strides, PickleSequence parts)
      throws UnsupportedFeatureException {
    try {
      return new PickleObject.Leaf(
          tensors.view(storage, storage.elementType(), offset, shape, strides));
    } catch (UnsupportedFeatureException e) {
      throw parts.unsupported(e);
    }
  }

  private static long[] numbers(PickleSequence parts, int count) {
    long[] numbers = new long[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = parts.nextNumber();
    }
    return numbers;
  }

  private PickleObject.Storage storage(String key) {
    if (objects.get(key) instanceof PickleObject.Storage storage) {
      return storage;
    }
    throw new IllegalArgumentException("there is no storage '" + Excerpt.of(key) + "'");
  }

  // The key of a tensor or storage as a string.
  private PickleObject find(PickleObject id) {
    String key = new PickleArguments(List.of(id)).key(0);
    PickleObject found = objects.get(key);
    if (found == null) {
      throw new IllegalArgumentException(
          "there is no tensor or storage '" + Excerpt.of(key) + "' in the archive");
    }
    return found;
  }

  private void add(String key, PickleObject object) {
    if (objects.putIfAbsent(key, object) != null) {
      throw new IllegalArgumentException(
          "there are two tensors or storages '" + Excerpt.of(key) + "'");
    }
  }
}
