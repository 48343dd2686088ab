package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
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
    NamedTexts named = NamedTexts.of(words, DEFAULT_RUN, "classify");
    List<String> texts = named.texts();
    if (texts.isEmpty()) {
      texts = NamedTexts.lines(in);
    }
    Path directory = named.model(err);
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
}
