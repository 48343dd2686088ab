package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Files of {@code torch.save}: {@code optimizer.pt}, {@code scheduler.pt}, {@code rng_state.pth},
 * {@code pytorch_model.bin} and other state dicts.
 *
 * <p>Such a file is a zip archive of a pickle and of the tensors' memory. Only plain state is read:
 * dicts, lists, tuples, numbers, strings, bytes, tensors and numpy arrays. Nothing that a file
 * names is run.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/serialization.py">torch/serialization.py,
 *     _save and _load</a>
 */
public final class PyTorch {
  /** The newest version of the archive that PyTorch 2.10 reads. */
  private static final int NEWEST_VERSION = 10;

  private static final int LONGEST_RECORD = 64;

  /** The first bytes of the layout before PyTorch 1.6: its magic number, pickled. */
  private static final byte[] LEGACY = {
    (byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9, 0x20
  };

  private final MemorySegment file;
  private final String source;
  private final ZipArchive archive;
  private final String folder;
  private final Map<String, PickleObject.Storage> storages = new HashMap<>();

  private PyTorch(MemorySegment file, String source, ZipArchive archive, String folder) {
    this.file = file;
    this.source = source;
    this.archive = archive;
    this.folder = folder;
  }

  /**
   * What a file holds. A dict whose keys are all strings becomes a {@link
   * io.github.checkpoint4j.state.StateDict}, an OrderedDict likewise; a parameter becomes its
   * tensor; a numpy scalar becomes a number; a dtype or a device becomes a string.
   *
   * <p>Tensors are windows on {@code file} and valid as long as it is; those whose elements do not
   * lie in row-major order are copies. Tensors that share memory in Python share it here.
   *
   * @param file the file's bytes
   * @param source the file's name, for messages
   * @throws CorruptFileException if the file is cut short or inconsistent
   * @throws UnsupportedFeatureException if it holds a whole pickled module, a class or function, or
   *     a kind of tensor that is not read; the message names it and says what to do
   */
  public static Value read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    refuseOtherLayouts(file, source);
    ZipArchive archive = ZipArchive.parse(file, source);
    return new PyTorch(file, source, archive, folder(archive, source)).read();
  }

