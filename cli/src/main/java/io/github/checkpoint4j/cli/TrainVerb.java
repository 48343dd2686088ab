package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.torch.ConsoleReport;
import io.github.checkpoint4j.torch.ResumeFrom;
import io.github.checkpoint4j.torch.TrainResult;
import java.io.IOException;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ckpt train}'s verbs: what they have in common, whatever the task. */
abstract sealed class TrainVerb implements Callable<Integer>
    permits TrainClassify, TrainLm, TrainMlm, TrainSeq2Seq {
  /** What a checkpoint has and the trainer itself reports, or is not worth a word. */
  private static final List<String> NOT_REPORTED =
      List.of("task", "ignore_mismatched", "freeze", "layer_decay", "learning_rate_of");

  private final TaskKind kind;
  private final PrintStream err;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin DataOptions data = new DataOptions();
  @Mixin TrainOptions options = new TrainOptions();

  @Option(names = "--json", description = "Print one JSON document at the end.")
  boolean json;

  TrainVerb(TaskKind kind, PrintStream err) {
    this.kind = kind;
    this.err = err;
  }

  /** The verb with its help. */
  final CommandLine commandLine() {
    return new CommandLine(this).setResourceBundle(new DefaultTexts(kind, texts()));
  }

  /** What only the help of this task says, by the names in the descriptions of options. */
  abstract Map<String, String> texts();

  /**
   * What is trained: what the options say, or else the run, or else the defaults.
   *
   * @param run the run that goes on
   * @param saved its task, if it was saved
   */
  abstract TrainingTask task(Optional<SavedRun> run, Optional<TrainingTask> saved)
      throws IOException;

  @Override
  public final Integer call() throws IOException {
    try {
      return train();
    } catch (StateMismatchException e) {
      throw new StateMismatchException(OptionNames.in(String.valueOf(e.getMessage())));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(OptionNames.in(String.valueOf(e.getMessage())), e);
    }
  }

  private int train() throws IOException {
    Optional<SavedRun> run = SavedRun.find(options.output, ResumeFrom.parse(options.resume));
    Optional<TrainingTask> saved = run.flatMap(SavedRun::task);
    if (run.isPresent() && saved.isPresent()) {
      requireThisKind(run.get(), saved.get().kind());
    }
    TrainingTask asked = task(run, saved);
    if (run.isPresent() && options.isComplete(run.get())) {
      print("max-steps");
      return ExitStatus.FINE;
    }
    saved.ifPresent(before -> report(before, asked));
    TrainingTask task = saved.map(asked::keeping).orElse(asked);
    ConsoleReport console =
        ConsoleReport.of(err, Progress.onTerminal(), 80, InstantSource.system());
    TrainResult.Ended ended = Training.train(task, options, run, console, err);
    if (ended != TrainResult.Ended.STOPPED_ON_REQUEST || json) {
      print(
          ended == TrainResult.Ended.STOPPED_BY_CALLBACK ? "early-stopping-patience" : "max-steps");
    }
    return ExitStatus.FINE;
  }

  private void requireThisKind(SavedRun run, TaskKind found) {
    if (found != kind) {
      throw new RefusedException(
          "%s was saved by ckpt train %s and cannot go on with ckpt train %s; give another --output, or go on with ckpt train %s"
              .formatted(run.checkpoint().directory(), found.verb(), kind.verb(), found.verb()));
    }
  }

  /**
   * @param more the option of which a greater value makes the run go on
   */
  private void print(String more) throws IOException {
    CompletedRun.print(options.output, kind, more, json, spec.commandLine().getOut(), err);
  }

  /**
   * The model: the one named, or that of the run.
   *
   * @param usual what a training begins with otherwise
   */
  final String model(Optional<SavedRun> run, Optional<TrainingTask> saved, String usual) {
    return model.model != null
        ? model.model
        : saved
            .map(TrainingTask::model)
            // A checkpoint made in Python does not say what it began with, and is a model.
            .or(() -> run.map(from -> from.checkpoint().directory().toString()))
            .orElse(usual);
  }

  final TaskData data(Optional<TrainingTask> saved) {
    return data.data(kind, saved.map(TrainingTask::data));
  }

  final TransferLearning transfer(Optional<TrainingTask> task) {
    TransferLearning saved = task.map(TrainingTask::transfer).orElse(TransferLearning.NONE);
    return new TransferLearning(
        model.renames.isEmpty() ? saved.renames() : model.renames,
        model.ignoreMismatched || saved.ignoreMismatched(),
        options.freeze.isEmpty() ? saved.frozen() : options.freeze,
        options.layerDecay == null ? saved.layerDecay() : OptionalDouble.of(options.layerDecay),
        options.learningRatesOf.isEmpty() ? saved.rates() : options.learningRatesOf);
  }

  /** Says what of the task is another than when the checkpoint was saved. */
  private void report(TrainingTask before, TrainingTask now) {
    before
        .json()
        .members()
        .forEach(
            (name, value) -> {
              Json other = now.json().get(name);
              if (!NOT_REPORTED.contains(name) && !value.equals(other)) {
                String effect =
                    now.kept().contains(name)
                        ? "kept: the weights are the checkpoint's"
                        : "applied";
                err.println(
                    Printable.of(
                        "%s %s -> %s (%s)"
                            .formatted(name, value.toText(), other.toText(), effect)));
              }
            });
  }
}
