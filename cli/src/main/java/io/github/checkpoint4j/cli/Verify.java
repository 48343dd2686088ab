package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Standing;
import io.github.checkpoint4j.store.Verification;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt verify PATH...}: reads everything and names what is damaged. */
@Command(
    name = "verify",
    description =
        "Verifies files, checkpoints, or all checkpoints of runs: structure, checksums, shards"
            + " against their index. Names the damaged tensor.",
    mixinStandardHelpOptions = true)
final class Verify implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files, checkpoints, runs.")
  List<Path> paths = List.of();

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  /**
   * What was found at one path.
   *
   * @param note what was compared, if nothing is wrong
   * @param status as of the process if this were all
   */
  private record Finding(Path path, List<Problem> problems, String note, int status) {}

  private record Problem(Optional<String> file, Optional<String> tensor, String message) {
    static Problem of(String message) {
      return new Problem(Optional.empty(), Optional.empty(), message);
    }
  }

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>();
    try (Progress progress = Progress.ofReading(spec.commandLine().getErr())) {
      for (Path path : paths) {
        try {
          verify(
              path,
              findings,
              checkpoint ->
                  progress.begin("verifying " + checkpoint.getFileName(), size(checkpoint)),
              progress::add);
        } catch (IOException | RuntimeException e) {
          findings.add(failed(path, e));
        }
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(document(findings).toText());
    } else {
      findings.forEach(finding -> print(finding, out));
    }
    List<Integer> statuses = findings.stream().map(Finding::status).toList();
    return statuses.contains(ExitStatus.FAILED)
        ? ExitStatus.FAILED
        : statuses.contains(ExitStatus.IO) ? ExitStatus.IO : ExitStatus.FINE;
  }

  /**
   * What there is to say of a path, as {@code --json} prints it.
   *
   * @param progress is told how many more bytes of checkpoints were read; what it throws ends the
   *     verification
   */
  static Json document(Path path, LongConsumer progress) throws IOException {
    List<Finding> findings = new ArrayList<>();
    verify(path, findings, _ -> {}, progress);
    return document(findings);
  }

  /**
   * Verifies what is at a path.
   *
   * @param begin is told of each checkpoint before it is read
   */
  private static void verify(
      Path path, List<Finding> findings, Consumer<Path> begin, LongConsumer progress)
      throws IOException {
    Inspected inspected = Inspected.at(path);
    if (inspected == Inspected.FILE) {
      try (OpenedFile file = OpenedFile.at(path)) {
        List<Problem> problems = file.problems().stream().map(Problem::of).toList();
        int status = problems.isEmpty() ? ExitStatus.FINE : ExitStatus.FAILED;
        findings.add(new Finding(path, problems, file.note(), status));
      }
      return;
    }
    if (inspected == Inspected.CHECKPOINT) {
      findings.add(checkpoint(path, begin, progress));
    }
    if (Inspected.isRun(path)) {
      try (CheckpointStore store = CheckpointStore.readOnly(path)) {
        for (CheckpointInfo info : store.list()) {
          Path checkpoint = path.resolve(store.directory().relativize(info.directory()));
          try {
            findings.add(checkpoint(checkpoint, begin, progress));
          } catch (IOException e) {
            findings.add(failed(checkpoint, e));
          }
        }
      }
    }
  }

  private static Finding checkpoint(Path path, Consumer<Path> begin, LongConsumer progress)
      throws IOException {
    begin.accept(path);
    Verification verification = Verification.of(path, progress);
    String read =
        "%d files, %d tensors, %s"
            .formatted(
                verification.files(),
                verification.tensors(),
                Quantities.size(verification.bytes()));
    String note =
        verification.checkpoint().standing() == Standing.UNVERIFIED
            ? read + "; it has no manifest, so its values are not vouched for"
            : read + " as when they were saved";
    return new Finding(
        path,
        verification.problems().stream()
            .map(p -> new Problem(Optional.of(p.file()), p.tensor(), p.message()))
            .toList(),
        note,
        verification.isClean() ? ExitStatus.FINE : ExitStatus.FAILED);
  }

  /** Bytes of a checkpoint's files; 0 if they cannot be told. */
  private static long size(Path checkpoint) {
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      return 0; // Whoever verifies it says why.
    }
  }

  private static Finding failed(Path path, Exception e) {
    Failure failure = Failure.of(e);
    int status = failure.status() == ExitStatus.IO ? ExitStatus.IO : ExitStatus.FAILED;
    return new Finding(path, List.of(Problem.of(failure.message())), "", status);
  }

  private static void print(Finding finding, PrintWriter out) {
    String path = Printable.of(finding.path().toString());
    if (finding.problems().isEmpty()) {
      out.println("ok      " + path + ": " + finding.note());
    }
    for (Problem problem : finding.problems()) {
      String message = Printable.of(problem.message());
      out.println("FAILED  " + (message.startsWith(path) ? message : path + ": " + message));
    }
  }

  private static Json document(List<Finding> findings) {
    return Json.object()
        .put("ok", findings.stream().allMatch(finding -> finding.problems().isEmpty()))
        .put("checked", Json.array(findings.stream().map(Verify::json).toList()))
        .build();
  }

  private static Json json(Finding finding) {
    return Json.object()
        .put("path", finding.path().toString())
        .put("ok", finding.problems().isEmpty())
        .put("note", finding.note())
        .put("problems", Json.array(finding.problems().stream().map(Verify::json).toList()))
        .build();
  }

  private static Json json(Problem problem) {
    Json.Builder json = Json.object();
    problem.file().ifPresent(file -> json.put("file", file));
    problem.tensor().ifPresent(tensor -> json.put("tensor", tensor));
    return json.put("message", problem.message()).build();
  }
}
