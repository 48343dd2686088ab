package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ways with real Keras, on models of random sizes, see golden/keras/files/interop.py. */
@Tag("interop")
class KerasInteropTest {
  private static String python(Object... arguments) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with keras").isNotEmpty();
    List<String> command =
        Stream.concat(Stream.of(python), Arrays.stream(arguments)).map(Object::toString).toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static void write(KerasModel model, String name, Path folder) throws IOException {
    switch (model.layout()) {
      case DIRECTORY -> write(Keras.writeDirectory(model), folder.resolve(name));
      case SHARDED_WEIGHTS ->
          write(
              Keras.writeShards(model, name.substring(0, name.length() - 13), largest(model) * 2),
              folder);
      default -> Golden.write(Keras.write(model), folder.resolve(name));
    }
  }

  private static long largest(KerasModel model) {
    return Stream.concat(
            model.variables().values().stream(), model.optimizerVariables().values().stream())
        .mapToLong(tensor -> tensor.byteSize())
        .max()
        .orElse(1);
  }

  private static void write(Map<String, FileContent> files, Path folder) throws IOException {
    for (Map.Entry<String, FileContent> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.resolveSibling("."));
      Golden.write(file.getValue(), path);
    }
  }

  @Test
  void java_reads_what_keras_saved_and_keras_loads_what_java_wrote_of_it(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path script = Golden.FOLDER.resolve("interop.py");
    Path keras = Files.createDirectory(folder.resolve("keras"));
    Path java = Files.createDirectory(folder.resolve("java"));
    long seed = System.nanoTime();
    python(script, "make", keras, seed);

    Json.Obj expected =
        (Json.Obj) Json.parse(Golden.bytes(keras.resolve("expected.json")), "expected.json");
    for (String name : expected.members().keySet()) {
      KerasModel model = Golden.read(keras.resolve(name));
      Json.Obj rows = expected.object(name);
      assertThat(Golden.rows(model.variables()))
          .as(name + " of seed " + seed)
          .isEqualTo(rows.array("variables"));
      assertThat(Golden.rows(model.optimizerVariables()))
          .as(name + " of seed " + seed)
          .isEqualTo(rows.array("optimizer"));
      assertThat(model.mismatches()).isEmpty();
      write(model, name, java);
    }

    assertThat(expected.members()).hasSizeGreaterThan(30);
    assertThat(python(script, "compare", keras, java))
        .contains(expected.members().size() + " models are the same");
  }
}
