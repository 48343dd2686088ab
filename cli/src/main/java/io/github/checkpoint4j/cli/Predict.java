package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt predict [DIR] [TEXT...]}: classifies texts with the best checkpoint of a run. */
@Command(
    name = "predict",
    description = "Classifies texts with the best checkpoint of a run.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Predict implements Callable<Integer> {
  private static final Path DEFAULT_RUN = Path.of("runs", "classify");

  private final PrintStream err;
  private final InputStream in;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "[DIR] TEXT",
      description = {
        "DIR: a run, a checkpoint or a Hugging Face directory; runs/classify if the first word is"
            + " no directory. Without a TEXT each line of standard input is one."
      })
  List<String> words = List.of();

  @Option(names = "--threads", paramLabel = "N", description = "Threads of an operator.")
  @Nullable Integer threads;

  @Option(
      names = "--json",
      description = "Print one JSON document: an array of text, label, score.")
  boolean json;

  Predict(InputStream in, PrintStream err) {
    this.in = in;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    boolean named = !words.isEmpty() && Models.isDirectory(words.getFirst());
    Path path = named ? Path.of(words.getFirst()) : DEFAULT_RUN;
    if (!named && !Models.isDirectory(DEFAULT_RUN.toString())) {
      throw new IllegalArgumentException(
          (words.isEmpty() ? "" : "'" + words.getFirst() + "' is no directory, and ")
              + "there is no run in "
              + DEFAULT_RUN
              + "; train one with ckpt train classify, or give the directory of one");
    }
    List<String> texts = named ? words.subList(1, words.size()) : words;
    if (texts.isEmpty()) {
      texts = lines();
    }
    Path directory = Models.directory(path);
    if (!directory.equals(path)) {
      err.println("using " + Printable.of(directory.toString()));
    }
    List<Classified> classified =
        Classifying.classify(directory, texts, TrainOptions.threads(threads));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.array(classified.stream().map(Classified::json).toList()).toText());
    } else {
      classified.forEach(each -> out.println(each.line()));
    }
    return ExitStatus.FINE;
  }

  private List<String> lines() throws IOException {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).readAllLines();
  }
}
