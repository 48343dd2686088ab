package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * How far a training is, and what it logged: Hugging Face's {@code TrainerState}, the content of
 * {@code trainer_state.json}. Callbacks see it change; only the trainer changes it.
 */
public final class TrainerState {
  private final Map<String, Json> callbacks = new TreeMap<>();
  private final List<Json.Obj> logHistory = new ArrayList<>();
  private final Map<String, Json> trial = new TreeMap<>();
  private double epoch;
  private long globalStep;
  private long maxSteps;
  private long numTrainEpochs;
  private long loggingSteps = 500;
  private long evalSteps = 500;
  private long saveSteps = 500;
  private OptionalLong trainBatchSize = OptionalLong.empty();
  private long numInputTokensSeen;
  private double totalFlos;
  private OptionalDouble bestMetric = OptionalDouble.empty();
  private OptionalLong bestGlobalStep = OptionalLong.empty();
  private Optional<String> bestModelCheckpoint = Optional.empty();

  TrainerState() {}

  /**
   * The state in a {@code trainer_state.json}. Fields it lacks have their value at the beginning of
   * a training.
   *
   * @throws IllegalArgumentException if a field has another kind of value than it should; the
   *     message names it
   */
  public static TrainerState parse(Json.Obj json) {
    var state = new TrainerState();
    var fields = new StateFields(json);
    state.epoch = fields.real("epoch").orElse(0);
    state.globalStep = fields.count("global_step").orElse(0);
    state.maxSteps = fields.count("max_steps").orElse(0);
    state.numTrainEpochs = fields.count("num_train_epochs").orElse(0);
    state.loggingSteps = fields.count("logging_steps").orElse(500);
    state.evalSteps = fields.count("eval_steps").orElse(500);
    state.saveSteps = fields.count("save_steps").orElse(500);
    state.trainBatchSize = fields.count("train_batch_size");
    state.numInputTokensSeen = fields.count("num_input_tokens_seen").orElse(0);
    state.totalFlos = fields.real("total_flos").orElse(0);
    state.bestMetric = fields.real("best_metric");
    state.bestGlobalStep = fields.count("best_global_step");
    state.bestModelCheckpoint = fields.text("best_model_checkpoint");
    fields.present("trial_name").ifPresent(value -> state.trial.put("trial_name", value));
    fields.present("trial_params").ifPresent(value -> state.trial.put("trial_params", value));
    fields.entries("log_history").forEach(state.logHistory::add);
    state.callbacks.putAll(fields.members("stateful_callbacks"));
    return state;
  }

  /** The content of {@code trainer_state.json}, just as Python's Trainer writes it. */
  public String toText() {
    Map<String, Json> json = new TreeMap<>();
    json.put("best_global_step", StateFields.orNull(bestGlobalStep));
    json.put("best_metric", StateFields.orNull(bestMetric));
    json.put("best_model_checkpoint", bestModelCheckpoint.map(Json::of).orElse(Json.Null.NULL));
    json.put("epoch", epochJson());
    json.put("eval_steps", Json.of(evalSteps));
    json.put("global_step", Json.of(globalStep));
    json.put("is_hyper_param_search", Json.of(false));
    json.put("is_local_process_zero", Json.of(true));
    json.put("is_world_process_zero", Json.of(true));
    json.put("log_history", new Json.Arr(List.copyOf(logHistory)));
    json.put("logging_steps", Json.of(loggingSteps));
    json.put("max_steps", Json.of(maxSteps));
    json.put("num_input_tokens_seen", Json.of(numInputTokensSeen));
    json.put("num_train_epochs", Json.of(numTrainEpochs));
    json.put("save_steps", Json.of(saveSteps));
    json.put("stateful_callbacks", new Json.Obj(callbacks));
    json.put("total_flos", Json.of(totalFlos));
    json.put("train_batch_size", StateFields.orNull(trainBatchSize));
    json.put("trial_name", trial.getOrDefault("trial_name", Json.Null.NULL));
    json.put("trial_params", trial.getOrDefault("trial_params", Json.Null.NULL));
    return StateFields.sorted(new Json.Obj(json)).toIndentedText() + "\n";
  }

