package io.github.checkpoint4j.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The jars of the command line, in the order of the class path.
 *
 * @param reading those that are enough for the verbs that read files
 * @param training the others
 */
record Jars(List<Path> reading, List<Path> training) {
  /** As in the launcher. */
  private static final Pattern READING =
      Pattern.compile("(checkpoint4j-(cli|core|keras|torch)|picocli|uplot)-.*");

  /** Those that the build of the module cli left in its folder target. */
  static Jars of(Path target) throws IOException {
    List<Path> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(target)) {
      files.filter(file -> name(file).matches("checkpoint4j-cli-.*\\.jar")).forEach(all::add);
    }
    if (all.size() != 1) {
      throw new IOException(target + " has not one jar of the module cli but " + all);
    }
    for (String jar : Files.readString(target.resolve("class-path")).strip().split(":", -1)) {
      all.add(target.resolve(jar));
    }
    return new Jars(
        all.stream().filter(jar -> READING.matcher(name(jar)).matches()).toList(),
        all.stream().filter(jar -> !READING.matcher(name(jar)).matches()).toList());
  }

  /** Without those of the trainer. */
  Jars readingOnly() {
    return new Jars(reading, List.of());
  }

  /** All of them. */
  List<Path> all() {
    return Stream.concat(reading.stream(), training.stream()).toList();
  }

  /**
   * The file {@code class-path} of a distribution, as the launcher reads it: a line of those that
   * read, a line of the others, and what tells all of them from other jars.
   */
  String classPath() throws IOException {
    CRC32C checksum = new CRC32C();
    for (Path jar : all()) {
      checksum.update(Files.readAllBytes(jar));
    }
    return line(reading) + line(training) + "jars=%08x\n".formatted(checksum.getValue());
  }

  private static String line(List<Path> jars) {
    return jars.isEmpty()
        ? ""
        : String.join(":", jars.stream().map(jar -> "lib/" + name(jar)).toList()) + "\n";
  }

  static String name(Path file) {
    return file.getFileName().toString();
  }
}
