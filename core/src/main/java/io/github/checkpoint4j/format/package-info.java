/**
 * File formats as pure functions: bytes in, a validated immutable object out, and back. Nothing
 * here opens a file, starts a thread or runs anything that a file names.
 */
@NullMarked
package io.github.checkpoint4j.format;

import org.jspecify.annotations.NullMarked;
