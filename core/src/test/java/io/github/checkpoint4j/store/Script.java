package io.github.checkpoint4j.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** What is done to a store, one step after the other, with the checkpoints there are after each. */
final class Script {
  /** Does something to the store. */
  @FunctionalInterface
  private interface Action {
    void on(CheckpointStore store) throws IOException;
  }

  /**
   * One thing that is done.
   *
   * @param possible what there may be while it is done, in its order: the first before it, the last
   *     after it, and between them what it makes durable one after the other
   * @param reopens whether it is done by a writer that comes after the last one ended
   * @param takenBack whether, if it fails, it is as if it had not been tried
   */
  record Step(
      String name, List<List<Saved>> possible, boolean reopens, boolean takenBack, Action action) {
    void perform(CheckpointStore store) throws IOException {
      action.on(store);
    }

    List<Saved> before() {
      return possible.getFirst();
    }

    List<Saved> after() {
      return possible.getLast();
    }

    /** What there may be while it is done. */
    Set<List<Saved>> either() {
      return new LinkedHashSet<>(possible);
    }

    /** What there may be after it failed: on a device that is dead, nothing can be taken back. */
    Set<List<Saved>> failed(Fault fault) {
      return takenBack && !(fault instanceof Fault.Dead) ? Set.of(before()) : either();
    }
  }

  private final List<Step> steps = new ArrayList<>();
  private List<Saved> present;
  private int version;

  /** A script for a store without checkpoints. */
  Script() {
    this(List.of());
  }

  /** A script for a store that has these checkpoints. */
  Script(List<Saved> present) {
    this.present = present;
  }

  /** A script of so many steps, of every kind, that work on two or three checkpoints. */
  static Script random(int length, RandomGenerator random) {
    Script script = new Script().save(1);
    while (script.steps.size() < length) {
      script.randomStep(random);
    }
    return script;
  }

  private void randomStep(RandomGenerator random) {
    long step = 1L + random.nextInt(20);
    if (present.isEmpty() || random.nextInt(3) == 0) {
      if (present.stream().allMatch(saved -> saved.step() != step)) {
        if (random.nextBoolean()) {
          save(step);
        } else {
          saveAndKeepLatest(step, 1 + random.nextInt(2));
        }
      }
      return;
    }
    Saved some = present.get(random.nextInt(present.size()));
    switch (random.nextInt(6)) {
      case 0 -> overwrite(some.step());
      case 1 -> keepLatest(1 + random.nextInt(2));
      case 2 -> pin(some.step());
      case 3 -> unpin(some.step());
      case 4 -> reopen();
      default -> {
        if (!some.pinned()) {
          delete(some.step());
        }
      }
    }
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  Script save(long step) {
    Saved saved = new Saved(step, version++, false);
    return step("save " + step, true, with(saved), store -> store.commit(saved.content(false)));
  }

  /** Saves over a checkpoint, which stays pinned if it is. */
  Script overwrite(long step) {
    Saved saved = new Saved(step, version++, saved(step).pinned());
    return step("overwrite " + step, true, with(saved), store -> store.commit(saved.content(true)));
  }

  Script delete(long step) {
    return step("delete " + step, false, without(step), store -> store.delete(find(store, step)));
  }

  /** Deletes all but the latest and those pinned, oldest first, each as a step of its own. */
  Script keepLatest(int count) {
    surplus(present, count).forEach(this::delete);
    return this;
  }

  /** Saves, and in the same step deletes all but the latest and those pinned, oldest first. */
  Script saveAndKeepLatest(long step, int count) {
    Saved saved = new Saved(step, version++, false);
    return saveAndKeep(
        saved,
        count,
        (store, surplus) -> {
          store.commit(saved.content(false));
          deleteAll(store, surplus);
        });
  }

  /** As {@link #saveAndKeepLatest}, in the wrong order: it deletes before it has saved. */
  Script keepLatestAndSave(long step, int count) {
    Saved saved = new Saved(step, version++, false);
    return saveAndKeep(
        saved,
        count,
        (store, surplus) -> {
          deleteAll(store, surplus);
          store.commit(saved.content(false));
        });
  }

  /** Saves and deletes. */
  @FunctionalInterface
  private interface Retention {
    void on(CheckpointStore store, List<Long> surplus) throws IOException;
  }

  private Script saveAndKeep(Saved saved, int count, Retention retention) {
    List<List<Saved>> possible = new ArrayList<>(List.of(present, with(saved)));
    List<Long> surplus = surplus(with(saved), count);
    for (long step : surplus) {
      possible.add(possible.getLast().stream().filter(other -> other.step() != step).toList());
    }
    steps.add(
        new Step(
            "save %d, keep %d".formatted(saved.step(), count),
            possible,
            false,
            false,
            store -> retention.on(store, surplus)));
    present = possible.getLast();
    return this;
  }

  private static void deleteAll(CheckpointStore store, List<Long> steps) throws IOException {
    for (long step : steps) {
      store.delete(find(store, step));
    }
  }

  private static List<Long> surplus(List<Saved> all, int count) {
    return all.subList(0, Math.max(0, all.size() - count)).stream()
        .filter(saved -> !saved.pinned())
        .map(Saved::step)
        .toList();
  }

  Script pin(long step) {
    return step("pin " + step, false, marked(step, true), store -> store.pin(find(store, step)));
  }

  Script unpin(long step) {
    return step(
        "unpin " + step, false, marked(step, false), store -> store.unpin(find(store, step)));
  }

  /** The writer closes, and another one opens. */
  Script reopen() {
    steps.add(new Step("reopen", List.of(present), true, false, _ -> {}));
    return this;
  }

  private Script step(String name, boolean takenBack, List<Saved> after, Action action) {
    steps.add(new Step(name, List.of(present, after), false, takenBack, action));
    present = after;
    return this;
  }

  private Saved saved(long step) {
    return present.stream().filter(saved -> saved.step() == step).findFirst().orElseThrow();
  }

  private List<Saved> without(long step) {
    return present.stream().filter(saved -> saved.step() != step).toList();
  }

  /** A replaced checkpoint is the newest. */
  private List<Saved> with(Saved newest) {
    List<Saved> after = new ArrayList<>(without(newest.step()));
    after.add(newest);
    return List.copyOf(after);
  }

  private List<Saved> marked(long step, boolean pinned) {
    return present.stream()
        .map(saved -> saved.step() == step ? new Saved(step, saved.version(), pinned) : saved)
        .toList();
  }

  private static CheckpointInfo find(CheckpointStore store, long step) throws IOException {
    return store.list().stream().filter(info -> info.step() == step).findFirst().orElseThrow();
  }

  @Override
  public String toString() {
    return String.join(", ", steps.stream().map(Step::name).toList());
  }
}
