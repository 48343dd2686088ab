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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt generate [DIR] [TEXT...]}: writes with the best checkpoint of a run. */
@Command(
    name = "generate",
    description = {
      "Writes with a GPT-2 or a T5: the best checkpoint of a run, or a Hugging Face directory.",
      "What is not given is as the directory's generation_config.json says; a GPT-2 of ckpt train lm"
          + " draws, a T5 takes the likeliest tokens."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Generate implements Callable<Integer> {
  private static final Path DEFAULT_RUN = Path.of("runs", "lm");

  private final PrintStream err;
  private final InputStream in;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "[DIR] TEXT",
      description = {
        "DIR: a run, a checkpoint or a Hugging Face directory; runs/lm if the first word is no"
            + " directory. A GPT-2 goes on with each TEXT, a T5 makes its text of it. Without a"
            + " TEXT each line of standard input is one, unless that is a terminal; without a line"
            + " a GPT-2 begins a text of its own."
      })
  List<String> words = List.of();

  @Mixin GenerateOptions options = new GenerateOptions();

  @Option(names = "--threads", paramLabel = "N", description = "Threads of an operator.")
  @Nullable Integer threads;

  @Option(
      names = "--json",
      description = "Print one JSON document: an array of prompt, text, tokens, seed, score.")
  boolean json;

  Generate(InputStream in, PrintStream err) {
    this.in = in;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    NamedTexts named = NamedTexts.of(words, DEFAULT_RUN, "lm");
    List<String> texts = named.texts();
    if (texts.isEmpty() && !Boolean.getBoolean("checkpoint4j.interactive")) {
      texts = NamedTexts.lines(in);
    }
    Path directory = named.model(err);
    try {
      write(directory, texts);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(OptionNames.in(String.valueOf(e.getMessage())), e);
    }
    return ExitStatus.FINE;
  }

  private void write(Path directory, List<String> texts) throws IOException {
    List<Written> written =
        Generation.write(directory, texts, options, TrainOptions.threads(threads));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.array(written.stream().map(Written::json).toList()).toText());
      return;
    }
    written.stream()
        .map(Written::seed)
        .flatMapToLong(seed -> seed.stream())
        .distinct()
        .forEach(seed -> err.println("drawn with --seed " + seed));
    written.forEach(each -> out.println(each.shown()));
  }
}
