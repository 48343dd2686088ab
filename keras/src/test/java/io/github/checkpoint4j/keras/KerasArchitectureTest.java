package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Imports go one way: network -> callbacks, and network -> layers -> the files -> hdf5. */
class KerasArchitectureTest {
  private static final Path MAIN = Path.of("src/main/java/io/github/checkpoint4j/keras");
  private static final String OURS = "^import (static )?io\\.github\\.checkpoint4j\\.";
  private static final String FILES =
      "^import (static )?java\\.(nio\\.file|nio\\.channels|io\\.File)";

  @Test
  void hdf5_knows_only_states_and_formats_and_does_no_io() throws IOException {
    assertThat(linesOf("hdf5", OURS + "(?!state\\.|format\\.)|" + FILES)).isEmpty();
  }

  @Test
  void files_are_read_and_written_without_a_disk_and_without_libtorch() throws IOException {
    assertThat(linesOf("", OURS + "(?!state\\.|format\\.|keras\\.hdf5\\.)|org\\.bytedeco|" + FILES))
        .isEmpty();
  }

  @Test
  void layers_know_files_and_neither_networks_nor_libtorch() throws IOException {
    assertThat(
            linesOf(
                "layers", OURS + "(?!state\\.|format\\.|keras\\.[A-Z])|org\\.bytedeco|" + FILES))
        .isEmpty();
  }

  @Test
  void callbacks_do_not_know_networks() throws IOException {
    assertThat(linesOf("callbacks", OURS + "keras\\.network")).isEmpty();
  }

  @Test
  void hdf5_is_read_by_code_of_our_own() throws IOException {
    for (String folder : List.of("hdf5", "", "layers", "network", "callbacks")) {
      assertThat(linesOf(folder, "io\\.jhdf|sun\\.misc|ObjectInputStream")).isEmpty();
    }
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
