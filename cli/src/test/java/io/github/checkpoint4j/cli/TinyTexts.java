package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Texts and pairs that models of one layer are trained on in steps of milliseconds. */
final class TinyTexts {
  private static final List<String> LINES =
      List.of("the moon is high,", "the wind is cold,", "a boat is far,", "the rain is late,");

  private final Path directory;

  /** Writes the data into the directory. */
  TinyTexts(Path directory) throws IOException {
    this.directory = directory;
    Files.writeString(texts(), texts(90, 1));
    Files.writeString(evalTexts(), texts(20, 2));
    Files.writeString(pairs(), pairs(90, 3));
    Files.writeString(evalPairs(), pairs(20, 4));
  }

  private static String texts(int count, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      for (int line = 1 + random.nextInt(2); line > 0; line--) {
        text.append(LINES.get(random.nextInt(LINES.size())));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** Words, and their letters in capitals as if they were phonemes. */
  private static String pairs(int count, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      List<String> symbols = new ArrayList<>();
      StringBuilder word = new StringBuilder();
      for (int letter = 2 + random.nextInt(4); letter > 0; letter--) {
        String one = Character.toString('a' + random.nextInt(6));
        word.append(one);
        symbols.add(one.toUpperCase(Locale.ROOT) + "H");
      }
      text.append(word).append('\t').append(String.join(" ", symbols)).append('\n');
    }
    return text.toString();
  }

  Path texts() {
    return directory.resolve("texts.txt");
  }

  Path evalTexts() {
    return directory.resolve("eval-texts.txt");
  }

  Path pairs() {
    return directory.resolve("pairs.tsv");
  }

  Path evalPairs() {
    return directory.resolve("eval-pairs.tsv");
  }

  /** {@code train lm} of a new model into {@code run}, with {@code more} at the end. */
  List<Object> lm(Path run, Object... more) {
    return arguments("lm", run, texts(), evalTexts(), List.of("--max-length", "48"), more);
  }

  /** {@code train seq2seq} of a new model. */
  List<Object> seq2seq(Path run, Object... more) {
    return arguments("seq2seq", run, pairs(), evalPairs(), List.of("--max-length", "12"), more);
  }

  /** {@code train mlm} of a golden BERT. */
  List<Object> mlm(Path run, Object... more) {
    return arguments(
        "mlm",
        run,
        texts(),
        evalTexts(),
        List.of("--model", TinyTask.model(), "--max-length", "16"),
        more);
  }

  /** A new model has one layer; an option given in {@code more} is not given twice. */
  private static List<Object> arguments(
      String task, Path run, Path train, Path eval, List<Object> own, Object... more) {
    List<Object> given = List.of(more);
    List<Object> arguments = new ArrayList<>(List.of("train", task, "--output", run));
    List<Object> usual =
        new ArrayList<>(
            List.of(
                "--train",
                train,
                "--eval",
                eval,
                "--threads",
                "1",
                "--batch-size",
                "8",
                "--save-steps",
                "2",
                "--max-steps",
                "4"));
    if (!task.equals("mlm") && !given.contains("--model")) {
      usual.addAll(List.of("--layers", "1", "--heads", "2", "--width", "16"));
    }
    usual.addAll(own);
    for (int i = 0; i < usual.size(); i += 2) {
      if (!given.contains(usual.get(i))) {
        arguments.addAll(usual.subList(i, i + 2));
      }
    }
    arguments.addAll(given);
    return arguments;
  }
}
