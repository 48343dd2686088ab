package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a file is, told by its content and not by its name. A file that is damaged or cut short
 * after its first bytes still has the format it was written in.
 */
public enum Format {
  /** No bytes at all. */
  EMPTY("an empty file", "it was cut off before anything was written: restore it from a copy"),
  SAFETENSORS("a safetensors file"),
  /** {@code torch.save} since PyTorch 1.6. */
  PYTORCH_ZIP("a PyTorch file"),
  /** {@code torch.save} before PyTorch 1.6, or without its zip format. */
  PYTORCH_LEGACY("a PyTorch file of the format before 1.6"),
  /** {@code torch.save} before PyTorch 0.1.2. */
  PYTORCH_TAR("a PyTorch file of the tar format before 0.1.2"),
  ONNX("an ONNX model"),
  /** The index of a checkpoint of {@code tf.train.Checkpoint}. */
  TENSORFLOW("a TensorFlow checkpoint"),
  HDF5("an HDF5 file"),
  /** A {@code .keras} archive of configuration and weights. */
  KERAS("a Keras model"),
  GGUF("a GGUF file"),
  /** {@code numpy.savez}. */
  NPZ("a NumPy archive"),
  NUMPY("a NumPy array"),
  ZIP("a zip archive"),
  PICKLE("a Python pickle"),
  JSON("a JSON text"),
  HTML(
      "an HTML page",
      "most likely an error or login page saved in place of a download: download the file again"),
  GIT_LFS_POINTER(
      "a git-LFS pointer",
      "it stands for the file, which was not fetched: run 'git lfs pull' in its repository");

  private static final String LFS = "version https://git-lfs.github.com/spec/";

  /** The opcode, the size and the bytes of the magic number that begins PyTorch's files. */
  private static final byte[] PICKLED_MAGIC_NUMBER =
      HexFormat.of().parseHex("8a0a6cfc9c46f9206aa85019");

