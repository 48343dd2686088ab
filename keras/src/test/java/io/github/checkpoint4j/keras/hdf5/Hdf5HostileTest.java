package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files made to do harm, see golden/keras/hdf5/hostile/make.py: each is refused for its reason. */
class Hdf5HostileTest {
  private static final Path FOLDER = Golden.FOLDER.resolve("hostile");

  /** Reads all of a file. */
  static void read(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    readValues(Hdf5.read(file, source));
  }

  private static void readValues(Hdf5Node node)
      throws CorruptFileException, UnsupportedFeatureException {
    switch (node) {
      case Hdf5Dataset dataset -> dataset.value();
      case Hdf5Group group -> {
        for (Hdf5Node child : group.children().values()) {
          readValues(child);
        }
      }
    }
  }

  /** What a file is refused with: the kind and the message. */
  static String refusal(Path path) {
    try {
      read(Golden.bytes(path), path.getFileName().toString());
      return "read";
    } catch (CorruptFileException e) {
      return "corrupt: " + e.getMessage();
    } catch (UnsupportedFeatureException e) {
      return "unsupported: " + e.getMessage();
    }
  }

  /** Prints the refusals of all files; started in a Java with little memory. */
  public static void main(String[] arguments) {
    for (Path path : Golden.files(FOLDER)) {
      System.out.println(refusal(path));
    }
  }

  @Test
  void every_file_is_refused_with_its_own_message() throws IOException {
    Map<String, String> expected = new LinkedHashMap<>();
    Json.Obj golden = Golden.expected(FOLDER);
    golden.members().keySet().forEach(name -> expected.put(name, golden.text(name)));
    Map<String, String> found = new LinkedHashMap<>();
    for (Path path : Golden.files(FOLDER)) {
      found.put(path.getFileName().toString(), refusal(path));
    }

    assertThat(found).isNotEmpty().isEqualTo(expected);
  }

  @Test
  void a_small_heap_is_enough_to_refuse_them_all(@TempDir Path folder)
      throws IOException, InterruptedException {
    List<Path> files = Golden.files(FOLDER);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Xss512k",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dcheckpoint4j.root=" + System.getProperty("checkpoint4j.root"),
                Hdf5HostileTest.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("refusals").toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    String output = Files.readString(folder.resolve("refusals"));

    assertThat(ended).as("a file hangs after:\n" + output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.lines())
        .hasSameSizeAs(files)
        .allMatch(line -> line.startsWith("corrupt: ") || line.startsWith("unsupported: "));
  }
}
