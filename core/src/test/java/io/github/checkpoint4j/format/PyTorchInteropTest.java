package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real PyTorch reads what Java wrote. */
@Tag("interop")
class PyTorchInteropTest {
  private static final Path GOLDEN = Golden.topic("pytorch").folder();

  static String python(Object... arguments) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with torch").isNotEmpty();
    List<String> command =
        Stream.concat(Stream.of(python), Arrays.stream(arguments)).map(Object::toString).toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static void write(FileContent content, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      for (FileContent.Part part : content.parts()) {
        out.write(part.bytes().toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  @Test
  void python_loads_what_java_rewrote_in_all_three_modes(@TempDir Path folder)
      throws IOException, InterruptedException {
    List<Path> goldens = PyTorchGoldenTest.files();
    for (Path golden : goldens) {
      String name = golden.getFileName().toString();
      MemorySegment file = MemorySegment.ofArray(Files.readAllBytes(golden));
      write(
          PyTorch.write(PyTorch.read(file, name), name.substring(0, name.lastIndexOf('.'))),
          folder.resolve(name));
    }

    String output = python(GOLDEN.resolve("compare.py"), GOLDEN, folder);

    assertThat(goldens).isNotEmpty();
    assertThat(output).contains(goldens.size() + " files are the same");
  }
}
