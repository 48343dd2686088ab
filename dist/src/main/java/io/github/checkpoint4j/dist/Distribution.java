package io.github.checkpoint4j.dist;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lays out distributions of {@code ckpt} as they are when they are unpacked: the launcher in {@code
 * bin}, the jars in {@code lib}, manual and completions in {@code share}, licences, and perhaps a
 * Java runtime with a start-up cache.
 */
final class Distribution {
  private final Path root;
  private final Path folder;
  private final Jars jars;
  private final Instant time;

  private Distribution(Path root, Path folder, Jars jars, Instant time) {
    this.root = root;
    this.folder = folder;
    this.jars = jars;
    this.time = time;
  }

  /**
   * Makes all of them.
   *
   * @param arguments the root of the sources, built; the folder to write to; the name of the folder
   *     in an archive; the time that all files get
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path root = Path.of(arguments[0]);
    Path stage = Path.of(arguments[1]);
    Jars jars = Jars.of(root.resolve("cli/target"));
    delete(stage);
    for (Variant variant : Variant.values()) {
      Path folder = stage.resolve(variant.id()).resolve(arguments[2]);
      new Distribution(
              root,
              folder,
              variant.trains() ? jars : jars.readingOnly(),
              Instant.parse(arguments[3]))
          .make(variant);
    }
  }

  private void make(Variant variant) throws IOException, InterruptedException {
    copy(root.resolve("ckpt"), "bin/ckpt");
    for (Path jar : jars.all()) {
      copy(jar, "lib/" + Jars.name(jar));
    }
    Files.writeString(folder.resolve("lib/class-path"), jars.classPath());
    for (String document : List.of("README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE")) {
      copy(root.resolve(document), document);
    }
    licenses(variant);
    share();
    if (variant.modules().isPresent()) {
      run(
          java("jlink"),
          "--add-modules=" + variant.modules().get(),
          "--strip-debug",
          "--no-header-files",
          "--no-man-pages",
          "--compress=zip-6",
          "--output=" + folder.resolve("runtime"));
      // The cache is only used with jars of the time that they had when it was made.
      setTimes();
      run(folder.resolve("bin/ckpt").toString(), "--version");
      if (!Files.exists(folder.resolve("lib/start.aot"))) {
        throw new IOException("no start-up cache: see " + folder.resolve("lib/start.log"));
      }
      Files.delete(folder.resolve("lib/start.log"));
    }
    setTimes();
  }

  private void licenses(Variant variant) throws IOException {
    List<Path> texts = new ArrayList<>(List.of(root.resolve("dist/target/THIRD-PARTY.txt")));
    if (variant.trains()) {
      try (Stream<Path> files = Files.list(root.resolve("dist/src/licenses"))) {
        files.forEach(texts::add);
      }
    }
    Licenses.gather(folder.resolve("licenses"), jars.all(), texts);
  }

  private void share() throws IOException, InterruptedException {
    run(
        java("java"),
        "-cp",
        jars.reading().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
        "io.github.checkpoint4j.cli.Manual",
        folder.resolve("share").toString(),
        time.toString().substring(0, "2026-01-01".length()));
  }

  private void copy(Path file, String name) throws IOException {
    Path copy = folder.resolve(name);
    Files.createDirectories(copy.resolveSibling(""));
    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
  }

  private void setTimes() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(time));
      }
    }
  }

  private static String java(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  private static void run(String... command) throws IOException, InterruptedException {
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(String.join(" ", command) + " ended with status " + status);
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
