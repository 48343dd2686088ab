package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files made to do harm, see golden/pytorch/hostile/make.py: each is refused for its reason. */
class PyTorchHostileTest {
  private static List<Path> files() {
    return Golden.topic("pytorch").files("hostile", ".pt");
  }

  /** What a file is refused with: the kind and the message. */
  static String refusal(Path path) throws IOException {
    try {
      return "read: " + PyTorch.read(Golden.bytes(path), path.getFileName().toString());
    } catch (CorruptFileException e) {
      return "corrupt: " + e.getMessage();
    } catch (UnsupportedFeatureException e) {
      return "unsupported: " + e.getMessage();
    }
  }

  /** Prints the refusals of all files; started in a Java with little memory. */
  public static void main(String[] arguments) throws IOException {
    for (Path path : files()) {
      System.out.println(refusal(path));
    }
  }

  @Test
  void every_file_is_refused_with_its_own_message() throws IOException {
    Map<String, String> expected = new LinkedHashMap<>();
    Json.Obj golden = Golden.topic("pytorch/hostile").expected();
    golden.members().keySet().forEach(name -> expected.put(name, golden.text(name)));
    Map<String, String> found = new LinkedHashMap<>();
    for (Path path : files()) {
      found.put(path.getFileName().toString(), refusal(path));
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
                System.getProperty("java.class.path"),
                "-Dcheckpoint4j.root=" + System.getProperty("checkpoint4j.root"),
                PyTorchHostileTest.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("refusals").toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    String output = Files.readString(folder.resolve("refusals"));

    assertThat(ended).as("a file hangs after:\n" + output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.lines())
        .hasSameSizeAs(files())
        .allMatch(line -> line.startsWith("corrupt: ") || line.startsWith("unsupported: "));
  }
}
