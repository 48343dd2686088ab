package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Module;

/**
 * A module of others, which it keeps reachable: JavaCPP frees a module whose Java object is not,
 * even if it is a part of another.
 */
final class Network extends Module {
  private final List<Module> parts = new ArrayList<>();

  Network() {
    super("network");
  }

  /** This network, with one more part. */
  Network with(String name, Module part) {
    register_module(name, part);
    parts.add(part);
    return this;
  }
}
