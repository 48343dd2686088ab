package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.store.AtomicWrite;
import io.github.checkpoint4j.torch.TrainingParts;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where and how {@link ModelCheckpoint} writes: the path with its fields, and the format that its
 * end tells.
 */
record SavedFile(FilePathTemplate template, ModelFormat format, boolean weightsOnly) {

  /**
   * @throws IllegalArgumentException if the path is no template, or none of the formats is for its
   *     end
   */
  static SavedFile of(String filepath, List<ModelFormat> formats, boolean weightsOnly) {
    FilePathTemplate template = FilePathTemplate.parse(filepath);
    List<ModelFormat> named =
        formats.stream()
            .filter(format -> filepath.endsWith(format.suffix()))
            .sorted(Comparator.comparingInt((ModelFormat format) -> -format.suffix().length()))
            .toList();
    ModelFormat format =
        named.stream()
            .filter(known -> holds(known, weightsOnly))
            .findFirst()
            .orElseThrow(() -> unknown(filepath, formats, !named.isEmpty(), weightsOnly));
    return new SavedFile(template, format, weightsOnly);
  }

  private static boolean holds(ModelFormat format, boolean weightsOnly) {
    return weightsOnly ? format.holdsWeightsOnly() : format.holdsWholeModel();
  }

  private static IllegalArgumentException unknown(
      String filepath, List<ModelFormat> formats, boolean holdsOther, boolean weightsOnly) {
    String suffixes =
        formats.stream()
            .filter(format -> holds(format, weightsOnly))
            .map(ModelFormat::suffix)
            .distinct()
            .collect(Collectors.joining(", "));
    String what = weightsOnly ? "the weights alone are" : "a whole model is";
    String otherwise = holdsOther ? ", or set saveWeightsOnly to %s".formatted(!weightsOnly) : "";
    return new IllegalArgumentException(
        "filepath '%s' does not end as a file in which %s saved; end it in one of: %s%s"
            .formatted(filepath, what, suffixes, otherwise));
  }

  /** Writes the file, whole or not at all, in place of one that is there. */
  void write(Path file, TrainingParts training) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(
          file.toString(),
          null,
          "is a directory, and the model is saved as a file; give another filepath");
    }
    AtomicWrite disk = AtomicWrite.local();
    disk.createParents(file);
    disk.file(file, format.content(training, weightsOnly), true);
  }
}
