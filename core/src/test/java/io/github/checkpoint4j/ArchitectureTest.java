package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Imports go one way: root -> store -> format -> state; only store touches a disk. */
class ArchitectureTest {
  private static final Path MAIN = Path.of("src/main/java/io/github/checkpoint4j");
  private static final String OURS = "^import (static )?io\\.github\\.checkpoint4j\\.";
  private static final String FILES =
      "^import (static )?java\\.(nio\\.file|nio\\.channels|io\\.File)";
  private static final String THREADS_AND_CLOCKS =
      "(\\bnew Thread\\b|Thread\\.of|Executors\\.|Instant\\.now|System\\.(currentTimeMillis|nanoTime))";

  @Test
  void state_imports_nothing_of_ours_and_no_files() throws IOException {
    assertThat(linesOf("state", OURS + "|" + FILES + "|" + THREADS_AND_CLOCKS)).isEmpty();
  }

  @Test
  void format_imports_only_state_and_does_no_io() throws IOException {
    assertThat(
            linesOf("format", OURS + "(?!state\\.|format\\.)|" + FILES + "|" + THREADS_AND_CLOCKS))
        .isEmpty();
  }

  @Test
  void store_imports_only_format_and_state_and_has_no_threads_or_clock() throws IOException {
    assertThat(linesOf("store", OURS + "(?!state\\.|format\\.|store\\.)|" + THREADS_AND_CLOCKS))
        .isEmpty();
  }

  /** The JDK writes to such a channel on threads of its own. */
  @Test
  void store_lets_others_work_for_it_in_one_class_only() throws IOException {
    assertThat(linesOf("store", "\\bAsynchronousFileChannel\\.open\\b|\\bparallel|\\bAsync\\("))
        .singleElement()
        .asString()
        .startsWith("DirectWriter.java: ");
  }

  @Test
  void root_leaves_files_to_store() throws IOException {
    assertThat(
            linesOf("", "^import (static )?java\\.(nio\\.channels|nio\\.file\\.Files|io\\.File)"))
        .isEmpty();
  }

  @Test
  void nothing_uses_unsafe_memory() throws IOException {
    assertThat(linesOf("", "sun\\.misc|jdk\\.internal")).isEmpty();
    assertThat(linesOf("state", "sun\\.misc|jdk\\.internal")).isEmpty();
    assertThat(linesOf("format", "sun\\.misc|jdk\\.internal")).isEmpty();
    assertThat(linesOf("store", "sun\\.misc|jdk\\.internal")).isEmpty();
  }

  private static List<String> linesOf(String folder, String forbidden) throws IOException {
    Pattern pattern = Pattern.compile(forbidden);
    List<String> found = new ArrayList<>();
    int files = 0;
    try (var paths = Files.walk(MAIN.resolve(folder), folder.isEmpty() ? 1 : 9)) {
      for (Path path : paths.filter(p -> p.toString().endsWith(".java")).toList()) {
        files++;
        for (String line : Files.readAllLines(path)) {
          if (pattern.matcher(line).find()) {
            found.add(path.getFileName() + ": " + line);
          }
        }
      }
    }
    assertThat(files).as("files in " + MAIN.resolve(folder)).isPositive();
    return found;
  }
}
