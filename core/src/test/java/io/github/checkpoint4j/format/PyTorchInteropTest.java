package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

  @Test
  void java_reads_any_state_that_python_saves_in_any_layout(@TempDir Path folder)
      throws IOException, InterruptedException {
    long seed = System.nanoTime();
    python(GOLDEN.resolve("trees.py"), "make", folder, seed);

    int files = 0;
    for (Path file : new Golden(folder).files("", ".pt")) {
      String name = file.getFileName().toString();
      Json python =
          Json.parse(new Golden(folder).bytes(name.replace(".pt", ".json")), name + ".json");
      Json java = Described.of(PyTorch.read(Golden.bytes(file), name));

      assertThat(Described.sorted(java))
          .as(name + " of seed " + seed)
          .isEqualTo(Described.sorted(python));
      files++;
    }
    assertThat(files).isEqualTo(60);
  }

  @Test
  void python_reads_any_state_that_java_writes_in_all_three_modes(@TempDir Path folder)
      throws IOException, InterruptedException {
    long seed = System.nanoTime();
    List<Object> command = new ArrayList<>(List.of(GOLDEN.resolve("trees.py"), "read"));
    List<Json> java = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Value value = new RandomValues(seed + i).value(5);
      Path file = folder.resolve(i + ".pt");
      write(PyTorch.write(value, String.valueOf(i)), file);
      command.add(file);
      java.add(Described.sorted(Described.of(value)));
    }

    byte[] output = python(command.toArray()).getBytes(StandardCharsets.UTF_8);
    Json.Arr python = (Json.Arr) Json.parse(MemorySegment.ofArray(output), "what Python read");

    for (int i = 0; i < java.size(); i++) {
      assertThat(Described.sorted(python.items().get(i)))
          .as("seed " + (seed + i))
          .isEqualTo(java.get(i));
    }
  }

  @Test
  void python_sees_one_memory_where_java_wrote_views_of_one(@TempDir Path folder)
      throws IOException, InterruptedException {
    Tensor whole = Tensor.ofFloats(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
    Tensor part = Tensor.of(Dtype.F32, new long[] {2}, whole.bytes().asSlice(12, 8));
    Path file = folder.resolve("views.pt");
    write(
        PyTorch.write(StateDict.builder().put("part", part).put("whole", whole).build(), "views"),
        file);

    String output =
        python(
            "-c",
            """
            import sys, torch
            for options in ({}, {'weights_only': False}, {'mmap': True}):
                state = torch.load(sys.argv[1], **options)
                state['whole'][1, 1] = 7
                print(state['part'].tolist(), state['part'].storage_offset())
            """,
            file);

    assertThat(output).isEqualTo("[3.0, 7.0] 3\n".repeat(3));
  }
}
