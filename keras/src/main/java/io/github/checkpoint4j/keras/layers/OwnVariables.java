package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers the variables that a layer made itself, in the order in which it did. A file has those
 * that are trained before the others.
 */
final class OwnVariables {
  private final boolean trainable;
  private final List<LayerVariable> variables = new ArrayList<>();

  private OwnVariables(boolean trainable) {
    this.trainable = trainable;
  }

  static OwnVariables of(LayerConfig layer) throws CorruptFileException {
    return new OwnVariables(layer.isTrainable());
  }

  /** Adds one that is trained, unless the layer is frozen. */
  OwnVariables trained(String name, Shape shape, Counterpart counterpart) {
    return add(name, trainable, shape, counterpart);
  }

  /** Adds one that is trained, as {@link #trained}, if the layer has it. */
  OwnVariables trainedIf(boolean there, String name, Shape shape, Counterpart counterpart) {
    return there ? trained(name, shape, counterpart) : this;
  }

  /** Adds one that is never trained. */
  OwnVariables fixed(String name, Shape shape, Counterpart counterpart) {
    return add(name, false, shape, counterpart);
  }

  private OwnVariables add(String name, boolean trained, Shape shape, Counterpart counterpart) {
    variables.add(new LayerVariable("vars/" + variables.size(), name, trained, shape, counterpart));
    return this;
  }

  List<LayerVariable> list() {
    return List.copyOf(variables);
  }
}
