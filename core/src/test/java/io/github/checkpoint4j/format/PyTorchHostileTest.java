package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
  void a_small_heap_is_enough_to_refuse_them_all() throws IOException, InterruptedException {
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
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.lines())
        .hasSameSizeAs(files())
        .allMatch(line -> line.startsWith("corrupt: ") || line.startsWith("unsupported: "));
  }
}
