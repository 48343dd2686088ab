package io.github.checkpoint4j.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Ckpt.class.getPackage().getImplementationVersion();
    return new String[] {"ckpt " + Objects.requireNonNullElse(version, "(not packaged)")};
  }
}
