package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Files of {@code torch.save}: {@code optimizer.pt}, {@code scheduler.pt}, {@code rng_state.pth},
 * {@code pytorch_model.bin} and other state dicts.
 *
 * <p>Since PyTorch 1.6 such a file is a zip archive of a pickle and of the tensors' memory; before,
 * pickles and memory followed one another, and before 0.1.2 it was a tar archive. All three are
 * read, the first is written. Only plain state is read: dicts, lists, tuples, sets, numbers,
 * strings, bytes, tensors and numpy arrays. Nothing that a file names is run.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/serialization.py">torch/serialization.py,
 *     _save, _load and _legacy_load</a>
 */
public final class PyTorch {
  private PyTorch() {}

  /**
   * What a file holds. A dict whose keys are all strings becomes a {@link
   * io.github.checkpoint4j.state.StateDict}, as an OrderedDict, a defaultdict and a Counter do; a
   * parameter and a storage become tensors; a numpy scalar becomes a number; a dtype, a layout or a
   * device becomes a string; a bytearray becomes bytes.
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
    Optional<Format> format = Format.detect(file);
    if (format.equals(Optional.of(Format.PYTORCH_LEGACY))) {
      return TorchLegacyFile.read(file, source);
    }
    if (format.equals(Optional.of(Format.PYTORCH_TAR))) {
      return TorchTarFile.read(file, source);
    }
    return archive(file, source).read();
  }

  /**
   * The plain fields of {@code training_args.bin}, in which the Hugging Face Trainer pickles its
   * {@code TrainingArguments}, of transformers alone and in the zip format. It is for nothing else:
   * what belongs to a model or an optimizer is read whole by {@link #read}, or refused.
   *
   * <p>Strings, numbers, booleans, {@code None} and containers of them are values; an enumeration
   * is its value, a path and a device are their texts. Every other object, of whatever class, is
   * left out. No class is loaded and nothing is run.
   *
   * @param file the file's bytes
   * @param source the file's name, for messages
   * @throws CorruptFileException if the file is cut short or inconsistent
   * @throws UnsupportedFeatureException if it holds anything but such an object
   */
  public static PickledFields readTrainingArguments(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return archive(file, source).fields();
  }

  private static TorchArchive archive(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (startsWith(file, 'P', 'K')) {
      return TorchArchive.parse(file, source);
    }
    if (startsWith(file, 0x80)) {
      throw new UnsupportedFeatureException(
          source
              + ", byte 0: a bare pickle; expected a file of torch.save;"
              + " in Python write plain state with torch.save instead of pickle.dump");
    }
    throw Format.mistaken(file, source, Format.PYTORCH_ZIP);
  }

  /**
   * A file that {@code torch.load} reads, mapped or not, with {@code weights_only} or without. The
   * same value gives the same bytes.
   *
   * <p>With {@code weights_only}, Python reads numpy arrays and frozensets only if they are allowed
   * by {@code torch.serialization.add_safe_globals}, and no whole number of more than 255 bytes.
   *
   * <p>A {@link io.github.checkpoint4j.state.StateDict} becomes a dict. Tensors of one dtype that
   * overlap in memory become views of one storage; the parts of the result are the tensors' own
   * memory, and each is named by its keys, joined by dots.
   *
   * @param archiveName the folder in the archive; PyTorch takes the file's name without extension
   * @throws IllegalArgumentException if the name is empty or has a slash, or the value holds
   *     something that Python has not: a dtype, a lone surrogate, a list in a set or as a key; or
   *     is nested too deep
   */
  public static FileContent write(Value value, String archiveName) {
    if (archiveName.isEmpty() || archiveName.contains("/")) {
      throw new IllegalArgumentException("an archive's name is a name, not '" + archiveName + "'");
    }
    PickleWriter pickle = new PickleWriter(value);
    ZipWriter zip = new ZipWriter(archiveName + "/");
    zip.add("data.pkl", pickle.bytes());
    zip.add(".format_version", ascii("1"));
    zip.add(".storage_alignment", ascii(String.valueOf(ZipWriter.ALIGNMENT)));
    zip.add("byteorder", ascii("little"));
    int key = 0;
    for (List<FileContent.Part> storage : pickle.storages()) {
      zip.add("data/" + key++, storage);
    }
    zip.add("version", ascii("3\n"));
    zip.add(".data/serialization_id", ascii(zip.identity()));
    return zip.finish();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean startsWith(MemorySegment file, int... start) {
    for (int i = 0; i < start.length; i++) {
      if (i >= file.byteSize() || LittleEndian.unsignedByte(file, i) != start[i]) {
        return false;
      }
    }
    return true;
  }
}
