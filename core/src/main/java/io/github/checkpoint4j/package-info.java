/** The loop's one object, {@code Checkpointer}, and its policies. */
@NullMarked
package io.github.checkpoint4j;

import org.jspecify.annotations.NullMarked;
