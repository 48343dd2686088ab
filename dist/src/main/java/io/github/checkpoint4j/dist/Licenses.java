package io.github.checkpoint4j.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The licences of what others made, in the folder of that name. */
final class Licenses {
  private static final Pattern LICENSE = Pattern.compile("META-INF/(LICENSE|NOTICE)(\\.[a-z]+)?");

  private Licenses() {}

  /**
   * Gathers them.
   *
   * @param folder to write to
   * @param jars in which to look
   * @param texts further ones
   */
  static void gather(Path folder, List<Path> jars, List<Path> texts) throws IOException {
    Files.createDirectories(folder);
    for (Path text : texts) {
      Files.copy(text, folder.resolve(Jars.name(text)));
    }
    for (Path jar : jars) {
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
          if (LICENSE.matcher(entry.getName()).matches()) {
            Path own = folder.resolve(Jars.name(jar).replaceFirst("\\.jar$", ""));
            Files.createDirectories(own);
            Files.write(
                own.resolve(entry.getName().substring("META-INF/".length())),
                zip.getInputStream(entry).readAllBytes());
          }
        }
      }
    }
  }
}
