/** The command line {@code ckpt}: one class a verb, over the library's public classes only. */
@NullMarked
package io.github.checkpoint4j.cli;

import org.jspecify.annotations.NullMarked;
