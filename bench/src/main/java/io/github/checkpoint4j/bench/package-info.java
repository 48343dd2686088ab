/** Benchmarks of saving and reading, also next to Python's in the same run. */
@NullMarked
package io.github.checkpoint4j.bench;

import org.jspecify.annotations.NullMarked;
