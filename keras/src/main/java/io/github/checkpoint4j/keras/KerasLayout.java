package io.github.checkpoint4j.keras;

/** How a Keras model lies on the disk. */
public enum KerasLayout {
  /** A {@code .keras} archive: {@code config.json}, {@code metadata.json}, weights and assets. */
  ARCHIVE("a .keras archive"),
  /** The same unpacked: {@code model.save(path, zipped=False)}. */
  DIRECTORY("the directory of a Keras model"),
  /** A {@code .weights.h5} file: variables alone, the optimizer's included. */
  WEIGHTS("a Keras weights file"),
  /** A {@code .weights.json} index and the {@code .weights.h5} files it names. */
  SHARDED_WEIGHTS("Keras weights in shards"),
  /** An {@code .h5} file with model and weights, from before Keras 3. */
  LEGACY_MODEL("a legacy Keras model"),
  /** An {@code .h5} file of weights alone, from before Keras 3. */
  LEGACY_WEIGHTS("a legacy Keras weights file");

  private final String title;

  KerasLayout(String title) {
    this.title = title;
  }

  /** The layout in words, with its article. */
  public String title() {
    return title;
  }

  /**
   * Whether weights are kept by the layer's and the weight's name ({@code
   * model_weights/dense/sequential/dense/kernel}) and not by their place in the model ({@code
   * layers/dense/vars/0}).
   */
  public boolean isLegacy() {
    return this == LEGACY_MODEL || this == LEGACY_WEIGHTS;
  }

  /** The group of a file of this layout under which the layers' weights lie; empty for the root. */
  String weightsPrefix() {
    return this == LEGACY_MODEL ? "model_weights/" : "";
  }

  /** The group of a file of this layout under which the optimizer's variables lie. */
  String optimizerPrefix() {
    return isLegacy() ? "optimizer_weights/" : "optimizer/";
  }
}
