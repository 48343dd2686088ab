package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The states of callbacks of one name, in the form of {@code stateful_callbacks}. */
final class StatefulCallback {
  private static final String ARGS = "args";
  private static final String ATTRIBUTES = "attributes";

  private StatefulCallback() {}

  /** The state of a single one, or a list of those of several. */
  static Json together(List<ExportableState> same) {
    List<Json> states = same.stream().map(StatefulCallback::json).toList();
    return states.size() == 1 ? states.getFirst() : new Json.Arr(states);
  }

  private static Json json(ExportableState callback) {
    return Json.object(Map.of(ARGS, callback.args(), ATTRIBUTES, callback.attributes()));
  }

  /**
   * Restores each from the state at its place, as far as there are, and returns what they were made
   * with that is another now.
   *
   * @throws IllegalArgumentException if a state is none of its callback
   */
  static List<Resumption.Change> restore(String name, List<ExportableState> same, Json saved) {
    List<Json> states = saved instanceof Json.Arr array ? array.items() : List.of(saved);
    List<Resumption.Change> changes = new ArrayList<>();
    for (int i = 0; i < Math.min(same.size(), states.size()); i++) {
      if (!(states.get(i) instanceof Json.Obj state)) {
        throw new IllegalArgumentException(
            "'%s' in trainer_state.json should be an object and is %s"
                .formatted(name, states.get(i).toText()));
      }
      var fields = new StateFields(state);
      same.get(i).restore(new Json.Obj(fields.members(ATTRIBUTES)));
      Map<String, Json> now = same.get(i).args().members();
      fields
          .members(ARGS)
          .forEach(
              (arg, before) ->
                  addIfChanged(changes, arg, before, now.getOrDefault(arg, Json.Null.NULL)));
    }
    return changes;
  }

  private static void addIfChanged(
      List<Resumption.Change> changes, String name, Json before, Json now) {
    if (!StateFields.same(before, now)) {
      changes.add(new Resumption.Change(name, before, now, Resumption.Effect.APPLIED));
    }
  }
}
