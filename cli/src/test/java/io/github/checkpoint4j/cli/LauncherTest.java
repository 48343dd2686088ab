package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher {@code ckpt}, as a process, in a project of its own with JDKs and a Maven that are
 * small scripts: those of Java say with which arguments they were started.
 */
class LauncherTest {
  @TempDir Path temporary;
  private Path project;
  private Path bin;
  private final Map<String, String> environment = new TreeMap<>();

  record Outcome(int status, String out, String err) {}

  @BeforeEach
  void a_project_a_maven_and_no_jdk() throws IOException {
    Path root = Path.of(System.getProperty("checkpoint4j.root"));
    project = Files.createDirectories(temporary.resolve("a project"));
    Files.copy(root.resolve("ckpt"), project.resolve("ckpt"));
    Files.createDirectories(project.resolve("core/src/main/java"));
    Files.createDirectories(project.resolve("cli/src/main/java"));
    source("pom.xml");
    source("core/pom.xml");
    source("core/src/main/java/A.java");
    bin = Files.createDirectories(temporary.resolve("bin"));
    for (String tool :
        List.of(
            "sh",
            "cat",
            "cp",
            "cut",
            "date",
            "dirname",
            "find",
            "grep",
            "head",
            "ln",
            "mkdir",
            "mv",
            "readlink",
            "rm",
            "sed",
            "sleep",
            "uname")) {
      script(bin.resolve(tool), "exec " + onSystemPath(tool) + " \"$@\"");
    }
    script(
        bin.resolve("mvn"),
        """
        echo "$JAVA_HOME" >> "%1$s/maven.log"
        mkdir -p cli/target/lib
        touched=cli/target/checkpoint4j-cli-1.jar
        : > $touched
        for jar in checkpoint4j-core-1 checkpoint4j-keras-1 checkpoint4j-torch-1 picocli-4 big-native; do
          : > cli/target/lib/$jar.jar
        done
        printf %%s lib/checkpoint4j-torch-1.jar:lib/checkpoint4j-keras-1.jar:lib/checkpoint4j-core-1.jar:lib/picocli-4.jar:lib/big-native.jar \
          > cli/target/class-path
        """
            .formatted(temporary));
    environment.put("PATH", bin.toString());
    environment.put("HOME", Files.createDirectories(temporary.resolve("home")).toString());
    environment.put("CKPT_JVM_PATH", Files.createDirectories(temporary.resolve("jvms")).toString());
  }

