/**
 * Keras's layers in PyTorch's terms: the configuration of a model, and where each variable of each
 * layer is, in Keras and in a {@code state_dict}, with the change of shape between. Layers are
 * known by a rule of their class; no code of a file is run.
 */
@NullMarked
package io.github.checkpoint4j.keras.layers;

import org.jspecify.annotations.NullMarked;