  /**
   * A file that {@code torch.load} reads, with {@code weights_only} or without. The same value
   * gives the same bytes.
   *
   * <p>A {@link io.github.checkpoint4j.state.StateDict} becomes a dict. Tensors that are the same
   * memory become one storage; the parts of the result are the tensors' own memory, and each is
   * named by its keys, joined by dots.
   *
   * @param archiveName the folder in the archive; PyTorch takes the file's name without extension
   * @throws IllegalArgumentException if the name is empty or has a slash, or the value holds
   *     something that PyTorch has not: a dtype, a lone surrogate; or is nested too deep
   */
  public static FileContent write(Value value, String archiveName) {
    if (archiveName.isEmpty() || archiveName.contains("/")) {
      throw new IllegalArgumentException("an archive's name is a name, not '" + archiveName + "'");
    }
    PickleWriter pickle = new PickleWriter(value);
    ZipWriter zip = new ZipWriter(archiveName);
    zip.add("data.pkl", pickle.bytes());
    zip.add(".format_version", ascii("1"));
    zip.add(".storage_alignment", ascii(String.valueOf(ZipWriter.ALIGNMENT)));
    zip.add("byteorder", ascii("little"));
    int key = 0;
    for (PickleWriter.Stored stored : pickle.storages()) {
      zip.add("data/" + key++, stored.path(), stored.tensor().bytes());
    }
    zip.add("version", ascii("3\n"));
    zip.add(".data/serialization_id", ascii(zip.identity()));
    return zip.finish();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static void refuseOtherLayouts(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (file.byteSize() == 0) {
      throw new CorruptFileException(
          source + ", byte 0: the file is empty; expected a PyTorch file; save it again");
    }
    if (startsWith(file, LEGACY)) {
      throw new UnsupportedFeatureException(
          source
              + ", byte 0: a file in PyTorch's layout from before version 1.6;"
              + " expected a zip archive; in Python torch.save(torch.load(file), file)");
    }
    if (startsWith(file, ascii("version https://git-lfs"))) {
      throw new CorruptFileException(
          source
              + ", byte 0: a Git LFS pointer in place of the file; expected a zip archive;"
              + " fetch the file with: git lfs pull");
    }
    if (startsWith(file, ascii("<")) || startsWith(file, ascii("{"))) {
      throw new CorruptFileException(
          source
              + ", byte 0: text, as of a web page, in place of the file; expected a zip archive;"
              + " download it again");
    }
  }

  private static boolean startsWith(MemorySegment file, byte[] start) {
    return file.byteSize() >= start.length
        && file.asSlice(0, start.length).mismatch(MemorySegment.ofArray(start)) == -1;
  }

  /** The folder of the first entry: PyTorch takes the archive's records from there. */
  private static String folder(ZipArchive archive, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    Optional<String> first = archive.entries().stream().findFirst().map(ZipArchive.Entry::name);
    String folder = first.map(name -> name.substring(0, name.indexOf('/') + 1)).orElse("");
    if (!folder.isEmpty() && archive.find(folder + "constants.pkl").isPresent()) {
      throw new UnsupportedFeatureException(
          source
              + ": a TorchScript archive, which is a program with its weights; expected a state"
              + " dict; in Python torch.save(torch.jit.load(file).state_dict(), other_file)");
    }
    if (folder.isEmpty() || archive.find(folder + "data.pkl").isEmpty()) {
      throw new CorruptFileException(
          source
              + ": a zip archive, but not of torch.save: expected the entry 'data.pkl' in a"
              + " folder, and the first entry is "
              + first.map(name -> "'" + name + "'").orElse("missing")
              + "; check which file this is");
    }
    return folder;
  }

  private Value read() throws CorruptFileException, UnsupportedFeatureException {
    checkVersion();
    TorchTensors tensors = new TorchTensors(bigEndian(), file.byteSize());
    MemorySegment pickle = record("data.pkl").orElseThrow();
    PickleObject root =
        Pickle.read(pickle, source + ": data.pkl", new PickleGlobals(tensors), id -> storage(id));
    return PickleResult.of(root, source, pickle.byteSize(), tensors);
  }

  private void checkVersion() throws CorruptFileException, UnsupportedFeatureException {
    Optional<String> version = text("version");
    if (version.isEmpty() || !version.get().matches("[1-9][0-9]{0,8}")) {
      throw new CorruptFileException(
          source
              + ": expected the entry 'version' with a number and found "
              + version.map(text -> "'" + text + "'").orElse("no such entry")
              + "; save the file again");
    }
    if (Integer.parseInt(version.get()) > NEWEST_VERSION) {
      throw new UnsupportedFeatureException(
          source
              + ": version "
              + version.get()
              + " of PyTorch's archive; expected at most "
              + NEWEST_VERSION
              + "; use a newer checkpoint4j");
    }
  }

  private boolean bigEndian() throws CorruptFileException, UnsupportedFeatureException {
    // Files older than this record are taken as little-endian, as PyTorch does.
    String order = text("byteorder").orElse("little");
    if (!order.equals("little") && !order.equals("big")) {
      throw new CorruptFileException(
          source
              + ": the entry 'byteorder' should be 'little' or 'big' and is '"
              + order
              + "'; save the file again");
    }
    return order.equals("big");
  }

  private Optional<String> text(String name)
      throws CorruptFileException, UnsupportedFeatureException {
    Optional<MemorySegment> bytes = record(name);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    if (bytes.get().byteSize() > LONGEST_RECORD) {
      throw new CorruptFileException(
          source
              + ": the entry '"
              + name
              + "' should be a word and has "
              + bytes.get().byteSize()
              + " bytes; save the file again");
    }
    byte[] ascii = bytes.get().toArray(ValueLayout.JAVA_BYTE);
    return Optional.of(new String(ascii, StandardCharsets.ISO_8859_1).strip());
  }

  private Optional<MemorySegment> record(String name) throws UnsupportedFeatureException {
    Optional<ZipArchive.Entry> entry = archive.find(folder + name);
    return entry.isEmpty() ? Optional.empty() : Optional.of(archive.bytes(entry.get()));
  }

  // ("storage", storage class, key, location, number of elements)
  private PickleObject.Storage storage(PickleObject id) throws UnsupportedFeatureException {
    PickleGlobals.Arguments parts =
        new PickleGlobals.Arguments(new PickleGlobals.Arguments(List.of(id)).tuple(0).items());
    PickleObject.Global kind = parts.global(1);
    String key = parts.text(2);
    long elements = parts.integer(4);
    Optional<TorchType> type = PickleGlobals.storageType(kind);
    if (!parts.text(0).equals("storage") || (type.isEmpty() && !PickleGlobals.isUntyped(kind))) {
      throw new IllegalArgumentException("a persistent id that is not of a storage");
    }
    PickleObject.Storage known = storages.get(key);
    MemorySegment bytes =
        known != null
            ? known.bytes()
            : record("data/" + key)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "the storage 'data/" + key + "' is not in the archive"));
    int item = type.orElse(TorchType.UINT8).itemSize();
    if (elements != bytes.byteSize() / item) {
      throw new IllegalArgumentException(
          "the storage 'data/"
              + key
              + "' should have "
              + elements
              + " elements of "
              + item
              + " bytes and has "
              + bytes.byteSize()
              + " bytes");
    }
    if (known != null && !known.type().equals(type)) {
      throw new IllegalArgumentException("the storage 'data/" + key + "' is used as two dtypes");
    }
    PickleObject.Storage storage = new PickleObject.Storage(key, type, bytes);
    storages.putIfAbsent(key, storage);
    return storage;
  }
}
