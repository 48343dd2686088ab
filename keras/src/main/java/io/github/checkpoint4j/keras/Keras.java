package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/**
 * Files of Keras, in each {@link KerasLayout}. Weights that lie in a file without gaps are windows
 * on it, also inside of an archive, and valid as long as it is.
 *
 * <p>A configuration is data: no layer is made of it, no {@code Lambda} is run, no class is looked
 * up.
 */
public final class Keras {
  private Keras() {}

  /**
   * Reads a {@code .keras} archive, a {@code .weights.h5} or an {@code .h5} file; which one is told
   * by the content.
   *
   * @param file the file's bytes
   * @param source the file's name, for messages
   * @throws CorruptFileException if it is damaged, or none of these
   * @throws UnsupportedFeatureException if it holds something that is not read here
   */
  public static KerasModel read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (isZip(file)) {
      return KerasFiles.read(KerasArchive.files(file, source), KerasLayout.ARCHIVE, source);
    }
    return find(Hdf5.read(file, source), source)
        .orElseThrow(
            () ->
                new CorruptFileException(
                    source
                        + ": an HDF5 file, but not of Keras: it has neither layer_names nor groups"
                        + " 'vars'; check which file this is"));
  }

  /**
   * What Keras saved in an HDF5 file; empty if it is not of Keras.
   *
   * @param source the file's name, for messages
   * @throws CorruptFileException if it is of Keras and damaged
   * @throws UnsupportedFeatureException if it holds something that is not read here
   */
  public static Optional<KerasModel> find(Hdf5Group root, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    Optional<KerasModel> legacy = LegacyFile.read(root, source);
    if (legacy.isPresent()) {
      return legacy;
    }
    return WeightsFile.of(root, source)
        .map(
            weights ->
                weights.model(
                    KerasLayout.WEIGHTS,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of()));
  }

  /**
   * Reads the directory of a model, as {@code model.save(path, zipped=False)} leaves it.
   *
   * @param files its files, by their path from the directory, with slashes between names: {@code
   *     config.json}, {@code model.weights.h5}, {@code metadata.json}, and others
   * @param source the directory's name, for messages
   * @throws CorruptFileException if one of the first two is missing, or one is damaged
   * @throws UnsupportedFeatureException if one holds something that is not read here
   */
  public static KerasModel readDirectory(Map<String, MemorySegment> files, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return KerasFiles.read(files, KerasLayout.DIRECTORY, source);
  }

  /**
   * Returns if the checksums of an archive are those of its bytes, all of which are read. Other
   * files have none but what reading them compares.
   *
   * @throws CorruptFileException if one is not; the message names the entry
   */
  public static void requireChecksums(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (isZip(file)) {
      KerasArchive.requireChecksums(file, source);
    }
  }

  private static boolean isZip(MemorySegment file) {
    return file.byteSize() >= 4
        && file.asSlice(0, 4).mismatch(MemorySegment.ofArray(new byte[] {'P', 'K', 3, 4})) == -1;
  }

  /**
   * The one file of a model of layout {@link KerasLayout#ARCHIVE}, {@link KerasLayout#WEIGHTS} or a
   * legacy one, which Keras 3.15 reads. The same model gives the same bytes; nothing is copied, and
   * the tensors must not change until the file is written.
   *
   * @throws IllegalArgumentException if the layout is one of several files, or an archive should
   *     have no configuration
   */
  public static FileContent write(KerasModel model) {
    return switch (model.layout()) {
      case ARCHIVE -> KerasArchive.write(KerasFiles.write(model));
      case WEIGHTS -> WeightsFile.of(model).file();
      case LEGACY_MODEL, LEGACY_WEIGHTS -> LegacyTree.file(model);
      case DIRECTORY, SHARDED_WEIGHTS ->
          throw new IllegalArgumentException(
              model.layout().title()
                  + " is several files: write them with writeDirectory or"
                  + " writeShards");
    };
  }

  /**
   * The files of a model's directory, by their path from it.
   *
   * @throws IllegalArgumentException if the model's layout is a legacy one, or it has no
   *     configuration
   */
  public static Map<String, FileContent> writeDirectory(KerasModel model) {
    return KerasFiles.write(model);
  }

  /**
   * The files of a model's weights in parts, the index first, by name. Parts are filled as Keras
   * fills them, in the order of the variables, those of the optimizer last.
   *
   * @param name what the files' names begin with: {@code NAME.weights.json}, {@code
   *     NAME_00000.weights.h5}
   * @param maxShardSize the bytes that the variables in a file may have
   * @throws IllegalArgumentException if the name is no file's name, the model's layout is a legacy
   *     one, or one variable alone is larger
   */
  public static Map<String, FileContent> writeShards(
      KerasModel model, String name, long maxShardSize) {
    return KerasShards.write(model, name, maxShardSize);
  }
}
