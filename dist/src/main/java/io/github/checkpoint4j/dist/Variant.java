package io.github.checkpoint4j.dist;

import java.util.Locale;
import java.util.Optional;

/** What a distribution has of Java and of the jars. */
enum Variant {
  /** All verbs, on a Java that is there already. */
  JARS(true, Optional.empty()),

  /** All verbs, with a Java runtime of every standard module. */
  RUNTIME(true, Optional.of("java.se,jdk.httpserver,jdk.unsupported,jdk.zipfs")),

  /** The verbs that read and convert, without libtorch, with the runtime that they need. */
  READER(false, Optional.of("java.base,jdk.httpserver,jdk.zipfs"));

  private final boolean trains;
  private final Optional<String> modules;

  Variant(boolean trains, Optional<String> modules) {
    this.trains = trains;
    this.modules = modules;
  }

  /** As it stands in the archive's name. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it has the jars of the trainer, native ones too. */
  boolean trains() {
    return trains;
  }

  /** The modules of its runtime; empty if it has none. */
  Optional<String> modules() {
    return modules;
  }
}
