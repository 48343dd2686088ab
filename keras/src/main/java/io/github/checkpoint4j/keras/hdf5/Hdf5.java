package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;

/**
 * HDF5 files as Keras and h5py write them.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">HDF5 File
 *     Format Specification</a>
 */
public final class Hdf5 {
  private Hdf5() {}

  /** Whether a file is HDF5, by its signature, before which there may be a user block. */
  public static boolean looksLike(MemorySegment file) {
    return Superblock.find(file) >= 0;
  }

  /**
   * Reads the groups of a file, all attributes, and of the datasets what {@link Hdf5Dataset} knows
   * without their elements; those are read when they are asked for, as long as {@code file} is
   * there.
   *
   * <p>Children are in the order in which they were made if the file tells, else by name. A file is
   * trusted in nothing: neither links nor files that it names are followed, and no more memory is
   * taken than its size warrants.
   *
   * @param file the whole file; numbers that lie there without gaps will be windows on it
   * @param source what the file is, for messages: its name
   * @throws CorruptFileException if it is not HDF5, cut short or damaged
   * @throws UnsupportedFeatureException if it has soft or external links, data in other files,
   *     virtual datasets, named types, attributes other than numbers and texts, or a group with two
   *     paths
   */
  public static Hdf5Group read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    long base = Superblock.find(file);
    if (base < 0) {
      throw new CorruptFileException(
          source
              + ": not an HDF5 file: it has no HDF5 signature at byte 0, 512, 1024, ...; give a"
              + " .h5 file that Keras wrote");
    }
    MemorySegment bytes = file.asSlice(base).asReadOnly();
    return TreeReader.read(new Source(bytes, base, source, "/", new Budget(bytes.byteSize())));
  }

  /**
   * A file of groups and datasets, in the layout that h5py writes by default and every version of
   * HDF5 reads and extends. The same tree gives the same bytes.
   *
   * <p>The elements of datasets are not copied: their parts are windows on the tensors, named by
   * the datasets' paths, and begin at multiples of 64 bytes. A single text is written as text of
   * any length, a list of texts as text of a fixed length if that is possible, as Keras does it.
   *
   * @throws IllegalArgumentException if something cannot be written: a dtype that HDF5 has not, an
   *     attribute over 64 KB that is not a single text, a text with a zero in it, groups too deep
   * @throws CorruptFileException if a dataset is of a file and cannot be read, which is damaged
   * @throws UnsupportedFeatureException if a dataset is of a file and of a kind that is not read
   */
  public static FileContent write(Hdf5Group root)
      throws CorruptFileException, UnsupportedFeatureException {
    return Hdf5Writer.write(root);
  }
}
