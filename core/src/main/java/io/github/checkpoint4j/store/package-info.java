/**
 * Checkpoints on a disk: the commit protocol, the manifest, and what a directory of a run holds.
 */
@NullMarked
package io.github.checkpoint4j.store;

import org.jspecify.annotations.NullMarked;
