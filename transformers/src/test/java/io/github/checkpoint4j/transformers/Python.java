package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the real transformers. */
final class Python {
  private final Path scratch;

  /**
   * An interpreter.
   *
   * @param scratch a directory of the test's own
   */
  Python(Path scratch) {
    this.scratch = scratch;
  }

  /** What interop.py prints, given these arguments. */
  Json.Obj interop(String... arguments) throws IOException, InterruptedException {
    return script("interop.py", arguments);
  }

  /** What a script among the resources prints, given these arguments. */
  Json.Obj script(String name, String... arguments) throws IOException, InterruptedException {
    Path script = scratch.resolve(name);
    try (InputStream in = Python.class.getResourceAsStream(name)) {
      assertThat(in).isNotNull();
      Files.write(script, in.readAllBytes());
    }
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    return (Json.Obj)
        Json.parsePython(MemorySegment.ofArray(run(command)), String.join(" ", command));
  }

  /** What the interpreter prints, given these arguments. */
  byte[] run(List<String> arguments) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with transformers").isNotEmpty();
    List<String> command = new ArrayList<>(List.of(python));
    command.addAll(arguments);
    Path errors = scratch.resolve("stderr");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("HF_HUB_OFFLINE", "1");
    builder.environment().put("PYTHONIOENCODING", "utf-8");
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
    return output;
  }
}
