/**
 * A server of JSON and of one page to the browser on the same machine: who may ask, what a request
 * and an answer are, and work that goes on while the page watches. It knows nothing of checkpoints.
 */
@NullMarked
package io.github.checkpoint4j.cli.serve;

import org.jspecify.annotations.NullMarked;
