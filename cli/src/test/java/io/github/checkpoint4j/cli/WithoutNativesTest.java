package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The verbs that read files run with the short class path of the launcher, without JavaCPP. */
class WithoutNativesTest {
  @TempDir Path temporary;

  @Test
  void help_and_the_verbs_that_read_files_need_no_class_of_the_trainer() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    try (URLClassLoader loader = shortClassPath()) {
      for (TaskKind kind : TaskKind.values()) {
        assertThat(runIn(loader, "train", kind.verb(), "--help"))
            .startsWith("0 Usage")
            .contains("runs/" + kind.verb(), kind.metrics().getLast())
            .doesNotContain("${", "bundle");
      }
      assertThat(runIn(loader, "generate", "--help")).startsWith("0 Usage");
      assertThat(runIn(loader, "--help")).startsWith("0 Usage");
      for (String verb : List.of("ls", "show", "verify")) {
        assertThat(runIn(loader, verb, run.toString())).startsWith("0 ").contains("checkpoint-50");
      }
      assertThat(runIn(loader, "tensors", run.resolve("checkpoint-50").toString()))
          .startsWith("0 ")
          .contains("head.bias");
      Path keras = Path.of(System.getProperty("checkpoint4j.root"), "golden/keras/files/mlp.keras");
      assertThat(runIn(loader, "show", keras.toString())).startsWith("0 ").contains("dense/vars");
      assertThat(runIn(loader, "show", temporary.resolve("missing").toString()))
          .startsWith("3 ")
          .contains("no such file");
    }
  }

  @Test
  void the_verbs_that_convert_and_compare_need_no_native_library() throws Exception {
    Path run = Fixture.run(temporary.resolve("run"));
    Path checkpoint = run.resolve("checkpoint-50");
    Path half = temporary.resolve("half.safetensors");
    Path mean = temporary.resolve("mean.pt");
    try (URLClassLoader loader = shortClassPath("torch")) {
      assertThat(runIn(loader, "convert", "--dtype", "F16", checkpoint.toString(), half.toString()))
          .startsWith("0 ");
      assertThat(runIn(loader, "average", run.toString(), "--output", mean.toString()))
          .startsWith("0 ");
      assertThat(runIn(loader, "diff", checkpoint.toString(), run + "/checkpoint-100"))
          .startsWith("0 ");
      assertThat(runIn(loader, "train", "classify", "--output", temporary.resolve("r").toString()))
          .isEqualTo(
              "1 ckpt train classify: needs libtorch, which is not in this distribution; use one"
                  + " that can train\n");
    }
  }

  @Test
  void every_verb_that_the_launcher_starts_without_it_is_rehearsed() throws Exception {
    String launcher =
        Files.readString(Path.of(System.getProperty("checkpoint4j.root")).resolve("ckpt"));
    Matcher verbs =
        Pattern.compile("(?m)^  '' \\| (.*)\\) options=.*\n  (.*)\\) ;;").matcher(launcher);
    assertThat(verbs.find()).isTrue();
    List<String> started = List.of((verbs.group(1) + " | " + verbs.group(2)).split(" \\| ", -1));

    assertThat(Rehearsal.lines(temporary, temporary).stream().map(List::getFirst))
        .containsAll(started);
    assertThat(started).hasSizeGreaterThan(10);
  }

  @Test
  void the_rehearsal_runs_with_it_too() throws Exception {
    try (URLClassLoader loader = shortClassPath("torch")) {
      Method rehearse = loader.loadClass(Rehearsal.class.getName()).getDeclaredMethod("rehearse");
      rehearse.setAccessible(true);

      assertThatCode(() -> rehearse.invoke(null)).doesNotThrowAnyException();
    }
  }

  private static String runIn(ClassLoader loader, String... words) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Method make =
        loader
            .loadClass(Ckpt.class.getName())
            .getDeclaredMethod(
                "commandLine",
                InputStream.class,
                PrintStream.class,
                PrintStream.class,
                boolean.class);
    make.setAccessible(true);
    Object commandLine = make.invoke(null, InputStream.nullInputStream(), stream, stream, false);
    Object status =
        loader
            .loadClass(CommandLine.class.getName())
            .getMethod("execute", String[].class)
            .invoke(commandLine, (Object) words);
    return status + " " + bytes.toString(StandardCharsets.UTF_8);
  }

  /**
   * @param more modules of ours
   */
  private static URLClassLoader shortClassPath(String... more) throws Exception {
    List<String> modules = new ArrayList<>(List.of("core", "keras"));
    modules.addAll(List.of(more));
    String ours = String.join("|", modules);
    List<URL> urls = new ArrayList<>();
    for (String entry : ClassPath.OF_TESTS.split(File.pathSeparator, -1)) {
      if (entry.matches(
          ".*(/(cli|%1$s)/target/classes|checkpoint4j-(%1$s)-.*|picocli-.*)".formatted(ours))) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    assertThat(urls).hasSize(4 + more.length);
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
