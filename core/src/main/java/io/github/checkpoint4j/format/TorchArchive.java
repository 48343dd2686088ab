package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The records of a file of {@code torch.save}: {@code data.pkl}, the state; {@code data/N}, the
 * storages it refers to; {@code version} and {@code byteorder}.
 */
final class TorchArchive {
  /** The newest version of the archive that PyTorch 2.10 reads. */
  private static final int NEWEST_VERSION = 10;

  private static final int LONGEST_RECORD = 64;

  /** Bytes of the largest pickle of training arguments; in practice they take a twentieth. */
  private static final long LARGEST_ARGUMENTS = 1 << 17;

  private final MemorySegment file;
  private final String source;
  private final ZipArchive archive;
  private final String folder;
  private final Map<String, PickleObject.Storage> storages = new HashMap<>();

  private TorchArchive(MemorySegment file, String source, ZipArchive archive, String folder) {
    this.file = file;
    this.source = source;
    this.archive = archive;
    this.folder = folder;
  }

  static TorchArchive parse(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    ZipArchive archive = ZipArchive.parse(file, source);
    if (Format.detect(file).filter(format -> format != Format.PYTORCH_ZIP).isPresent()
        && archive.entries().stream().noneMatch(entry -> entry.name().endsWith("/data.pkl"))) {
      throw Format.mistaken(file, source, Format.PYTORCH_ZIP);
    }
    return new TorchArchive(file, source, archive, folder(archive, source));
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
              + first.map(name -> "'" + Excerpt.of(name) + "'").orElse("missing")
              + "; check which file this is");
    }
    return folder;
  }

  /** What the pickle makes of its storages. */
  Value read() throws CorruptFileException, UnsupportedFeatureException {
    checkVersion();
    TorchTensors tensors = new TorchTensors(bigEndian(), file.byteSize());
    MemorySegment pickle = pickle();
    String entry = source + ": data.pkl";
    PickleObject root =
        Pickle.readAll(pickle, entry, new TorchGlobals(tensors, pickle.byteSize()), this::storage);
    return PickleResult.of(root, entry, pickle.byteSize(), tensors);
  }

  /** The plain fields of the object of training arguments that the pickle is of. */
  PickledFields fields() throws CorruptFileException, UnsupportedFeatureException {
    checkVersion();
    MemorySegment pickle = pickle();
    long size = pickle.byteSize();
    String entry = source + ": data.pkl";
    if (size > LARGEST_ARGUMENTS) {
      throw new UnsupportedFeatureException(
          entry
              + ": "
              + size
              + " bytes; expected training arguments, which take at most "
              + LARGEST_ARGUMENTS
              + "; read state with PyTorch.read");
    }
    PickleObject root =
        Pickle.readAll(pickle, entry, new FieldGlobals(size), FieldGlobals::persistent);
    return PickledFields.of(root, entry, size);
  }

  private MemorySegment pickle() throws UnsupportedFeatureException {
    return record("data.pkl").orElseThrow();
  }

  private void checkVersion() throws CorruptFileException, UnsupportedFeatureException {
    Optional<String> version = text("version");
    if (version.isEmpty() || !version.get().matches("[1-9][0-9]{0,8}")) {
      throw new CorruptFileException(
          source
              + ": expected the entry 'version' with a number and found "
              + version.map(text -> "'" + Excerpt.of(text) + "'").orElse("no such entry")
              + "; save the file again");
    }
    if (Integer.parseInt(version.get()) > NEWEST_VERSION) {
      throw new UnsupportedFeatureException(
          source
              + ": version "
              + Excerpt.of(version.get())
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
              + Excerpt.of(order)
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

  private PickleObject.Storage storage(PickleObject id) throws UnsupportedFeatureException {
    TorchStorageId meant = TorchStorageId.parse(id);
    String name = "data/" + meant.key();
    PickleObject.Storage known = storages.get(name);
    MemorySegment bytes =
        known != null
            ? known.bytes()
            : record(name)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "the storage '" + Excerpt.of(name) + "' is not in the archive"));
    int item = meant.itemSize();
    if (meant.elements() != bytes.byteSize() / item) {
      throw new IllegalArgumentException(
          "the storage '"
              + Excerpt.of(name)
              + "' should have "
              + meant.elements()
              + " elements of "
              + item
              + " bytes and has "
              + bytes.byteSize()
              + " bytes");
    }
    if (known != null && known.elementType() != meant.elementType()) {
      throw new IllegalArgumentException(
          "the storage '" + Excerpt.of(name) + "' is used as two dtypes");
    }
    return storages.computeIfAbsent(
        name, key -> new PickleObject.Storage(key, meant.type(), bytes));
  }
}
