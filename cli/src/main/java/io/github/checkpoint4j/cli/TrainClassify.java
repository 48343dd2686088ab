package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.ResumeFrom;
import io.github.checkpoint4j.torch.TrainResult;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ckpt train classify}: fine-tunes a BERT on labeled texts. */
@Command(
    name = "classify",
    description = {
      "Fine-tunes a BERT on labeled texts, with checkpoints. The same command again resumes.",
      "Without --model and --train: MiniLM-L6 on film reviews, both built in. An option that is not"
          + " given has the value that the run was saved with, or the default in parentheses."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainClassify implements Callable<Integer> {
  private final PrintStream err;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR|FILE",
      description =
          "minilm, a Hugging Face directory of a BERT, a run, or weights with config.json beside"
              + " them (minilm).")
  @Nullable String model;

  @Option(
      names = "--rename",
      paramLabel = "FROM=TO",
      description =
          "Names in the weights that begin with FROM begin with TO instead (module.= takes a prefix"
              + " off); a FROM of regex:... is replaced wherever it is found. Repeatable, in"
              + " order.")
  List<String> renames = List.of();

  @Option(
      names = "--ignore-mismatched",
      description =
          "Draw weights anew that have another shape, a head of other labels for instance.")
  boolean ignoreMismatched;

  @Option(
      names = "--train",
      paramLabel = "FILE",
      description = "Lines of LABEL, a tab, TEXT (the built-in reviews).")
  @Nullable Path trainFile;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "The same for evaluations (those of the built-in reviews).")
  @Nullable Path evalFile;

  @Option(names = "--max-length", paramLabel = "N", description = "The most tokens of a text (64).")
  @Nullable Integer maxLength;

  @Mixin TrainOptions options = new TrainOptions();

  @Option(names = "--json", description = "Print one JSON document at the end.")
  boolean json;

  TrainClassify(PrintStream err) {
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    try {
      return train();
    } catch (StateMismatchException e) {
      throw new StateMismatchException(OptionNames.in(String.valueOf(e.getMessage())));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(OptionNames.in(String.valueOf(e.getMessage())), e);
    }
  }

  private int train() throws IOException {
    Optional<SavedRun> saved = SavedRun.find(options.output, ResumeFrom.parse(options.resume));
    ClassificationTask task = task(saved);
    if (saved.isPresent() && options.isComplete(saved.get())) {
      print("max-steps");
      return ExitStatus.FINE;
    }
    report(saved.flatMap(SavedRun::task), task);
    ConsoleReport console =
        ConsoleReport.of(err, Progress.onTerminal(), 80, InstantSource.system());
    TrainResult.Ended ended = Classification.train(task, options, saved, console, err);
    if (ended != TrainResult.Ended.STOPPED_ON_REQUEST || json) {
      print(
          ended == TrainResult.Ended.STOPPED_BY_CALLBACK ? "early-stopping-patience" : "max-steps");
    }
    return ExitStatus.FINE;
  }

  /**
   * @param more the option of which a greater value makes the run go on
   */
  private void print(String more) throws IOException {
    CompletedRun.print(options.output, more, json, spec.commandLine().getOut(), err);
  }

  private ClassificationTask task(Optional<SavedRun> run) {
    Optional<ClassificationTask> saved = run.flatMap(SavedRun::task);
    String trainData =
        trainFile != null
            ? trainFile.toString()
            : saved.map(ClassificationTask::train).orElse(ClassificationTask.BUILT_IN);
    boolean builtIn = trainData.equals(ClassificationTask.BUILT_IN);
    return new ClassificationTask(
        model != null
            ? model
            : saved
                .map(ClassificationTask::model)
                // A checkpoint made in Python does not say what it began with, and is a model.
                .or(() -> run.map(from -> from.checkpoint().directory().toString()))
                .orElse(ClassificationTask.MINI_LM),
        trainData,
        evalFile != null
            ? evalFile.toString()
            : saved
                .map(ClassificationTask::eval)
                .orElse(builtIn ? ClassificationTask.BUILT_IN : ""),
        maxLength != null
            ? maxLength
            : saved.map(ClassificationTask::maxLength).orElse(ClassificationTask.MAX_LENGTH),
        transfer(saved.map(ClassificationTask::transfer).orElse(TransferLearning.NONE)));
  }

  private TransferLearning transfer(TransferLearning saved) {
    return new TransferLearning(
        renames.isEmpty() ? saved.renames() : renames,
        ignoreMismatched || saved.ignoreMismatched(),
        options.freeze.isEmpty() ? saved.frozen() : options.freeze,
        options.layerDecay == null ? saved.layerDecay() : OptionalDouble.of(options.layerDecay),
        options.learningRatesOf.isEmpty() ? saved.rates() : options.learningRatesOf);
  }

  /** Says what of the task is another than when the checkpoint was saved. */
  private void report(Optional<ClassificationTask> before, ClassificationTask now) {
    if (before.isEmpty()) {
      return;
    }
    String kept = "kept: the weights are the checkpoint's";
    change("model", before.get().model(), now.model(), kept);
    change(
        "rename",
        String.join(" ", before.get().transfer().renames()),
        String.join(" ", now.transfer().renames()),
        kept);
    change("train", before.get().train(), now.train(), "applied");
    change("eval", before.get().eval(), now.eval(), "applied");
    change(
        "max_length",
        String.valueOf(before.get().maxLength()),
        String.valueOf(now.maxLength()),
        "applied");
  }

  private void change(String name, String before, String now, String effect) {
    if (!before.equals(now)) {
      err.println(
          Printable.of(
              name
                  + " "
                  + Json.of(before).toText()
                  + " -> "
                  + Json.of(now).toText()
                  + " ("
                  + effect
                  + ")"));
    }
  }
}
