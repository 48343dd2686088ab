package io.github.checkpoint4j;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Something that is not now as it was when the checkpoint was saved.
 *
 * @param name a hyperparameter's name, or {@code fingerprint.} and a name in the fingerprint
 * @param saved the value in the checkpoint; {@link Json.Null} if there was none
 * @param now the value of this run; {@link Json.Null} if there is none
 */
public record Change(String name, Json saved, Json now) {

  /**
   * What differs between two objects, member by member, in their order.
   *
   * @param prefix what the names of the changes begin with
   */
  public static List<Change> between(String prefix, Json.Obj saved, Json.Obj now) {
    Set<String> names = new LinkedHashSet<>(saved.members().keySet());
    names.addAll(now.members().keySet());
    List<Change> changes = new ArrayList<>();
    for (String name : names) {
      Json before = saved.find(name).orElse(Json.Null.NULL);
      Json after = now.find(name).orElse(Json.Null.NULL);
      if (!before.equals(after)) {
        changes.add(new Change(prefix + name, before, after));
      }
    }
    return changes;
  }

  /** For instance {@code learning_rate: 5e-05 -> 2e-05}. */
  @Override
  public String toString() {
    return name + ": " + saved.toText() + " -> " + now.toText();
  }
}
