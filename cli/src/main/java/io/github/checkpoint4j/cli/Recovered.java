package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Recovery;
import java.io.PrintWriter;
import java.util.stream.Stream;

/** What a writer cleared away when it opened a run, as the user sees it. */
final class Recovered {
  private Recovered() {}

  /** One line each; none if there was nothing. */
  static void print(Recovery recovery, PrintWriter to) {
    Stream.of(
            recovery.staleOwner().stream().map(owner -> "took the lock that was left by " + owner),
            recovery.restored().stream().map(name -> "restored " + name),
            recovery.removed().stream().map(name -> "removed " + name),
            recovery.left().stream().map(left -> "left " + left))
        .flatMap(lines -> lines)
        .map(Printable::of)
        .forEach(to::println);
  }

  static Json json(Recovery recovery) {
    Json.Builder json = Json.object();
    recovery.staleOwner().ifPresent(owner -> json.put("stale_owner", owner));
    return json.put("restored", Plain.texts(recovery.restored()))
        .put("removed", Plain.texts(recovery.removed()))
        .put("left", Plain.texts(recovery.left()))
        .build();
  }
}
