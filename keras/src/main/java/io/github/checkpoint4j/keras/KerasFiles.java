package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of a Keras 3 model by their names in its archive or directory. */
final class KerasFiles {
  static final String CONFIG = "config.json";
  static final String METADATA = "metadata.json";
  static final String WEIGHTS = "model.weights.h5";
  private static final String NUMPY_WEIGHTS = "model.weights.npz";
  private static final String KERAS_VERSION = "keras_version";
  private static final String DATE_SAVED = "date_saved";

  private KerasFiles() {}

  static KerasModel read(Map<String, MemorySegment> files, KerasLayout layout, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    MemorySegment config = files.get(CONFIG);
    MemorySegment weights = files.get(WEIGHTS);
    if (config == null || weights == null) {
      throw incomplete(files, source);
    }
    Optional<Json.Obj> model = Optional.of(JsonObject.parse(config, source + ": " + CONFIG));
    Optional<Json.Obj> metadata = Optional.empty();
    if (files.containsKey(METADATA)) {
      metadata = Optional.of(JsonObject.parse(files.get(METADATA), source + ": " + METADATA));
    }
    String where = source + ": " + WEIGHTS;
    WeightsFile variables =
        WeightsFile.of(Hdf5.read(weights, where), where)
            .orElseThrow(
                () ->
                    new CorruptFileException(
                        where
                            + ": expected the weights of Keras 3, in groups named '"
                            + DatasetPaths.VARS
                            + "'; save the model again"));
    Map<String, MemorySegment> assets = new LinkedHashMap<>(files);
    assets.keySet().removeAll(List.of(CONFIG, METADATA, WEIGHTS));
    return variables.model(
        layout, text(metadata, KERAS_VERSION), text(metadata, DATE_SAVED), model, assets);
  }

  private static CorruptFileException incomplete(Map<String, MemorySegment> files, String source)
      throws UnsupportedFeatureException {
    if (files.containsKey(CONFIG) && files.containsKey(NUMPY_WEIGHTS)) {
      throw new UnsupportedFeatureException(
          source
              + ": its weights are in "
              + NUMPY_WEIGHTS
              + ", which is not read here; expected "
              + WEIGHTS
              + "; load the model in Keras and save it again");
    }
    return new CorruptFileException(
        source
            + ": no Keras model: it has no "
            + (files.containsKey(CONFIG) ? WEIGHTS : CONFIG)
            + "; restore it from a copy");
  }

  private static Optional<String> text(Optional<Json.Obj> object, String name) {
    return object
        .flatMap(members -> members.find(name))
        .filter(Json.Str.class::isInstance)
        .map(member -> ((Json.Str) member).value());
  }

  /** The files that Keras reads the model from. */
  static Map<String, FileContent> write(KerasModel model) {
    Json.Obj config =
        model
            .config()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the model has no configuration, without which Keras cannot make it; write its"
                            + " weights alone"));
    Json.Builder metadata = Json.object();
    model.kerasVersion().ifPresent(version -> metadata.put(KERAS_VERSION, version));
    model.dateSaved().ifPresent(date -> metadata.put(DATE_SAVED, date));
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put(METADATA, FileContent.of(metadata.build().toText()));
    files.put(CONFIG, FileContent.of(config.toText()));
    files.put(WEIGHTS, WeightsFile.of(model).file());
    model
        .assets()
        .forEach(
            (path, bytes) ->
                files.put(
                    path, FileContent.of(List.of(new FileContent.Part(Optional.empty(), bytes)))));
    return files;
  }
}
