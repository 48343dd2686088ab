/**
 * Keras's callbacks on the {@link io.github.checkpoint4j.torch.Trainer}, with Keras's arguments,
 * defaults, rules and messages (3.15.1). Their state is part of each checkpoint.
 */
@NullMarked
package io.github.checkpoint4j.keras.callbacks;

import org.jspecify.annotations.NullMarked;
