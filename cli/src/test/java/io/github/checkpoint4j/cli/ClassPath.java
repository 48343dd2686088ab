package io.github.checkpoint4j.cli;

/** The class path of the tests. */
final class ClassPath {
  /** Surefire starts the JVM with a jar that only names the others. */
  static final String OF_TESTS =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  private ClassPath() {}
}
