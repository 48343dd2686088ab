package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PickledFields;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The arguments of the run that saved a checkpoint, as the checkpoint tells them: {@code
 * training_args.json}, or else the plain fields of the {@code training_args.bin} that Python's
 * Trainer writes. Nothing in that file is run.
 *
 * @param all by Hugging Face's names of today, whatever version wrote them; empty if it has neither
 *     file, or the one it has cannot be read
 * @param checkpoint the name of the checkpoint
 * @param unread why {@code training_args.bin} was not read, if it is there and was not
 */
public record SavedArguments(Json.Obj all, String checkpoint, Optional<String> unread) {
  static final String PICKLED = "training_args.bin";

  /**
   * Those of a checkpoint.
   *
   * @throws CorruptFileException if {@code training_args.json} is not JSON
   * @throws IOException if a file cannot be read
   */
  public static SavedArguments in(Checkpoint checkpoint) throws IOException {
    String name = checkpoint.info().name();
    if (checkpoint.files().contains(RunCheckpoints.ARGUMENTS)) {
      return of(checkpoint.json(RunCheckpoints.ARGUMENTS), name);
    }
    if (!checkpoint.files().contains(PICKLED)) {
      return of(Json.object().build(), name);
    }
    try {
      PickledFields fields =
          PyTorch.readTrainingArguments(
              checkpoint.file(PICKLED).bytes(), checkpoint.info().directory() + "/" + PICKLED);
      return of((Json.Obj) json(fields.values()), name);
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return new SavedArguments(
          Json.object().build(), name, Optional.of(String.valueOf(e.getMessage())));
    }
  }

  private static SavedArguments of(Json.Obj arguments, String checkpoint) {
    return new SavedArguments(OlderArguments.renamed(arguments), checkpoint, Optional.empty());
  }

  /** Those that are arguments here and part of a run, for {@link TrainingArgumentsBuilder#set}. */
  public Json.Obj supported() {
    Map<String, Json> supported = new LinkedHashMap<>(all.members());
    supported.keySet().retainAll(Hyperparameters.NAMES);
    return Json.object(supported);
  }

  /**
   * Returns if the run can go on here.
   *
   * @throws IllegalArgumentException if it had an optimizer or an order of the data that is not
   *     supported, or was spread over devices; the message names the argument
   */
  public void requireResumable() {
    UnsupportedArguments.requireResumable(all, checkpoint);
  }

  /** The seed of the order of the data. */
  OptionalLong dataSeed() {
    for (String name : List.of("data_seed", "seed")) {
      if (all.find(name).orElse(Json.Null.NULL) instanceof Json.Num seed && seed.isWhole()) {
        return OptionalLong.of(seed.asLong());
      }
    }
    return OptionalLong.empty();
  }

  /**
   * What is another now, and what the run goes on without.
   *
   * @param told the names of arguments of which something else tells the value
   * @throws IllegalArgumentException if the run cannot go on with one of them
   */
  List<Resumption.Change> changes(TrainingArguments arguments, Set<String> told) {
    List<Resumption.Change> changes = new ArrayList<>();
    Json.Obj now = Hyperparameters.of(arguments);
    supported()
        .members()
        .forEach(
            (name, before) -> {
              Json after = now.get(name);
              if (!told.contains(name) && !StateFields.same(before, after)) {
                changes.add(
                    new Resumption.Change(
                        name,
                        before,
                        after,
                        Hyperparameters.effect(name, before, after, checkpoint)));
              }
            });
    changes.addAll(UnsupportedArguments.leftOut(all));
    unread.ifPresent(
        reason ->
            changes.add(
                new Resumption.Change(
                    PICKLED, Json.of(reason), Json.Null.NULL, Resumption.Effect.UNSUPPORTED)));
    return changes;
  }

  /** Plain values as JSON; one that JSON has not is its text. */
  private static Json json(Value value) {
    return switch (value) {
      case Value.None _ -> Json.Null.NULL;
      case Value.Bool bool -> Json.of(bool.value());
      case Value.Int whole -> new Json.Num(whole.value().toString());
      case Value.Real real when Double.isFinite(real.value()) -> Json.of(real.value());
      case Value.Text text -> Json.of(text.value());
      case Value.Items items -> array(items.values());
      case Value.Tuple tuple -> array(tuple.values());
      case StateDict dict -> {
        Map<String, Json> members = new LinkedHashMap<>();
        dict.entries().forEach((name, entry) -> members.put(name, json(entry)));
        yield Json.object(members);
      }
      default -> Json.of(value.toString());
    };
  }

  private static Json array(List<Value> values) {
    return Json.array(values.stream().map(SavedArguments::json).toList());
  }
}
