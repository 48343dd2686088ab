/**
 * Keras's models as libtorch modules: built from a model's configuration, with PyTorch's names and
 * shapes of weights, predicting and training as Keras does.
 */
@NullMarked
package io.github.checkpoint4j.keras.network;

import org.jspecify.annotations.NullMarked;
