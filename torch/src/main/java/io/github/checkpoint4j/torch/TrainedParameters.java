package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.Manifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;

/**
 * Which parameters of a model a run trains, and how: what the groups of its optimizer, and so their
 * state, depend on.
 *
 * @param frozen the names of those that are not trained
 * @param rates the learning rates of the others
 * @param optimizer the class of an optimizer that the arguments do not name; empty if they do
 */
record TrainedParameters(List<String> frozen, LearningRates rates, Optional<String> optimizer) {
  private static final String FROZEN = "frozen_parameters";
  private static final String RATES = "learning_rates";
  private static final String OPTIMIZER = "optimizer";
  private static final int MOST_NAMED = 5;

  static TrainedParameters of(Module module, LearningRates rates, Optional<String> optimizer) {
    return new TrainedParameters(Freezing.frozen(module), rates, optimizer);
  }

  /** The hyperparameters of a run, these among them if they are not as they usually are. */
  Json.Obj beside(Json.Obj hyperparameters) {
    Map<String, Json> members = new LinkedHashMap<>(hyperparameters.members());
    if (!frozen.isEmpty()) {
      members.put(FROZEN, Json.array(frozen.stream().map(Json::of).toList()));
    }
    if (!rates.isUniform()) {
      members.put(RATES, rates.toJson());
    }
    optimizer.ifPresent(name -> members.put(OPTIMIZER, Json.of(name)));
    return Json.object(members);
  }

  /**
   * Returns if a checkpoint was saved with the same, or does not say.
   *
   * @throws IllegalArgumentException if not, with what differs
   */
  void requireSame(Checkpoint checkpoint) {
    Path directory = checkpoint.info().directory();
    Optional<Json.Obj> saved = checkpoint.manifest().map(Manifest::hyperparameters);
    if (saved.isPresent()) {
      requireSameFrozen(names(saved.get()), directory);
      requireSameRates(saved.get().find(RATES), directory);
      requireSameOptimizer(saved.get().find(OPTIMIZER), directory);
    }
  }

  private void requireSameOptimizer(Optional<Json> saved, Path checkpoint) {
    Optional<Json> now = optimizer.map(Json::of);
    if (!now.equals(saved)) {
      String arguments = "that of the arguments";
      throw new IllegalArgumentException(
          ("the optimizer is %s and was %s when %s was saved. Give the same again, or begin a new run"
                  + " from its weights in another output directory")
              .formatted(
                  now.map(Json::toText).orElse(arguments),
                  saved.map(Json::toText).orElse(arguments),
                  checkpoint.getFileName()));
    }
  }

  private void requireSameFrozen(List<String> saved, Path checkpoint) {
    List<String> differences = new ArrayList<>();
    describe(differences, frozen, saved, "frozen now, but not then");
    describe(differences, saved, frozen, "frozen then, but not now");
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          ("other parameters are trained than when %s was saved, and the optimizer has no state for"
                  + " them: %s. Freeze the same again, or begin a new run from its weights in another"
                  + " output directory")
              .formatted(checkpoint.getFileName(), String.join("; ", differences)));
    }
  }

  private static void describe(
      List<String> differences, List<String> all, List<String> without, String what) {
    List<String> rest = all.stream().filter(name -> !without.contains(name)).toList();
    if (!rest.isEmpty()) {
      differences.add(StateFit.counted(what, rest, MOST_NAMED));
    }
  }

  private void requireSameRates(Optional<Json> saved, Path checkpoint) {
    Optional<Json> now = rates.isUniform() ? Optional.empty() : Optional.<Json>of(rates.toJson());
    if (!now.equals(saved)) {
      throw new IllegalArgumentException(
          ("the learning rates of parts of the model are %s and were %s when %s was saved: the"
                  + " groups of the optimizer would be others. Give the same again, or begin a new"
                  + " run from its weights in another output directory")
              .formatted(text(now), text(saved), checkpoint.getFileName()));
    }
  }

  private static String text(Optional<Json> rates) {
    return rates.map(Json::toText).orElse("not set");
  }

  private static List<String> names(Json.Obj saved) {
    return saved.find(FROZEN).orElse(Json.Null.NULL) instanceof Json.Arr names
        ? names.items().stream()
            .flatMap(name -> name instanceof Json.Str text ? Stream.of(text.value()) : Stream.of())
            .toList()
        : List.of();
  }
}
