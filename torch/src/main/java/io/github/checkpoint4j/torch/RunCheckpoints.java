package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.CheckpointerBuilder;
import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The checkpoints of a trainer's run: what goes in, which one it starts from, which is best. */
final class RunCheckpoints implements AutoCloseable {
  static final String STATE = "trainer_state.json";
  static final String ARGUMENTS = "training_args.json";
  private static final String MODEL = "model";

  private final TrainingArguments arguments;
  private final Checkpointer checkpointer;
  private final TrainableModel trainable;
  private final Stateful model;
  private final Set<String> components;
  private final TrainedParameters trained;
  private final CallbackTensors callbackTensors;
  private final StateFile stateFile;
  private final InstantSource clock;
  private long savedStep = -1;

  /** How long training waited for the last save. */
  private Duration waited = Duration.ZERO;

  /** What {@code trainer_state.json} holds at the next save. */
  private static final class StateFile {
    private TrainerState state = new TrainerState();

    FileContent content() {
      return FileContent.of(state.toText());
    }
  }

  /** The state of a run that goes on, and the checkpoint it is from. */
  record Resumed(
      CheckpointInfo checkpoint,
      TrainerState state,
      SavedArguments arguments,
      List<Resumption.Change> filesLeftOut,
      Map<String, StateDict> callbackTensors,
      boolean madeHere) {}

  private RunCheckpoints(
      TrainingArguments arguments,
      Checkpointer checkpointer,
      TrainableModel trainable,
      Stateful model,
      Set<String> components,
      TrainedParameters trained,
      CallbackTensors callbackTensors,
      StateFile stateFile,
      InstantSource clock) {
    this.arguments = arguments;
    this.checkpointer = checkpointer;
    this.trainable = trainable;
    this.model = model;
    this.components = components;
    this.trained = trained;
    this.callbackTensors = callbackTensors;
    this.stateFile = stateFile;
    this.clock = clock;
  }

  /**
   * Opens the run's directory.
   *
   * @param state what a checkpoint holds besides the model, by component; random numbers last
   * @param trained which parameters are trained
   * @param callbackTensors the callbacks that have tensors
   * @param examples the number of training examples
   */
  static RunCheckpoints open(
      TrainingArguments arguments,
      TrainableModel trainable,
      ModuleState model,
      Map<String, Stateful> state,
      TrainedParameters trained,
      CallbackTensors callbackTensors,
      long examples,
      InstantSource clock)
      throws IOException {
    var stateFile = new StateFile();
    Json.Obj hyperparameters = trained.beside(Hyperparameters.of(arguments));
    Map<String, Json> recorded = new LinkedHashMap<>(hyperparameters.members());
    recorded.put(Hyperparameters.EXAMPLES, Json.of(examples));
    CheckpointerBuilder builder =
        Checkpointer.in(arguments.outputDir())
            .track(MODEL, model)
            .file(STATE, stateFile::content)
            .file(ARGUMENTS, () -> FileContent.of(hyperparameters.toIndentedText() + "\n"))
            .hyperparameters(Json.object(recorded))
            .fingerprint(Fingerprint.current(model.device()))
            .overwrite(goesBack(arguments))
            .clock(clock);
    if (!arguments.saveOnlyModel()) {
      state.forEach(builder::track);
    }
    if (arguments.incrementalSave()) {
      builder.incremental(model::frozen);
    }
    for (String file : trainable.files().keySet()) {
      builder.file(file, () -> content(trainable, file));
    }
    callbackTensors.files().forEach(builder::file);
    Optional<String> metric = arguments.bestMetric();
    Direction direction =
        arguments.greaterIsBetter().orElse(true) ? Direction.MAXIMIZE : Direction.MINIMIZE;
    metric.ifPresent(name -> builder.best(name, direction));
    arguments
        .saveTotalLimit()
        .ifPresent(limit -> builder.keep(new SaveTotalLimit(limit, metric, direction)));
    Set<String> components = new LinkedHashSet<>(List.of(MODEL));
    components.addAll(state.keySet());
    return new RunCheckpoints(
        arguments,
        builder.open(),
        trainable,
        model,
        components,
        trained,
        callbackTensors,
        stateFile,
        clock);
  }