  /** The same in protocols 0 and 1. */
  private static final byte[] WRITTEN_MAGIC_NUMBER =
      "L119547037146038801333356L\n.".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] HDF5_SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  private static final byte[] NUMPY_MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private final String title;
  private final String advice;

  Format(String title) {
    this(title, "check the name, or read it as what it is");
  }

  Format(String title, String advice) {
    this.title = title;
    this.advice = advice;
  }

  /** The format in words, with its article: {@code "an HTML page"}. */
  public String title() {
    return title;
  }

  /**
   * The format of a file; empty if it is none of these. Only the first bytes of a file are looked
   * at, of a zip archive the names of its entries, and the last bytes, which tell TensorFlow's.
   */
  public static Optional<Format> detect(MemorySegment file) {
    if (file.byteSize() == 0) {
      return Optional.of(EMPTY);
    }
    if (beginsWith(file, LFS.getBytes(StandardCharsets.US_ASCII))) {
      return Optional.of(GIT_LFS_POINTER);
    }
    if (SafeTensors.looksLike(file)) {
      return Optional.of(SAFETENSORS);
    }
    if (hasPickledMagicNumber(file)) {
      return Optional.of(PYTORCH_LEGACY);
    }
    if (TarArchive.firstName(file).filter(TorchTarFile.MEMBERS::contains).isPresent()) {
      return Optional.of(PYTORCH_TAR);
    }
    if (beginsWith(file, new byte[] {'P', 'K', 3, 4})) {
      return Optional.of(archive(ZipNames.of(file)));
    }
    if (isGguf(file)) {
      return Optional.of(GGUF);
    }
    if (isNumpyArray(file)) {
      return Optional.of(NUMPY);
    }
    if (hasHdf5Signature(file)) {
      return Optional.of(HDF5);
    }
    if (SortedTable.looksLike(file)) {
      return Optional.of(TENSORFLOW);
    }
    if (Onnx.looksLike(file)) {
      return Optional.of(ONNX);
    }
    return text(file);
  }

  /** Whether a file begins as one of {@code numpy.save} does. */
  static boolean isNumpyArray(MemorySegment file) {
    return beginsWith(file, NUMPY_MAGIC);
  }

  /** Whether a file begins as a GGUF file does. */
  static boolean isGguf(MemorySegment file) {
    return beginsWith(file, new byte[] {'G', 'G', 'U', 'F'});
  }

  /** A PyTorch zip has all in one folder; the pickle is its {@code data.pkl}. */
  private static Format archive(List<String> names) {
    if (names.stream().anyMatch(n -> n.equals("data.pkl") || n.endsWith("/data.pkl"))) {
      return PYTORCH_ZIP;
    }
    // The first entry is all that is known of an archive that is cut short.
    if (names.stream().anyMatch(n -> n.startsWith("model.weights."))
        || names.equals(List.of("metadata.json"))) {
      return KERAS;
    }
    if (!names.isEmpty() && names.stream().allMatch(n -> n.endsWith(".npy"))) {
      return NPZ;
    }
    return ZIP;
  }

  /** The number follows the protocol, and since protocol 4 the opcode and size of a frame. */
  private static boolean hasPickledMagicNumber(MemorySegment file) {
    return beginsWith(file, WRITTEN_MAGIC_NUMBER)
        || (beginsWith(file, new byte[] {(byte) 0x80})
            && (hasAt(file, 2, PICKLED_MAGIC_NUMBER) || hasAt(file, 11, PICKLED_MAGIC_NUMBER)));
  }

  /** The signature is at byte 0, or after a user block, at 512, 1024, 2048 and so on. */
  private static boolean hasHdf5Signature(MemorySegment file) {
    for (long at = 0; at <= file.byteSize() - HDF5_SIGNATURE.length; at = at == 0 ? 512 : at * 2) {
      if (hasAt(file, at, HDF5_SIGNATURE)) {
        return true;
      }
    }
    return false;
  }

  private static Optional<Format> text(MemorySegment file) {
    String start = new String(head(file, 256), StandardCharsets.ISO_8859_1).stripLeading();
    if (start.startsWith("\u00ef\u00bb\u00bf")) {
      start = start.substring(3).stripLeading();
    }
    String lower = start.toLowerCase(Locale.ROOT);
    if (lower.startsWith("<!doctype html")
        || lower.startsWith("<html")
        || lower.startsWith("<head")) {
      return Optional.of(HTML);
    }
    if (start.matches("(?s)(\\{\\s*[\"}]|\\[\\s*[\\[{\"\\]0-9tfn-]).*|[{\\[]")) {
      return Optional.of(JSON);
    }
    byte first = file.get(ValueLayout.JAVA_BYTE, 0);
    if (first == (byte) 0x80 && file.byteSize() > 1) {
      byte protocol = file.get(ValueLayout.JAVA_BYTE, 1);
      return protocol >= 2 && protocol <= 5 ? Optional.of(PICKLE) : Optional.empty();
    }
    return Optional.empty();
  }

  /**
   * The error that a file is not of the format it was read as: what it is instead, or how it
   * begins, and what to do.
   *
   * @param expected the format it was read as, as {@link #title}
   */
  static CorruptFileException mistaken(MemorySegment file, String source, Format expected) {
    Optional<Format> found = detect(file).filter(format -> format != expected);
    String is =
        found
            .map(f -> "it is " + f.title + "; " + f.advice)
            .orElseGet(
                () ->
                    "it has "
                        + file.byteSize()
                        + (file.byteSize() == 1 ? " byte" : " bytes")
                        + " and begins with "
                        + hexadecimal(head(file, 8))
                        + "; check the name, or restore the file from a copy");
    return new CorruptFileException(source + ": not " + expected.title + ": " + is);
  }

  private static String hexadecimal(byte[] bytes) {
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }

  private static byte[] head(MemorySegment file, int most) {
    return file.asSlice(0, Math.min(most, file.byteSize())).toArray(ValueLayout.JAVA_BYTE);
  }

  private static boolean beginsWith(MemorySegment file, byte[] start) {
    return hasAt(file, 0, start);
  }

  private static boolean hasAt(MemorySegment file, long at, byte[] bytes) {
    return file.byteSize() - at >= bytes.length
        && file.asSlice(at, bytes.length).mismatch(MemorySegment.ofArray(bytes)) == -1;
  }
}
