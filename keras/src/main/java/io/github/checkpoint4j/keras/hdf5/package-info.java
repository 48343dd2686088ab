/**
 * HDF5 as Keras uses it: groups, datasets of numbers or strings, attributes. Bytes in, a validated
 * tree out, and back; nothing here opens a file.
 */
@NullMarked
package io.github.checkpoint4j.keras.hdf5;

import org.jspecify.annotations.NullMarked;
