/**
 * What a checkpoint holds: tensors and plain values under names. Nothing here knows a file format
 * or a disk.
 */
@NullMarked
package io.github.checkpoint4j.state;

import org.jspecify.annotations.NullMarked;