  @Test
  void java_home_is_used() throws Exception {
    environment.put("JAVA_HOME", jdk("the jdk", "25.0.3").toString());

    Outcome outcome = ckpt("ls", "runs");

    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).contains("started by the jdk").endsWith("<ls> <runs>\n");
    assertThat(builds()).containsExactly(temporary.resolve("the jdk").toString());
  }

  @Test
  void a_java_home_that_is_too_old_is_passed_over_for_the_java_on_the_path() throws Exception {
    environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
    Files.createSymbolicLink(bin.resolve("java"), Path.of("../jdk-26/bin/java"));
    jdk("jdk-26", "26");

    assertThat(ckpt("ls").out()).contains("started by jdk-26");
  }

  @Test
  void a_java_home_that_does_not_exist_is_passed_over_for_the_usual_folders() throws Exception {
    environment.put("JAVA_HOME", temporary.resolve("nothing").toString());
    jdk("jvms/a-17", "17.0.1");
    jdk("jvms/b-25", "25.0.4");

    assertThat(ckpt("ls").out()).contains("started by jvms/b-25");
  }

  @Test
  void a_version_managers_script_is_asked_where_its_jdk_is() throws Exception {
    Path jdk = jdk("managed", "25.0.3");
    script(bin.resolve("java"), "echo '    java.home = %s' >&2".formatted(jdk));

    assertThat(ckpt("ls").out()).contains("started by managed");
  }

  @Test
  void a_jdk_without_a_release_file_is_asked_its_version() throws Exception {
    Path jdk = jdk("jvms/plain", "25.0.3");
    Files.delete(jdk.resolve("release"));
    script(jdk.resolve("bin/java"), "echo 'openjdk version \"25.0.3\" 2026-04-21' >&2");

    assertThat(ckpt("ls").status()).isZero();
  }

  @Test
  void no_java_at_all_is_an_error_that_says_what_to_do() throws Exception {
    Outcome outcome = ckpt("ls");

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .isEqualTo(
            "ckpt: needs a JDK 25 or later; found: none; install one and set JAVA_HOME to its"
                + " folder\n");
  }

  @Test
  void only_old_javas_are_an_error_that_lists_them() throws Exception {
    Path eight = jdk("eight", "1.8.0_392");
    environment.put("JAVA_HOME", eight.toString());
    Path seventeen = jdk("jvms/17", "17.0.15");

    Outcome outcome = ckpt("ls");

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err())
        .isEqualTo(
            "ckpt: needs a JDK 25 or later; found: 1.8.0_392 (%s), 17.0.15 (%s); install one and set JAVA_HOME to its folder\n"
                .formatted(eight, seventeen));
  }

  @Test
  void a_java_without_a_compiler_is_passed_over() throws Exception {
    Path runtime = jdk("jvms/jre", "25.0.3");
    Files.delete(runtime.resolve("bin/javac"));

    Outcome outcome = ckpt("ls");

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err()).contains("25.0.3 without a compiler (" + runtime + ")");
  }

  @Test
  void a_25_before_25_0_3_is_used_only_if_there_is_no_other_and_with_a_warning() throws Exception {
    Path early = jdk("jvms/a", "25.0.2");

    Outcome alone = ckpt("ls");
    jdk("jvms/b", "25.0.3");
    Outcome both = ckpt("ls");

    assertThat(alone.out()).contains("started by jvms/a");
    assertThat(alone.err()).contains("warning: the JDK in " + early + " is older than 25.0.3");
    assertThat(both.out()).contains("started by jvms/b");
    assertThat(both.err())
        .isEqualTo(
            "ckpt: preparing for the Java in %s, once\n".formatted(temporary.resolve("jvms/b")));
  }

  @Test
  void works_through_symbolic_links_from_another_directory() throws Exception {
    jdk("jvms/25", "25.0.3");
    Path links = Files.createDirectories(temporary.resolve("my links/deep"));
    Files.createSymbolicLink(links.resolve("second"), Path.of("../../a project/ckpt"));
    Files.createSymbolicLink(links.resolve("first"), Path.of("second"));

    Outcome outcome = run(links, List.of("./first", "show", "a file"));

    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).contains(project + "/cli/target/ckpt/").endsWith("<show> <a file>\n");
  }

  @Test
  void builds_once() throws Exception {
    jdk("jvms/25", "25.0.3");

    Outcome first = ckpt("ls");
    Outcome second = ckpt("ls");

    assertThat(first.err())
        .isEqualTo("ckpt: building, once; Maven downloads what is missing (up to 250 MB)\n");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void builds_again_when_a_source_or_a_pom_is_newer() throws Exception {
    jdk("jvms/25", "25.0.3");
    ckpt("ls");

    touch("core/src/main/java/A.java");
    Outcome afterSource = ckpt("ls");
    touch("core/pom.xml");
    Outcome afterPom = ckpt("ls");

    assertThat(afterSource.err())
        .isEqualTo("ckpt: building: the sources are newer than the build\n");
    assertThat(afterPom.err()).isEqualTo(afterSource.err());
    assertThat(builds()).hasSize(3);
  }

  @Test
  void builds_again_when_a_source_is_gone() throws Exception {
    jdk("jvms/25", "25.0.3");
    ckpt("ls");
    Files.delete(project.resolve("core/src/main/java/A.java"));
    ckpt("ls");

    assertThat(builds()).hasSize(2);
  }

  @Test
  void a_new_build_leaves_the_jars_of_the_one_before() throws Exception {
    jdk("jvms/25", "25.0.3");
    String before = jarOf(ckpt("ls"));
    touch("core/pom.xml");
    String after = jarOf(ckpt("ls"));

    assertThat(after).isNotEqualTo(before);
    assertThat(Path.of(before)).exists();
    assertThat(Path.of(after)).exists();
  }

  @Test
  void a_failed_build_shows_its_errors_and_where_the_rest_is() throws Exception {
    jdk("jvms/25", "25.0.3");
    script(
        bin.resolve("mvn"),
        """
        echo '[INFO] chatter'
        echo '[ERROR] A.java:[3,7] cannot find symbol'
        echo '[ERROR] '
        echo '[ERROR] -> [Help 1]'
        exit 1
        """);

    Outcome outcome = ckpt("ls");

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .isEqualTo(
            """
            ckpt: building, once; Maven downloads what is missing (up to 250 MB)
            [ERROR] A.java:[3,7] cannot find symbol
            ckpt: the build failed; everything Maven said is in %s
            """
                .formatted(project.resolve("cli/target/ckpt/build.log")));
    assertThat(Files.readString(project.resolve("cli/target/ckpt/build.log"))).contains("chatter");
    assertThat(project.resolve("cli/target/ckpt/lock")).doesNotExist();
  }

  @Test
  void a_build_that_failed_is_tried_again() throws Exception {
    jdk("jvms/25", "25.0.3");
    Path maven = bin.resolve("mvn");
    String good = Files.readString(maven);
    script(maven, "exit 1");
    ckpt("ls");
    Files.writeString(maven, good);

    assertThat(ckpt("ls").status()).isZero();
  }

  @Test
  void no_maven_is_an_error_that_says_what_to_do() throws Exception {
    jdk("jvms/25", "25.0.3");
    Files.delete(bin.resolve("mvn"));

    Outcome outcome = ckpt("ls");

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err())
        .isEqualTo(
            "ckpt: needs Maven (mvn) to build itself on first use; install Maven 3.8 or later\n");
  }

  @Test
  void the_lock_of_a_build_that_was_killed_is_broken() throws Exception {
    jdk("jvms/25", "25.0.3");
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Path lock = Files.createDirectories(project.resolve("cli/target/ckpt/lock"));
    Files.writeString(lock.resolve("pid"), gone.pid() + "\n");

    assertThat(ckpt("ls").status()).isZero();
    assertThat(lock).doesNotExist();
  }

  @Test
  void two_at_once_build_once() throws Exception {
    jdk("jvms/25", "25.0.3");
    Path maven = bin.resolve("mvn");
    Files.writeString(maven, Files.readString(maven).replaceFirst("\n", "\nsleep 2\n"));

    Process first = start(project, List.of("./ckpt", "ls"));
    Process second = start(project, List.of("./ckpt", "ls"));

    assertThat(first.waitFor()).isZero();
    assertThat(second.waitFor()).isZero();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void the_verbs_that_read_files_run_without_the_native_jars() throws Exception {
    jdk("jvms/25", "25.0.3");

    for (String verb :
        List.of(
            "ls", "show", "tensors", "verify", "diff", "convert", "prune", "doctor", "--help")) {
      assertThat(ckpt(verb).out())
          .contains("picocli-4.jar", "checkpoint4j-core-1.jar", "checkpoint4j-keras-1.jar")
          .contains("checkpoint4j-torch-1.jar")
          .doesNotContain("big-native.jar", "javacpp");
    }
    assertThat(ckpt("train", "classify").out())
        .contains("big-native.jar", "checkpoint4j-torch-1.jar")
        .contains(
            "-Dorg.bytedeco.javacpp.cachedir="
                + environment.get("HOME")
                + "/.cache/checkpoint4j/javacpp");
  }

  @Test
  void a_start_up_cache_is_made_by_a_build_and_again_by_another_jdk_only() throws Exception {
    Path first = jdk("jvms/first", "25.0.3");
    Outcome built = ckpt("ls");
    Outcome again = ckpt("ls");
    Path second = jdk("second", "25.0.4");
    environment.put("JAVA_HOME", second.toString());
    Outcome another = ckpt("ls");
    Outcome anotherAgain = ckpt("ls");
    Files.writeString(second.resolve("release"), "JAVA_VERSION=\"25.0.5\"\n");
    Outcome updated = ckpt("ls");

    assertThat(List.of(built, again, another, anotherAgain, updated))
        .allSatisfy(
            outcome -> {
              assertThat(outcome.status()).isZero();
              assertThat(outcome.out()).containsPattern("<-XX:AOTCache=[^>]*/start.aot>");
            });
    assertThat(built.err()).doesNotContain("preparing");
    assertThat(again.err()).isEmpty();
    assertThat(another.err())
        .isEqualTo("ckpt: preparing for the Java in %s, once\n".formatted(second));
    assertThat(anotherAgain.err()).isEmpty();
    assertThat(updated.err()).isEqualTo(another.err());
    assertThat(builds()).containsExactly(first.toString());
  }

  @Test
  void without_a_start_up_cache_everything_works_and_it_is_not_tried_again() throws Exception {
    jdk("jvms/25", "25.0.3");
    Files.createFile(temporary.resolve("no-cache"));

    Outcome first = ckpt("ls");
    Outcome second = ckpt("ls");

    assertThat(first.out()).contains("<ls>").doesNotContain("AOT");
    assertThat(second).isEqualTo(new Outcome(0, first.out(), ""));
  }

  @Test
  void waiting_threads_of_openmp_do_not_spin_unless_the_user_says_so() throws Exception {
    jdk("jvms/25", "25.0.3");

    assertThat(ckpt("train").out()).contains("OMP_WAIT_POLICY=passive");
    environment.put("OMP_WAIT_POLICY", "active");
    assertThat(ckpt("train").out()).contains("OMP_WAIT_POLICY=active");
  }

  @Test
  void memory_of_freed_tensors_is_kept_unless_the_user_says_otherwise() throws Exception {
    jdk("jvms/25", "25.0.3");

    assertThat(ckpt("train").out())
        .contains(
            "MALLOC_MMAP_THRESHOLD_=1073741824",
            "MALLOC_TRIM_THRESHOLD_=2147483647",
            "MALLOC_TOP_PAD_=67108864");
    environment.put("MALLOC_TRIM_THRESHOLD_", "131072");
    assertThat(ckpt("train").out()).contains("MALLOC_TRIM_THRESHOLD_=131072");
  }

  @Test
  void a_cache_that_cannot_be_made_is_an_error_that_says_what_to_do() throws Exception {
    jdk("jvms/25", "25.0.3");
    Path file = Files.writeString(temporary.resolve("file"), "");
    environment.put("CKPT_CACHE", file.resolve("cache").toString());

    Outcome outcome = ckpt("train");

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err())
        .endsWith(
            "ckpt: cannot write to %s/cache, where native libraries are unpacked; set CKPT_CACHE to another folder\n"
                .formatted(file));
  }

  @Test
  void the_exit_status_is_javas() throws Exception {
    Path jdk = jdk("jvms/25", "25.0.3");
    ckpt("ls");
    script(jdk.resolve("bin/java"), "exit 41");

    assertThat(ckpt("ls").status()).isEqualTo(41);
  }

  @Test
  void more_options_for_the_jvm_are_passed_on() throws Exception {
    jdk("jvms/25", "25.0.3");
    environment.put("CKPT_JAVA_OPTS", "-Xmx1g -Dx=y");

    assertThat(ckpt("ls").out()).contains("<-Xmx1g> <-Dx=y>");
  }

  @Test
  void a_project_path_with_a_colon_is_refused() throws Exception {
    Path colon = Files.createDirectories(temporary.resolve("a:b"));
    Files.copy(project.resolve("ckpt"), colon.resolve("ckpt"));

    Outcome outcome = run(colon, List.of("./ckpt", "ls"));

    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err()).contains("contains ':'").contains("move the project");
  }

  /** A JDK whose java prints its own folder, some variables and its arguments. */
  private Path jdk(String name, String version) throws IOException {
    Path jdk = Files.createDirectories(temporary.resolve(name));
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(
        jdk.resolve("release"), "IMPLEMENTOR=\"A=B\"\nJAVA_VERSION=\"" + version + "\"\n");
    script(
        jdk.resolve("bin/java"),
        """
        echo "started by %1$s"
        echo "OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-}"
        echo "MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-}"
        echo "MALLOC_TRIM_THRESHOLD_=${MALLOC_TRIM_THRESHOLD_:-}"
        echo "MALLOC_TOP_PAD_=${MALLOC_TOP_PAD_:-}"
        for argument in "$@"; do
          case $argument in
            -XX:AOTCache=*) [ -e "%2$s/no-cache" ] || : > "${argument#*=}" ;;
          esac
        done
        for argument in "$@"; do printf '<%%s> ' "$argument"; done | sed 's/ $//'
        echo
        """
            .formatted(name, temporary));
    script(jdk.resolve("bin/javac"), "exit 1");
    return jdk;
  }

  private static void script(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void source(String name) throws IOException {
    Path file = Files.writeString(project.resolve(name), "");
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
  }

  private void touch(String name) throws IOException {
    Files.setLastModifiedTime(
        project.resolve(name), FileTime.from(Instant.now().plusSeconds(builds().size())));
  }

  private static Path onSystemPath(String tool) {
    for (String folder : List.of("/usr/bin", "/bin", "/usr/local/bin")) {
      if (Files.isExecutable(Path.of(folder, tool))) {
        return Path.of(folder, tool);
      }
    }
    throw new AssertionError("no " + tool + " on this machine");
  }

  /** The JDK of each build so far. */
  private List<String> builds() throws IOException {
    Path log = temporary.resolve("maven.log");
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  private static String jarOf(Outcome outcome) {
    String classPath = outcome.out().replaceFirst("(?s).*<-cp> <([^>]*)>.*", "$1");
    return classPath.substring(0, classPath.indexOf(':'));
  }

  private Outcome ckpt(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("./ckpt"));
    command.addAll(List.of(arguments));
    return run(project, command);
  }

  private Outcome run(Path directory, List<String> command) throws Exception {
    Process process = start(directory, command);
    int status = process.waitFor();
    return new Outcome(
        status,
        Files.readString(temporary.resolve("out-" + process.pid())),
        Files.readString(temporary.resolve("err-" + process.pid())));
  }

  private Process start(Path directory, List<String> command) throws IOException {
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .redirectInput(Path.of("/dev/null").toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    Files.createSymbolicLink(temporary.resolve("out-" + process.pid()), out);
    Files.createSymbolicLink(temporary.resolve("err-" + process.pid()), err);
    return process;
  }
}
