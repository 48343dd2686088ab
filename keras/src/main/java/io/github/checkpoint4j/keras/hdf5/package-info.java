/**
 * HDF5 as Keras uses it: groups, datasets of numbers or texts, attributes. Bytes in, a checked tree
 * out, and back; nothing here opens a file.
 *
 * <p>Read are superblocks of versions 0 to 3; object headers of both kinds; groups and attributes
 * in headers, symbol tables and fractal heaps; compact, contiguous and chunked data with every
 * chunk index up to HDF5 1.14; the filters deflate, shuffle, fletcher32 and LZF. Written is the
 * layout that h5py writes by default.
 *
 * <p>A file is taken to be hostile. Structures are read through {@link
 * io.github.checkpoint4j.keras.hdf5.Source}, which knows their bounds and how much may be read in
 * all; what a file declares is allocated only if its size warrants it.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">HDF5 File
 *     Format Specification</a>
 */
@NullMarked
package io.github.checkpoint4j.keras.hdf5;

import org.jspecify.annotations.NullMarked;
