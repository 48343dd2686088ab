package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files made to do harm, see golden/keras/files/hostile/make.py: each is refused for its reason.
 */
class KerasHostileTest {
  private static final Path FOLDER = Golden.FOLDER.resolve("hostile");

  private static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .filter(file -> file.toString().matches(".*\\.(keras|h5|weights\\.json)"))
          .sorted()
          .toList();
    }
  }

  /** What a file is refused with: the kind and the message. */
  private static String refusal(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    try {
      if (name.endsWith(".json")) {
        return "read: " + KerasShards.parse(Golden.bytes(file), name).read(Map.of()).variables();
      }
      return "read: " + Keras.read(Golden.bytes(file), name).variables();
    } catch (CorruptFileException e) {
      return "corrupt: " + e.getMessage();
    } catch (UnsupportedFeatureException e) {
      return "unsupported: " + e.getMessage();
    }
  }

  /** Prints the refusals of all files; started in a Java with little memory. */
  public static void main(String[] arguments) throws IOException {
    for (Path file : files()) {
      System.out.println(refusal(file));
    }
  }

  @Test
  void every_file_is_refused_with_its_own_message() throws IOException {
    Map<String, String> expected = new TreeMap<>();
    Json.Obj golden =
        (Json.Obj) Json.parse(Golden.bytes(FOLDER.resolve("expected.json")), "expected.json");
    golden.members().keySet().forEach(name -> expected.put(name, golden.text(name)));
    Map<String, String> found = new TreeMap<>();
    for (Path file : files()) {
      found.put(String.valueOf(file.getFileName()), refusal(file));
    }

    assertThat(found).isNotEmpty().isEqualTo(expected);
  }

  @Test
  void a_small_heap_is_enough_to_refuse_them_all(@TempDir Path folder)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-Xss256k",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "-Dcheckpoint4j.root=" + System.getProperty("checkpoint4j.root"),
                KerasHostileTest.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("refusals").toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    String output = Files.readString(folder.resolve("refusals"));

    assertThat(ended).as(output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output).hasLineCount(files().size()).doesNotContain("read: ");
  }

  @Test
  void an_archive_cut_short_or_changed_anywhere_is_read_or_refused_and_nothing_else()
      throws IOException {
    byte[] whole = Files.readAllBytes(FOLDER.resolve("numpy-weights.keras"));
    byte[] model = Files.readAllBytes(Golden.FOLDER.resolve("handmade/repacked.keras"));
    int refused = 0;
    for (byte[] file : List.of(whole, model)) {
      for (int at = 0; at < file.length; at += 97) {
        byte[] changed = file.clone();
        changed[at] ^= (byte) (1 << (at % 8));
        refused += isRefused(MemorySegment.ofArray(changed)) ? 1 : 0;
        refused += isRefused(MemorySegment.ofArray(file).asSlice(0, at)) ? 1 : 0;
      }
    }

    assertThat(refused).isGreaterThan((whole.length + model.length) / 97);
  }

  private static boolean isRefused(MemorySegment file) {
    try {
      Keras.read(file, "changed.keras");
      Keras.requireChecksums(file, "changed.keras");
      return false;
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      assertThat(e).hasMessageStartingWith("changed.keras");
      return true;
    }
  }
}
