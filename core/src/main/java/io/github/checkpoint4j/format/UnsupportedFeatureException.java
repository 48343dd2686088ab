package io.github.checkpoint4j.format;

import java.io.IOException;

/**
 * A file is whole, as far as can be told, but holds something that is not read here: an unknown
 * dtype, a pickled object other than plain state, a newer version. The message names it and says
 * what to do.
 */
public final class UnsupportedFeatureException extends IOException {
  private static final long serialVersionUID = 1L;

  public UnsupportedFeatureException(String message) {
    super(message);
  }
}
