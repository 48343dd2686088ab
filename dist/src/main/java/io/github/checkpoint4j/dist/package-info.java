/** Archives of {@code ckpt} to unpack and run. */
@NullMarked
package io.github.checkpoint4j.dist;

import org.jspecify.annotations.NullMarked;