  private static FileContent content(TrainableModel trainable, String file) {
    FileContent content = trainable.files().get(file);
    if (content == null) {
      throw new IllegalStateException(
          "the model had a file '" + file + "' before and has none now");
    }
    return content;
  }

  /** Whether the run starts from an older checkpoint of its own: later ones will be replaced. */
  private static boolean goesBack(TrainingArguments arguments) throws IOException {
    return arguments.resumeFromCheckpoint() instanceof ResumeFrom.Checkpoint(Path directory)
        && isIn(directory, arguments.outputDir());
  }

  private static boolean isIn(Path directory, Path parent) throws IOException {
    return Files.isDirectory(directory)
        && Files.isDirectory(parent)
        && Files.isSameFile(directory.toRealPath().getParent(), parent);
  }

  /**
   * Loads the checkpoint that the arguments say, if there is one.
   *
   * @throws IllegalArgumentException if that is not possible; the message says what to do
   */
  Optional<Resumed> resume() throws IOException {
    List<CheckpointInfo> present = checkpointer.checkpoints();
    switch (arguments.resumeFromCheckpoint()) {
      case ResumeFrom.Never _ -> {
        ResumeRules.requireNone(arguments.outputDir(), present, "to begin from the start");
        return Optional.empty();
      }
      case ResumeFrom.Auto _ -> {
        return newest(present);
      }
      case ResumeFrom.Newest _ -> {
        ResumeRules.requireAny(arguments.outputDir(), present);
        return newest(present);
      }
      case ResumeFrom.Checkpoint(Path directory) -> {
        ResumeRules.requireThere(directory, present);
        if (!goesBack(arguments)) {
          ResumeRules.requireNone(arguments.outputDir(), present, "to go on from " + directory);
        }
        requireSameRun(directory, true);
        CheckpointInfo resumed = checkpointer.resume(directory);
        ResumeRules.requireWholeState(arguments, resumed);
        return Optional.of(read(resumed));
      }
    }
  }

  private Optional<Resumed> newest(List<CheckpointInfo> present) throws IOException {
    if (present.isEmpty()) {
      return Optional.empty();
    }
    ResumeRules.requireWholeState(arguments, present.getLast());
    requireSameRun(present.getLast().directory(), false);
    Optional<CheckpointInfo> resumed = checkpointer.resume();
    return resumed.isEmpty() ? Optional.empty() : Optional.of(read(resumed.get()));
  }

