package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.cli.serve.Web;
import io.github.checkpoint4j.format.Json;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ckpt serve} as a process of its own, and what it refuses. */
class ServeTest {
  @TempDir Path temporary;
  private Optional<Process> process = Optional.empty();

  @AfterEach
  void end() {
    process.ifPresent(Process::destroyForcibly);
  }

  private URI start(Path directory, String classPath) throws Exception {
    return URI.create(printed(directory, classPath).strip());
  }

  /** What it prints when it serves. */
  private String printed(Path directory, String classPath, String... options) throws Exception {
    Path out = temporary.resolve("out");
    Path err = temporary.resolve("err");
    List<String> command = new ArrayList<>(Signals.asUsual());
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath,
            "io.github.checkpoint4j.cli.Ckpt",
            "serve",
            directory.toString()));
    command.addAll(List.of(options));
    Process serving =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    process = Optional.of(serving);
    while (!Files.exists(err) || !Files.readString(err).contains("Ctrl-C ends it")) {
      assertThat(serving.isAlive()).as(() -> "the process: " + read(err)).isTrue();
      Thread.sleep(20);
    }
    return Files.readString(out);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void it_prints_the_address_serves_and_ends_at_a_signal(String signal, int status)
      throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Web web = new Web(start(run, ClassPath.OF_TESTS));
    assertThat(web.get("/api/runs").status()).isEqualTo(200);
    assertThat(read(temporary.resolve("err"))).isEqualTo("serving " + run + "; Ctrl-C ends it\n");

    Signals.send(signal, process.orElseThrow());
    assertThat(process.orElseThrow().waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.orElseThrow().exitValue()).isEqualTo(status);
    assertThat(ckpt("verify", run).status()).isZero();
  }

  @Test
  void with_json_the_address_is_in_one_document() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    byte[] printed = printed(run, ClassPath.OF_TESTS, "--json").getBytes(StandardCharsets.UTF_8);

    Json.Obj document = (Json.Obj) Json.parse(MemorySegment.ofArray(printed), "standard output");
    assertThat(document.text("directory")).isEqualTo(run.toString());
    assertThat(new Web(URI.create(document.text("address"))).get("/api/runs").status())
        .isEqualTo(200);
  }

  @Test
  void it_serves_without_a_library_of_training() throws Exception {
    Path root = Files.createDirectory(temporary.resolve("root"));
    Fixture.run(root.resolve("run"));
    String few =
        Stream.of(ClassPath.OF_TESTS.split(File.pathSeparator, -1))
            .filter(
                entry ->
                    entry.matches(
                        ".*(/(cli|core|keras|torch)/target/classes"
                            + "|checkpoint4j-(core|keras|torch).*|picocli-.*|uplot-.*)"))
            .collect(Collectors.joining(File.pathSeparator));
    assertThat(few).doesNotContain("javacpp", "tokenizers");

    Web web = new Web(start(root, few));
    assertThat(web.get("/").status()).isEqualTo(200);
    assertThat(web.get("/uplot/uPlot.js").status()).isEqualTo(200);
    assertThat(web.get("/api/run", "path", "run").status()).isEqualTo(200);
    assertThat(web.get("/api/tensor", "path", "run/checkpoint-50", "name", "head.bias").status())
        .isEqualTo(200);
    assertThat(
            Served.awaited(
                    web,
                    web.post(
                        "/api/diff",
                        Json.object()
                            .put("a", "run/checkpoint-50")
                            .put("b", "run/checkpoint-100")
                            .build()))
                .text("state"))
        .isEqualTo("done");
  }

  @Test
  void a_directory_that_is_none_is_refused() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));

    assertThat(ckpt("serve", temporary.resolve("missing")))
        .isEqualTo(
            new Run(
                3,
                "",
                "ckpt serve: "
                    + temporary.resolve("missing")
                    + ": no such file or directory; check the path\n"));
    assertThat(ckpt("serve", file))
        .isEqualTo(
            new Run(
                3, "", "ckpt serve: " + file + ": not a directory; give the directory of a run\n"));
    assertThat(ckpt("serve").status()).isEqualTo(2);
  }

  @Test
  void a_port_that_is_none_or_taken_is_named() throws IOException {
    assertThat(ckpt("serve", temporary, "--port", 65536))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt serve: --port is 65536; give one of 0 to 65535, 0 for any that is free\n"));
    assertThat(ckpt("serve", temporary, "--port", -1).status()).isEqualTo(2);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(ckpt("serve", temporary, "--port", taken.getLocalPort()))
          .isEqualTo(
              new Run(
                  3,
                  "",
                  "ckpt serve: port "
                      + taken.getLocalPort()
                      + " of 127.0.0.1 is taken, or not allowed; give another --port, or none\n"));
    }
  }
}
