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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The verbs that read files run with the short class path of the launcher. */
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
  void the_rehearsal_runs_with_it_too() throws Exception {
    try (URLClassLoader loader = shortClassPath()) {
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

  private static URLClassLoader shortClassPath() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : ClassPath.OF_TESTS.split(File.pathSeparator, -1)) {
      if (entry.matches(
          ".*(/(cli|core|keras)/target/classes|checkpoint4j-(core|keras).*|picocli-.*)")) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    assertThat(urls).hasSize(4);
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