  /**
   * Returns if this run can go on from a checkpoint, as far as the checkpoint tells.
   *
   * @param asked whether it is this one or none; else one that lacks a part is passed over
   */
  private void requireSameRun(Path directory, boolean asked) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      ResumeRules.requireOneProcess(checkpoint);
      if (asked) {
        ResumeRules.requireParts(checkpoint, components);
      }
      SavedArguments.in(checkpoint).requireResumable();
      trained.requireSame(checkpoint);
    } catch (CorruptFileException _) {
      // Whoever loads it says what is wrong with it, or passes it over.
    }
  }

  private Resumed read(CheckpointInfo info) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(info.directory())) {
      TrainerState state = TrainerState.parse(checkpoint.json(STATE));
      savedStep = state.globalStep();
      state.bestModelCheckpoint(state.bestModelCheckpoint().flatMap(this::found));
      CompanionFiles companions = CompanionFiles.of(checkpoint, this::isMade);
      companions.passedOn().forEach(checkpointer::file);
      return new Resumed(
          info,
          state,
          SavedArguments.in(checkpoint),
          companions.leftOut(),
          callbackTensors.read(checkpoint),
          checkpoint.manifest().isPresent());
    }
  }

  private boolean isMade(String file) {
    return Set.of(STATE, ARGUMENTS).contains(file)
        || trainable.files().containsKey(file)
        || callbackTensors.byFile().containsKey(file)
        || components.stream().anyMatch(component -> TrainerLayout.isFileOf(component, file));
  }

  /** What differs from when the checkpoint that was resumed was saved, if it says so. */
  List<io.github.checkpoint4j.Change> changes() {
    return checkpointer.changes();
  }

  /** The newer checkpoints that were passed over, each with the reason. */
  List<String> skipped() {
    return checkpointer.skipped().stream()
        .map(skip -> "passed over " + skip.checkpoint().name() + ": " + skip.reason())
        .toList();
  }

  /**
   * Saves a checkpoint of this state, unless the step has one already. With {@code asyncSave} it is
   * only begun when this returns.
   *
   * @param metrics those of this step
   * @return the checkpoint that became durable, if one did and was not told before
   * @throws IOException if it could not be saved, or the one begun before could not
   */
  Optional<Saved> save(TrainerState state, Map<String, Double> metrics) throws IOException {
    if (savedStep == state.globalStep()) {
      return Optional.empty();
    }
    Instant begun = clock.instant();
    // Until the save before is durable it cannot be named as the best.
    Optional<Saved> before = awaitSave();
    state.bestModelCheckpoint(bestPath(state).or(state::bestModelCheckpoint));
    stateFile.state = state;
    Map<String, Double> kept = new LinkedHashMap<>(metrics);
    kept.keySet().removeIf(name -> name.endsWith("_runtime") || name.endsWith("_per_second"));
    long step = state.globalStep();
    Optional<CheckpointInfo> durable =
        arguments.asyncSave()
            ? checkpointer.saveInBackground(step, state.epoch(), kept)
            : Optional.of(checkpointer.save(step, state.epoch(), kept));
    savedStep = step;
    waited = Duration.between(begun, clock.instant());
    return before.or(() -> saved(durable));
  }

  /** The checkpoint that became durable since it was last asked for; does not wait. */
  Optional<Saved> pollSave() throws IOException {
    return saved(checkpointer.pollSave());
  }

  /** As {@link #pollSave}, when no save is in flight any more. */
  Optional<Saved> awaitSave() throws IOException {
    return saved(checkpointer.awaitSave());
  }

  private Optional<Saved> saved(Optional<CheckpointInfo> checkpoint) {
    return checkpoint.map(info -> new Saved(info, waited));
  }

  /** The path of the best step's checkpoint, if it has one or is about to. */
  private Optional<String> bestPath(TrainerState state) {
    if (state.bestGlobalStep().isEmpty()) {
      return Optional.empty();
    }
    long best = state.bestGlobalStep().getAsLong();
    Path path = arguments.outputDir().resolve("checkpoint-" + best);
    return best == state.globalStep() || Files.isDirectory(path)
        ? Optional.of(path.toString())
        : Optional.empty();
  }

  /** The path of a checkpoint here by its name, in case the directory was moved; or as it is. */
  private Optional<String> found(String path) {
    Path recorded = Path.of(path);
    return Stream.of(arguments.outputDir().resolve(recorded.getFileName()), recorded)
        .filter(Files::isDirectory)
        .map(Path::toString)
        .findFirst();
  }

  /** Loads the weights of the best checkpoint; empty if there is none. */
  Optional<CheckpointInfo> loadBest() throws IOException {
    Optional<CheckpointInfo> best = checkpointer.best();
    if (best.isPresent()) {
      try (Checkpoint checkpoint = checkpointer.open(best.get())) {
        try {
          model.loadStateDict(checkpoint.state(MODEL));
        } catch (InternalError e) {
          checkpoint.requireReadable();
          throw e;
        }
      }
    }
    return best;
  }

  @Override
  public void close() throws IOException {
    checkpointer.close();
  }
}
