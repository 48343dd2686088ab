package io.github.checkpoint4j.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The archives, unpacked into a folder with a space in its name, where there is no Java. */
class DistributionTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root")).resolve("golden");
  private static final String ARCHIVES = System.getProperty("checkpoint4j.archives");

  @TempDir Path temporary;
  private final Map<String, String> environment = new TreeMap<>();

  record Outcome(int status, String out, String err) {}

  @BeforeEach
  void a_path_without_java() throws IOException {
    Path bin = Files.createDirectories(temporary.resolve("bin"));
    for (String tool :
        List.of(
            "cat",
            "dirname",
            "find",
            "head",
            "mkdir",
            "mv",
            "readlink",
            "rm",
            "sed",
            "sh",
            "uname")) {
      Path script = bin.resolve(tool);
      Files.writeString(script, "#!/bin/sh\nexec " + onSystemPath(tool) + " \"$@\"\n");
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    environment.put("PATH", bin.toString());
    environment.put("HOME", Files.createDirectories(temporary.resolve("home")).toString());
    environment.put("CKPT_JVM_PATH", temporary.resolve("no JDKs").toString());
  }

  @ParameterizedTest
  @EnumSource(
      value = Variant.class,
      names = {"RUNTIME", "READER"})
  void one_with_a_runtime_runs_where_there_is_no_java(Variant variant) throws Exception {
    Path unpacked = unpack(variant);

    assertThat(ckpt(unpacked, "--version").out()).startsWith("ckpt ");
    List<String> verbs = verbs(unpacked);
    assertThat(verbs).contains("show", "train classify");
    for (String verb : verbs) {
      Outcome help = ckpt(unpacked, (verb + " --help").split(" ", -1));
      assertThat(help.status()).as(help.toString()).isZero();
      assertThat(help.out()).startsWith("Usage: ckpt " + verb);
      assertThat(help.err()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Variant.class,
      names = {"RUNTIME", "READER"})
  void one_with_a_runtime_reads_converts_and_compares(Variant variant) throws Exception {
    Path unpacked = unpack(variant);
    String model = GOLDEN.resolve("transformers/tiny").toString();
    String keras = GOLDEN.resolve("keras/files/mlp.keras").toString();
    String copy = temporary.resolve("copy.pt").toString();

    assertThat(ckpt(unpacked, "show", model).out()).contains("model.safetensors", "bert");
    assertThat(ckpt(unpacked, "show", keras).out()).contains("dense");
    assertThat(ckpt(unpacked, "verify", model, keras).status()).isZero();
    assertThat(ckpt(unpacked, "convert", model, copy).status()).isZero();
    assertThat(ckpt(unpacked, "diff", "--exit-code", model + "/model.safetensors", copy).out())
        .isEqualTo("no difference\n");
  }

  @ParameterizedTest
  @EnumSource(
      value = Variant.class,
      names = {"RUNTIME", "READER"})
  void its_start_up_cache_is_used_also_when_the_folder_was_moved(Variant variant) throws Exception {
    Path moved = temporary.resolve("another place");
    Files.move(unpack(variant), moved);
    // With this the JVM refuses to start without the cache.
    environment.put("CKPT_JAVA_OPTS", "-XX:AOTMode=on");

    Outcome with = ckpt(moved, "show", GOLDEN.resolve("transformers/tiny").toString());
    assertThat(with.status()).as(with.err()).isZero();
    assertThat(with.err()).isEmpty();

    try (var jars = Files.list(moved.resolve("lib"))) {
      for (Path jar : jars.filter(file -> file.toString().endsWith(".jar")).toList()) {
        Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
      }
    }
    assertThat(ckpt(moved, "--version").status()).isNotZero();
    environment.remove("CKPT_JAVA_OPTS");
    assertThat(ckpt(moved, "--version").status()).isZero();
  }

  @Test
  void the_one_with_everything_trains() throws Exception {
    Path data = Files.writeString(temporary.resolve("d.tsv"), "0\tdull\n1\tfine\n".repeat(8));
    Path run = temporary.resolve("run");
    environment.put("CKPT_CACHE", temporary.resolve("cache").toString());

    Outcome trained =
        ckpt(
            unpack(Variant.RUNTIME),
            "train",
            "classify",
            "--model",
            GOLDEN.resolve("transformers/tiny").toString(),
            "--train",
            data.toString(),
            "--max-steps",
            "1",
            "--save-steps",
            "1",
            "--threads",
            "1",
            "--output",
            run.toString());

    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(run.resolve("checkpoint-1/model.safetensors")).exists();
  }

  @ParameterizedTest
  @EnumSource(
      value = Variant.class,
      names = {"RUNTIME", "READER"})
  void one_with_a_runtime_serves_the_page_with_its_charts(Variant variant) throws Exception {
    Path unpacked = unpack(variant);
    ProcessBuilder builder =
        new ProcessBuilder(unpacked.resolve("bin/ckpt").toString(), "serve", temporary.toString());
    builder.environment().putAll(environment);
    Process serving = builder.redirectError(temporary.resolve("said").toFile()).start();
    try (BufferedReader out = serving.inputReader(StandardCharsets.UTF_8);
        HttpClient client = HttpClient.newHttpClient()) {
      URI entrance = URI.create(String.valueOf(out.readLine()));
      String token = entrance.getQuery().substring("token=".length());
      for (String path : List.of("/", "/api/runs", "/uplot/uPlot.js")) {
        HttpResponse<String> response =
            client.send(
                HttpRequest.newBuilder(entrance.resolve(path))
                    .header("Authorization", "Bearer " + token)
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(200);
      }
    } finally {
      serving.destroy();
      serving.waitFor();
    }
  }

  @Test
  void the_reader_says_that_it_cannot_train() throws Exception {
    Path unpacked = unpack(Variant.READER);

    assertThat(ckpt(unpacked, "train", "classify", "--output", temporary.resolve("r").toString()))
        .isEqualTo(
            new Outcome(
                1,
                "",
                "ckpt train classify: needs libtorch, which is not in this distribution; use one"
                    + " that can train\n"));
    assertThat(unpacked.resolve("lib")).isDirectoryNotContaining("glob:**/pytorch-*");
  }

  @Test
  void one_without_a_runtime_needs_a_java_and_prepares_for_it_once() throws Exception {
    Path unpacked = unpack(Variant.JARS);

    assertThat(ckpt(unpacked, "--version").err())
        .isEqualTo(
            "ckpt: needs a JDK 25 or later; found: none; install one and set JAVA_HOME to its"
                + " folder\n");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    Outcome first = ckpt(unpacked, "--version");
    assertThat(first.status()).isZero();
    assertThat(first.err())
        .isEqualTo(
            "ckpt: preparing for the Java in %s, once\n"
                .formatted(System.getProperty("java.home")));
    environment.put("CKPT_JAVA_OPTS", "-XX:AOTMode=on");
    Outcome second = ckpt(unpacked, "--version");
    assertThat(second).isEqualTo(new Outcome(0, first.out(), ""));
    assertThat(temporary.resolve("home/.cache/checkpoint4j")).isDirectoryContaining("glob:**.aot");
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void it_has_manual_completions_and_licences(Variant variant) throws Exception {
    Path unpacked = unpack(variant);

    assertThat(unpacked.resolve("README.md")).isNotEmptyFile();
    assertThat(unpacked.resolve("LICENSE")).isNotEmptyFile();
    assertThat(unpacked.resolve("share/man/man1/ckpt-show.1")).isNotEmptyFile();
    assertThat(unpacked.resolve("share/bash-completion/completions/ckpt")).isNotEmptyFile();
    assertThat(unpacked.resolve("share/zsh/site-functions/_ckpt")).isNotEmptyFile();
    assertThat(unpacked.resolve("share/fish/vendor_completions.d/ckpt.fish")).isNotEmptyFile();
    assertThat(unpacked.resolve("licenses/THIRD-PARTY.txt")).content().contains("picocli");
    if (variant.trains()) {
      assertThat(unpacked.resolve("licenses/LibTorch.txt")).isNotEmptyFile();
      assertThat(unpacked.resolve("licenses/jna-5.17.0/LICENSE")).isNotEmptyFile();
    }
    if (variant.modules().isPresent()) {
      assertThat(unpacked.resolve("runtime/legal/java.base/LICENSE")).exists();
    }
  }

  @Test
  void the_archives_have_one_time_for_all_files_and_no_owner() throws Exception {
    for (Variant variant : Variant.values()) {
      List<String> entries =
          run(
                  temporary,
                  List.of("tar", "--numeric-owner", "--utc", "-tvzf", archive(variant, "tar.gz")))
              .out()
              .lines()
              .toList();
      assertThat(entries).hasSizeGreaterThan(30);
      assertThat(entries)
          .allMatch(entry -> entry.matches("\\S+ \\d+/\\d+ +\\d+ 2026-01-01 00:00 .*"));
    }
    try (ZipFile zip = new ZipFile(archive(Variant.JARS, "zip"))) {
      assertThat(zip.stream().map(ZipEntry::getTimeLocal).distinct()).hasSize(1);
    }
  }

  @Test
  void the_reader_is_small() throws Exception {
    for (Variant variant : Variant.values()) {
      System.out.printf(
          "%s: %.1f MB%n", variant, Files.size(Path.of(archive(variant, "tar.gz"))) / 1e6);
    }
    assertThat(Path.of(archive(Variant.READER, "tar.gz")).toFile()).size().isLessThan(60_000_000);
  }

  private Path unpack(Variant variant) throws Exception {
    Path folder = Files.createDirectories(temporary.resolve("a folder"));
    Outcome outcome = run(folder, List.of("tar", "-xzf", archive(variant, "tar.gz")));
    assertThat(outcome.status()).as(outcome.err()).isZero();
    try (var unpacked = Files.list(folder)) {
      return unpacked.reduce((one, two) -> temporary).orElseThrow();
    }
  }

  private static String archive(Variant variant, String end) {
    return ARCHIVES + "-" + variant.id() + "." + end;
  }

  /** The verbs, as the names of the pages of the manual tell them. */
  private static List<String> verbs(Path unpacked) throws IOException {
    try (var pages = Files.list(unpacked.resolve("share/man/man1"))) {
      return pages
          .map(page -> page.getFileName().toString().replaceAll("^ckpt-?|\\.1$", ""))
          .filter(verb -> !verb.isEmpty())
          .map(verb -> verb.replace('-', ' '))
          .sorted()
          .toList();
    }
  }

  private Outcome ckpt(Path unpacked, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(unpacked.resolve("bin/ckpt").toString()));
    command.addAll(List.of(words));
    return run(temporary, command);
  }

  private Outcome run(Path directory, List<String> command) throws Exception {
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    if (!command.getFirst().equals("tar")) {
      builder.environment().clear();
      builder.environment().putAll(environment);
    }
    int status = builder.start().waitFor();
    return new Outcome(
        status,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private static Path onSystemPath(String tool) {
    for (String folder : List.of("/usr/bin", "/bin")) {
      if (Files.isExecutable(Path.of(folder, tool))) {
        return Path.of(folder, tool);
      }
    }
    throw new AssertionError("no " + tool + " on this machine");
  }
}
