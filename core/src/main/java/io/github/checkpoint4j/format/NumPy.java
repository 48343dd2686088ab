package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StridedCopy;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Files of {@code numpy.save}, one array, and of {@code numpy.savez} and {@code savez_compressed},
 * a zip archive of such files.
 *
 * <p>An array is a window on the file if it is stored as it is in memory here: not compressed,
 * little-endian, in row-major order. Others are copies. Object arrays are pickles, and are refused.
 *
 * @see <a
 *     href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>
 */
public final class NumPy {
  private static final String SUFFIX = ".npy";

  /** How many times the size of its file compressed arrays may have together when inflated. */
  private static final long INFLATED = 8;

  private static final int LARGEST_INFLATED = Integer.MAX_VALUE - 8;

  private NumPy() {}

  /**
   * Reads a {@code .npy} file.
   *
   * @param file the whole file
   * @param source the file's name, for messages
   * @throws CorruptFileException if it is no such file, cut short, or longer than its array
   * @throws UnsupportedFeatureException if the elements are no numbers that {@link Dtype} has:
   *     Python objects, structures, strings, dates, long doubles
   */
  public static Tensor array(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!Format.isNumpyArray(file)) {
      throw Format.mistaken(file, source, Format.NUMPY);
    }
    NpyHeader header = NpyHeader.parse(file, source);
    Dtype dtype = dtype(header.descr(), source);
    MemorySegment bytes = file.asSlice(header.end());
    try {
      Tensor stored = Tensor.of(dtype, header.shape(), bytes);
      int swapSize = header.descr().startsWith(">") ? NumpyCode.swapSize(dtype) : 1;
      boolean transposed = header.columnMajor() && header.shape().length > 1;
      return swapSize > 1 || transposed ? copy(stored, transposed, swapSize) : stored;
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(
          source
              + ", byte "
              + header.end()
              + ": "
              + e.getMessage()
              + "; the file is damaged: copy or save it again",
          e);
    }
  }

  private static Tensor copy(Tensor stored, boolean transposed, int swapSize) {
    long[] shape = stored.shape();
    MemorySegment copy = Arena.ofAuto().allocate(stored.byteSize(), 8);
    if (transposed && stored.elementCount() > 0) {
      int item = stored.dtype().bits() / 8;
      StridedCopy.copy(stored.bytes(), 0, shape, StridedCopy.columnMajor(shape), item, copy);
    } else {
      copy.copyFrom(stored.bytes());
    }
    if (swapSize > 1) {
      TorchTensors.swap(copy, swapSize);
    }
    return Tensor.of(stored.dtype(), shape, copy);
  }

  private static Dtype dtype(String descr, String source) throws UnsupportedFeatureException {
    String order = descr.isEmpty() ? "" : descr.substring(0, 1);
    String code = descr.isEmpty() ? "" : descr.substring(1);
    if ("<>|".contains(order) && NumpyCode.dtype(code).isPresent()) {
      return NumpyCode.dtype(code).get();
    }
    throw new UnsupportedFeatureException(
        source
            + ": its elements are "
            + kind(code)
            + ", numpy's dtype '"
            + Excerpt.of(descr)
            + "', which is not read; in Python save it as an array of numbers");
  }

  private static String kind(String code) {
    return switch (code.isEmpty() ? ' ' : code.charAt(0)) {
      case 'O' -> "Python objects, a pickle that could run code";
      case 'U', 'S', 'a' -> "strings";
      case 'M', 'm' -> "dates or times";
      case 'V' -> "bytes without a meaning, as which numpy also writes bfloat16";
      case 'f', 'c' -> "numbers of a size that only some machines have";
      default -> "of an unknown kind";
    };
  }

  /**
   * Reads a {@code .npz} file.
   *
   * @param file the whole file
   * @param source the file's name, for messages
   * @return the arrays by the names they were given, in the order of the archive
   * @throws CorruptFileException if the archive or an array is damaged, or an entry is not an array
   * @throws UnsupportedFeatureException as {@link #array}; or if an entry is encrypted or has more
   *     bytes, when inflated, than the size of the file warrants
   */
  public static Map<String, Tensor> archive(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    ZipArchive archive = ZipArchive.parse(file, source);
    long left = TorchTensors.SMALL_COPIES + INFLATED * file.byteSize();
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    for (ZipArchive.Entry entry : archive.entries()) {
      if (!entry.name().endsWith(SUFFIX)) {
        throw new CorruptFileException(
            source
                + ": the entry '"
                + Excerpt.of(entry.name())
                + "' is not an array; expected names that end with "
                + SUFFIX
                + ", as numpy.savez writes them; check which file this is");
      }
      MemorySegment bytes = archive.bytes(entry, (int) Math.min(left, LARGEST_INFLATED));
      left -= entry.isStored() ? 0 : bytes.byteSize();
      String name = entry.name().substring(0, entry.name().length() - SUFFIX.length());
      arrays.put(name, array(bytes, source + ": " + Excerpt.of(entry.name())));
    }
    return arrays;
  }

  /**
   * Returns if the bytes of every array of a {@code .npz} file have the CRC-32 that the archive
   * gives.
   *
   * @throws CorruptFileException if one has another, or the archive is damaged
   * @throws UnsupportedFeatureException as {@link #archive}
   */
  public static void requireChecksums(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    ZipArchive archive = ZipArchive.parse(file, source);
    for (ZipArchive.Entry entry : archive.entries()) {
      if (entry.isStored()) {
        archive.requireCrc(entry);
      }
    }
    // Compressed ones are compared when they are inflated.
    archive(file, source);
  }
}
