package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A classification that a BERT of two layers learns, with dropout, in steps of milliseconds. */
final class TinyTask {
  private static final List<String> GOOD = List.of("good", "fine", "great", "fun", "warm");
  private static final List<String> BAD = List.of("bad", "dull", "poor", "slow", "cold");
  private static final List<String> OTHER =
      List.of("the", "film", "plot", "is", "and", "a", "very");

  private final Path directory;

  /** Writes the data into the directory; the model is a golden one. */
  TinyTask(Path directory) throws IOException {
    this.directory = directory;
    Files.writeString(train(), examples(173, 1));
    Files.writeString(eval(), examples(40, 2));
  }

  private static String examples(int count, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      boolean good = random.nextBoolean();
      List<String> words = new ArrayList<>();
      for (int w = 4 + random.nextInt(8); w > 0; w--) {
        words.add(OTHER.get(random.nextInt(OTHER.size())));
      }
      List<String> telling = good ? GOOD : BAD;
      words.add(random.nextInt(words.size()), telling.get(random.nextInt(telling.size())));
      text.append(good ? 1 : 0).append('\t').append(String.join(" ", words)).append('\n');
    }
    return text.toString();
  }

  Path train() {
    return directory.resolve("train.tsv");
  }

  Path eval() {
    return directory.resolve("eval.tsv");
  }

  static Path model() {
    return Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers", "tiny");
  }

  /** The arguments of a training into {@code run}, with {@code more} at the end. */
  List<String> arguments(Path run, String... more) {
    return seeded(7, run, more);
  }

  /** As {@link #arguments}, with another option before them. */
  List<String> arguments(Path run, String option, String[] more) {
    List<String> arguments = arguments(run, more);
    arguments.add(option);
    return arguments;
  }

  /** As {@link #arguments}, but without a model and without evaluations. */
  List<String> unevaluated(Path run, String... more) {
    return arguments(7, run, List.of(), more);
  }

  /** As {@link #arguments}, with a seed. */
  List<String> seeded(long seed, Path run, String... more) {
    return arguments(
        seed, run, List.of("--model", model().toString(), "--eval", eval().toString()), more);
  }

  private List<String> arguments(long seed, Path run, List<String> first, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "classify",
                "--train",
                train().toString(),
                "--output",
                run.toString(),
                "--threads",
                "1",
                "--batch-size",
                "8",
                "--max-length",
                "24",
                "--seed",
                Long.toString(seed)));
    arguments.addAll(first);
    arguments.addAll(List.of(more));
    return arguments;
  }
}
