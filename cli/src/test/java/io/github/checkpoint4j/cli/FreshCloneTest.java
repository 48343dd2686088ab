package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real launcher, Maven and JDK in a copy of the sources, as after a clone. */
class FreshCloneTest {
  private static final Path ROOT = Path.of(System.getProperty("checkpoint4j.root"));

  @TempDir Path temporary;

  @Test
  void builds_itself_and_shows_what_is_in_a_file() throws Exception {
    Path clone = temporary.resolve("a clone");
    copySources(clone);
    Path file = Fixture.safetensors(temporary.resolve("a file"));

    Run first = run(clone.resolve("ckpt"), "show", file.toString());
    Run second = run(clone.resolve("ckpt"), "show", "--json", file.toString());
    Run missing = run(clone.resolve("ckpt"), "ls", "nothing");
    Run help = run(clone.resolve("ckpt"), "train", "classify", "--help");

    assertThat(first.status()).as(first.err()).isZero();
    assertThat(first.err()).startsWith("ckpt: building, once").hasLineCount(1);
    assertThat(first.out()).contains("a safetensors file, 3 tensors");
    assertThat(second.status()).isZero();
    assertThat(second.err()).isEmpty();
    assertThat(second.object().text("format")).isEqualTo("safetensors");
    assertThat(missing.status()).isEqualTo(3);
    assertThat(missing.out()).isEmpty();
    assertThat(missing.err()).startsWith("ckpt ls: ").hasLineCount(1);
    assertThat(help.status()).isZero();
    try (var built = Files.walk(clone.resolve("cli/target/ckpt"))) {
      assertThat(built.map(path -> path.getFileName().toString())).contains("start.aot");
    }
  }

  private Run run(Path command, String... words) throws Exception {
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    List<String> line = new ArrayList<>(List.of(command.toString()));
    line.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(temporary.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    // Maven hands its own settings on to the tests, and they would come before those of the copy.
    builder.environment().keySet().removeIf(name -> name.startsWith("MAVEN_"));
    int status = builder.start().waitFor();
    return new Run(status, Files.readString(out), Files.readString(err));
  }

  private static void copySources(Path clone) throws IOException {
    Set<String> left = Set.of(".git", "target", "runs", "golden", "test", ".ci");
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            if (left.contains(String.valueOf(directory.getFileName()))) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(clone.resolve(ROOT.relativize(directory).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, clone.resolve(ROOT.relativize(file).toString()));
            return FileVisitResult.CONTINUE;
          }
        });
    Files.setPosixFilePermissions(
        clone.resolve("ckpt"), PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
