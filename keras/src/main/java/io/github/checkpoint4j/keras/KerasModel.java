package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the files of a Keras model hold. Nothing of it is run: a {@code Lambda} or a custom object
 * in the configuration is only text.
 *
 * @param layout how it lay on the disk
 * @param kerasVersion the version of Keras that wrote it, if that is said
 * @param backend the backend it was written with, which only legacy files say
 * @param dateSaved when it was written, as {@code metadata.json} has it: {@code
 *     2026-01-31@23:59:59}
 * @param config the model: {@code config.json}, or the attribute {@code model_config} of a legacy
 *     file. An object with the members {@code class_name} and {@code config}. Weights files have
 *     none
 * @param trainingConfig the attribute {@code training_config} of a legacy file; in the other
 *     layouts it is a member of {@code config}: see {@link #compileConfig}
 * @param names the name of each layer by its group: {@code layers/dense} is {@code encoder}; that
 *     of the model itself is under the empty path. Of a legacy file, all layers in their order, by
 *     their group: {@code model_weights/encoder} is {@code encoder}
 * @param variables the model's variables by the path of their dataset, in the model's order: {@code
 *     layers/dense/vars/0}, {@code model_weights/dense/sequential/dense/kernel}. Random generators'
 *     and metrics' variables, if the model has any, are among them
 * @param optimizerVariables the optimizer's variables by the path of their dataset, in the order of
 *     {@code optimizer.variables}: {@code optimizer/vars/0}, {@code
 *     optimizer_weights/adam/iteration}
 * @param assets further files by their path, as {@code assets/layers/text_vectorization/...}
 */
public record KerasModel(
    KerasLayout layout,
    Optional<String> kerasVersion,
    Optional<String> backend,
    Optional<String> dateSaved,
    Optional<Json.Obj> config,
    Optional<Json.Obj> trainingConfig,
    Map<String, String> names,
    Map<String, Tensor> variables,
    Map<String, Tensor> optimizerVariables,
    Map<String, MemorySegment> assets) {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd@HH:mm:ss", Locale.ROOT);

  /**
   * @throws IllegalArgumentException if a path is not one that Keras reads in this layout, or two
   *     cannot both be in a file
   */
  public KerasModel {
    names = ordered(names);
    variables = ordered(variables);
    optimizerVariables = ordered(optimizerVariables);
    assets = ordered(assets);
    DatasetPaths.check(layout, names, variables.keySet(), optimizerVariables.keySet());
  }

  /** A model of variables alone. */
  public static KerasModel of(KerasLayout layout, Map<String, Tensor> variables) {
    return new KerasModel(
        layout,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        variables,
        Map.of(),
        Map.of());
  }

  /**
   * How the model is trained, {@code compile}'s arguments; empty if it was not compiled, or the
   * layout does not tell.
   */
  public Optional<Json.Obj> compileConfig() {
    if (layout.isLegacy()) {
      return trainingConfig;
    }
    return config.flatMap(model -> JsonObject.object(model, "compile_config"));
  }

  /**
   * The layers of the configuration, in its order, as it has them: objects with the members {@code
   * class_name} and {@code config}. None if there is no configuration, or one of another form, as
   * that of a model of a class of its own may be.
   */
  public List<Json> layers() {
    Json inner = config.flatMap(model -> model.find("config")).orElse(Json.Null.NULL);
    if (inner instanceof Json.Obj object) {
      inner = object.find("layers").orElse(Json.Null.NULL);
    }
    return inner instanceof Json.Arr layers ? layers.items() : List.of();
  }

  /**
   * What configuration and variables do not agree on, in words: variables of layers that the
   * configuration does not have. None if one of the two is missing.
   */
  public List<String> mismatches() {
    return layers().isEmpty() ? List.of() : LayerGroups.mismatches(this);
  }

  /** The same with this configuration. */
  public KerasModel withConfig(Json.Obj newConfig) {
    return new KerasModel(
        layout,
        kerasVersion,
        backend,
        dateSaved,
        Optional.of(newConfig),
        trainingConfig,
        names,
        variables,
        optimizerVariables,
        assets);
  }

  /** The same with these variables of the model and of its optimizer. */
  public KerasModel withVariables(
      Map<String, Tensor> newVariables, Map<String, Tensor> newOptimizerVariables) {
    return new KerasModel(
        layout,
        kerasVersion,
        backend,
        dateSaved,
        config,
        trainingConfig,
        names,
        newVariables,
        newOptimizerVariables,
        assets);
  }

  /** A time of this place as {@code metadata.json} has it. */
  public static String dateSaved(LocalDateTime time) {
    return DATE.format(time);
  }

  /** The same, saved at this time: {@code 2026-01-31@23:59:59}. */
  public KerasModel withDateSaved(String newDateSaved) {
    return new KerasModel(
        layout,
        kerasVersion,
        backend,
        Optional.of(newDateSaved),
        config,
        trainingConfig,
        names,
        variables,
        optimizerVariables,
        assets);
  }

  /**
   * Whether {@link #withLayout} gives it that layout: variables have the same names there, and an
   * archive or a directory has a configuration.
   */
  public boolean canBe(KerasLayout other) {
    boolean needsConfig = other == KerasLayout.ARCHIVE || other == KerasLayout.DIRECTORY;
    return layout.isLegacy() == other.isLegacy() && (!needsConfig || config.isPresent());
  }

  /**
   * The same in another layout, as which it can then be written. Legacy weights alone have neither
   * configuration nor optimizer.
   *
   * @throws IllegalArgumentException if one layout is a legacy one and the other is not: there,
   *     variables have other names
   */
  public KerasModel withLayout(KerasLayout newLayout) {
    if (layout.isLegacy() != newLayout.isLegacy()) {
      throw new IllegalArgumentException(
          layout.title() + " names its variables otherwise than " + newLayout.title());
    }
    boolean weightsAlone = newLayout == KerasLayout.LEGACY_WEIGHTS;
    return new KerasModel(
        newLayout,
        kerasVersion,
        backend,
        dateSaved,
        weightsAlone ? Optional.empty() : config,
        weightsAlone ? Optional.empty() : trainingConfig,
        moved(names, newLayout),
        moved(variables, newLayout),
        weightsAlone ? Map.of() : optimizerVariables,
        assets);
  }

  private <T> Map<String, T> moved(Map<String, T> entries, KerasLayout newLayout) {
    Map<String, T> moved = new LinkedHashMap<>();
    entries.forEach(
        (path, entry) ->
            moved.put(
                newLayout.weightsPrefix() + path.substring(layout.weightsPrefix().length()),
                entry));
    return moved;
  }

  private static <T> Map<String, T> ordered(Map<String, T> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