  /** Epochs done; the fraction is the part of the current one. */
  public double epoch() {
    return epoch;
  }

  /** Steps of the optimizer done. */
  public long globalStep() {
    return globalStep;
  }

  /** Steps of the optimizer in all. */
  public long maxSteps() {
    return maxSteps;
  }

  /** Epochs begun by the end. */
  public long numTrainEpochs() {
    return numTrainEpochs;
  }

  /** Steps between logs. */
  public long loggingSteps() {
    return loggingSteps;
  }

  /** Steps between evaluations. */
  public long evalSteps() {
    return evalSteps;
  }

  /** Steps between checkpoints; 0: only one, at the end. */
  public long saveSteps() {
    return saveSteps;
  }

  /** Examples in a training batch; empty in a state from elsewhere that does not say. */
  public OptionalLong trainBatchSize() {
    return trainBatchSize;
  }

  /** Floating-point operations, as far as they were counted. */
  public double totalFlos() {
    return totalFlos;
  }

  /** Everything logged, in order: names and values, and the {@code step} of each. */
  public List<Json.Obj> logHistory() {
    return Collections.unmodifiableList(logHistory);
  }

  /** The best value of the metric so far; infinite if there was none that is finite. */
  public OptionalDouble bestMetric() {
    return bestMetric;
  }

  /** The step of the best value. */
  public OptionalLong bestGlobalStep() {
    return bestGlobalStep;
  }

  /** The path of the best checkpoint, as Python's Trainer has it. */
  public Optional<String> bestModelCheckpoint() {
    return bestModelCheckpoint;
  }

  /** The state of a callback, by the name of its class in Python. */
  Optional<Json> callback(String name) {
    return Optional.ofNullable(callbacks.get(name));
  }

  void callback(String name, Json state) {
    callbacks.put(name, state);
  }

  /** The callbacks with a state that are none of {@code names}, nor the trainer's own. */
  List<String> callbacksBesides(Set<String> names) {
    return callbacks.keySet().stream()
        .filter(name -> !names.contains(name))
        .filter(name -> !Set.of(TrainerControl.NAME, Position.NAME).contains(name))
        .toList();
  }

  void removeCallback(String name) {
    callbacks.remove(name);
  }

  void begin(TrainingArguments arguments, RunLength length) {
    maxSteps = length.maxSteps();
    numTrainEpochs = length.epochs();
    loggingSteps = TrainingArguments.stepsOf(arguments.loggingSteps(), maxSteps);
    arguments
        .evalSteps()
        .ifPresent(steps -> evalSteps = TrainingArguments.stepsOf(steps, maxSteps));
    saveSteps = TrainingArguments.stepsOf(arguments.saveSteps(), maxSteps);
    trainBatchSize = OptionalLong.of(arguments.perDeviceTrainBatchSize());
  }

  void stepDone(double epochNow) {
    globalStep++;
    epoch = epochNow;
  }

  void counted(double operations) {
    totalFlos += operations;
  }

  void log(Map<String, Double> values) {
    Map<String, Json> entry = new TreeMap<>();
    values.forEach((name, value) -> entry.put(name, Json.of(value)));
    entry.put("epoch", epochJson());
    entry.put("step", Json.of(globalStep));
    logHistory.add(new Json.Obj(entry));
  }

  /** Makes {@code value} the best if it is finite and better; returns whether it is. */
  boolean improve(double value, boolean greaterIsBetter, boolean saving) {
    double none = greaterIsBetter ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    double best = bestMetric.orElse(none);
    boolean better = Double.isFinite(value) && (greaterIsBetter ? value > best : value < best);
    bestMetric = OptionalDouble.of(better ? value : best);
    if (better && saving) {
      bestGlobalStep = OptionalLong.of(globalStep);
    }
    return better;
  }

  void bestModelCheckpoint(Optional<String> path) {
    bestModelCheckpoint = path;
  }

  /** Before the first step, Python's epoch is the integer 0. */
  private Json epochJson() {
    return globalStep == 0 && epoch == 0 ? Json.of(0L) : Json.of(epoch);
  }
}
