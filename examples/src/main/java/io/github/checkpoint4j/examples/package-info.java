/** Short programs to copy from: each is whole, and runs. */
@NullMarked
package io.github.checkpoint4j.examples;

import org.jspecify.annotations.NullMarked;
