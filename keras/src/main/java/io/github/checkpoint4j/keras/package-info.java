/**
 * Keras's files both ways ({@code .keras}, {@code .weights.h5}, {@code .h5}), its layers in
 * PyTorch's terms, and its callbacks on our Trainer. Nothing of a file is ever run: a layer is
 * known by a rule here, or refused by its name.
 */
@NullMarked
package io.github.checkpoint4j.keras;

import org.jspecify.annotations.NullMarked;
