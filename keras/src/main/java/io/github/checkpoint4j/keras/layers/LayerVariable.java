package io.github.checkpoint4j.keras.layers;

import java.util.function.UnaryOperator;

/**
 * A variable of a layer.
 *
 * @param path its place in a {@code .weights.h5} file, below the layer's group: {@code cell/vars/0}
 * @param legacyName its name in a legacy file, below the layer's own: {@code lstm_cell/kernel}
 * @param trainable whether it is trained
 * @param shape its shape in Keras
 * @param counterpart what PyTorch has in its place
 */
record LayerVariable(
    String path, String legacyName, boolean trainable, Shape shape, Counterpart counterpart) {

  /** The same below a group, a name and a prefix of PyTorch's names; empty for none. */
  LayerVariable within(String group, String name, String torchPrefix) {
    return new LayerVariable(
        group + "/" + path,
        name.isEmpty() ? legacyName : name + "/" + legacyName,
        trainable,
        shape,
        counterpart.renamed(torchPrefix::concat));
  }

  /** The same with other names in PyTorch. */
  LayerVariable renamed(UnaryOperator<String> change) {
    return new LayerVariable(path, legacyName, trainable, shape, counterpart.renamed(change));
  }
}
