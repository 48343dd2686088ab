package io.github.checkpoint4j.store;

import java.util.Objects;

/** What manifests name as the program that wrote them. */
final class Writer {
  /** The version is that of the jar; classes that are not in a jar have none. */
  static final String NAME =
      "checkpoint4j "
          + Objects.requireNonNullElse(
              Writer.class.getPackage().getImplementationVersion(), "unreleased");

  private Writer() {}
}
