package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.store.TrainerLayout;
import io.github.checkpoint4j.torch.SavedArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A part of a checkpoint that is compared with the same part of another: the model, the optimizer,
 * the metrics.
 *
 * @param name as the user reads it
 * @param entries by name, in order
 */
record Section(String name, Map<String, Value> entries) {
  static final String MODEL = "model";

  private static final Set<String> TOLD_OTHERWISE =
      Set.of("manifest.json", "training_args.bin", "training_args.json", "pytorch_model.bin");

  static Section of(String name, List<StateEntry> state) {
    Map<String, Value> entries = new LinkedHashMap<>();
    state.forEach(entry -> entries.put(entry.name(), entry.value()));
    return new Section(name, entries);
  }

  /** Bytes of its tensors. */
  long bytes() {
    return entries.values().stream()
        .flatMap(value -> NumericArray.of(value).stream())
        .mapToLong(array -> array.bytes().byteSize())
        .sum();
  }

  /** The parts of what is at {@code path}. */
  static Opened<List<Section>> at(Path path) throws IOException {
    return Opened.at(path, Section::of, Section::of);
  }

  /** What a file has. */
  static List<Section> of(OpenedFile file) throws IOException {
    return List.of(of(MODEL, file.contents().state()));
  }

  /**
   * The parts of a checkpoint: model, hyperparameters and metrics, and one for each of the other
   * files. A file that cannot be read as state is one value, its digest.
   */
  static List<Section> of(Checkpoint checkpoint) throws IOException {
    List<Section> sections = new ArrayList<>();
    if (checkpoint.contains(TrainerLayout.MODEL)
        || checkpoint.files().contains("pytorch_model.bin")) {
      sections.add(of(MODEL, Tensors.model(checkpoint)));
    }
    sections.add(of("hyperparameters", FileContents.entries(SavedArguments.in(checkpoint).all())));
    Map<String, Value> metrics = new LinkedHashMap<>();
    checkpoint.info().metrics().forEach((name, value) -> metrics.put(name, Value.of(value)));
    sections.add(new Section("metrics", metrics));
    for (String file : checkpoint.files()) {
      if (!TOLD_OTHERWISE.contains(file)
          && !TrainerLayout.isFileOf(TrainerLayout.MODEL, file)
          && !file.startsWith(".")) {
        sections.add(of(file, checkpoint.file(file)));
      }
    }
    return sections;
  }

  private static Section of(String name, MappedFile file) throws IOException {
    try {
      return of(name, FileContents.of(file).state());
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      // A vocabulary, for instance, is a text of its own.
      return new Section(name, Map.of("sha256", Value.of(Sha256.of(file.bytes()))));
    }
  }
}
