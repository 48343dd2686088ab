package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointContent;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Objective;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The saves of a run, one after the other: each is durable, and what the policy gives up deleted,
 * before the next begins. A save is made by the caller's thread, or by one of its own.
 *
 * <p>The store is used by one thread at a time. While a save is in flight that is the thread of the
 * save; all that needs the store waits, but {@link #list} tells what was there when it was last
 * known to be durable. No one interrupts the thread of a save, since that would fail the save. It
 * is not a daemon, and ends with the save: a JVM whose other threads end waits for the save and for
 * nothing else.
 */
final class Saver implements AutoCloseable {
  private final CheckpointStore store;
  private final RetentionPolicy policy;
  private final Optional<Objective> objective;
  private final InstantSource clock;
  private final Snapshot snapshot = new Snapshot();

  /** The moments of the checkpoints there were at opening, and of those made durable since. */
  private final List<Moment> saved = new ArrayList<>();

  /** The saves since opening, as they became durable. */
  private final List<Overhead.Durable> landed = new ArrayList<>();

  /** The checkpoints, as last listed; set by the thread that uses the store. */
  private volatile List<CheckpointInfo> known;

  private Optional<Flight> flight = Optional.empty();

  /** The last checkpoint made durable since opening, or since a checkpoint was loaded. */
  private Optional<CheckpointInfo> newest = Optional.empty();

  /** Of the last save in flight, as long as it was not told. */
  private Optional<CheckpointInfo> untold = Optional.empty();

  /** Of the last save in flight, as long as it was not thrown. */
  private Optional<Throwable> failure = Optional.empty();

  private boolean closed;

  /** A save that another thread makes. */
  private record Flight(Moment moment, CompletableFuture<Outcome> outcome) {}

  /**
   * What came of a save.
   *
   * @param durable the checkpoint; there may be one though the save failed: if another checkpoint
   *     could not be deleted
   * @param at when that was durable
   */
  private record Outcome(
      Optional<CheckpointInfo> durable, Optional<Throwable> failure, Instant at) {}

  /**
   * @param clock asked by the thread of a save
   */
  Saver(
      CheckpointStore store,
      RetentionPolicy policy,
      Optional<Objective> objective,
      InstantSource clock)
      throws IOException {
    this.clock = clock;
    this.store = store;
    this.policy = policy;
    this.objective = objective;
    this.known = store.list();
    known.stream().filter(CheckpointInfo::usable).map(Moment::of).forEach(saved::add);
  }

  /**
   * Saves now; after the save in flight, if there is one, whether that fails or not.
   *
   * @param spared which checkpoints are not deleted, whatever the policy says
   * @throws IllegalArgumentException if the policy could not decide after it; nothing is saved
   */
  CheckpointInfo save(
      Moment now, Supplier<CheckpointContent> content, Predicate<CheckpointInfo> spared)
      throws IOException {
    requireOpen();
    land();
    requireDecidable(now);
    Outcome outcome = attempt(now, content, spared);
    remember(now, outcome);
    if (outcome.failure().isPresent()) {
      throw thrown(outcome.failure().get());
    }
    return outcome.durable().orElseThrow();
  }

  /**
   * Has another thread save a copy of a state. Waits until the save before is durable.
   *
   * @param live gives the state; called by this thread
   * @param content what to save, of the copy; called by the other thread
   * @param spared which checkpoints are not deleted, whatever the policy says; asked by the other
   *     thread
   * @return the checkpoint of the save before, if it was not told
   * @throws IOException if the save before failed and that was not thrown; then nothing is done
   * @throws IllegalArgumentException if the policy could not decide after it; nothing is saved
   */
  Optional<CheckpointInfo> saveInBackground(
      Moment now,
      Supplier<TrackedState> live,
      Function<TrackedState, CheckpointContent> content,
      Predicate<CheckpointInfo> spared)
      throws IOException {
    requireOpen();
    land();
    throwFailure();
    requireDecidable(now);
    TrackedState copy = snapshot.take(live.get());
    var outcome = new CompletableFuture<Outcome>();
    Thread.ofPlatform()
        .name("checkpoint saver")
        .daemon(false)
        .inheritInheritableThreadLocals(false)
        .start(() -> outcome.complete(attempt(now, () -> content.apply(copy), spared)));
    flight = Optional.of(new Flight(now, outcome));
    return tell();
  }

  private void requireDecidable(Moment now) {
    List<Moment> then = new ArrayList<>();
    known.stream().filter(CheckpointInfo::usable).map(Moment::of).forEach(then::add);
    add(then, now);
    policy.keep(then, now.time());
  }

  private Outcome attempt(
      Moment now, Supplier<CheckpointContent> content, Predicate<CheckpointInfo> spared) {
    Optional<CheckpointInfo> durable = Optional.empty();
    Instant at = now.time();
    try {
      durable = Optional.of(store.commit(content.get()));
      at = clock.instant();
      retain(durable.get(), now, spared);
      return new Outcome(durable, Optional.empty(), at);
    } catch (Throwable e) {
      // Whatever it is: a save without an outcome would be waited for forever.
      return new Outcome(durable, Optional.of(e), at);
    }
  }

  private void retain(CheckpointInfo checkpoint, Moment now, Predicate<CheckpointInfo> spared)
      throws IOException {
    try {
      known = store.list();
      for (CheckpointInfo surplus : Retention.of(known, policy, objective, now.time()).surplus()) {
        if (spared.test(surplus)) {
          continue;
        }
        known = known.stream().filter(info -> !info.equals(surplus)).toList();
        store.delete(surplus);
      }
    } catch (IOException e) {
      throw new IOException(
          "%s is saved, but an older checkpoint was not deleted: %s"
              .formatted(checkpoint.directory(), e.getMessage()),
          e);
    }
  }

  /** The checkpoint that became durable in flight since this was last asked. Does not wait. */
  Optional<CheckpointInfo> poll() throws IOException {
    throwFailure();
    return tell();
  }

  /** As {@link #poll}, once no save is in flight. */
  Optional<CheckpointInfo> await() throws IOException {
    land();
    return poll();
  }

  /** Throws what the save in flight failed with, if it has, and that was not thrown before. */
  void throwFailure() throws IOException {
    landIfDone();
    if (failure.isPresent()) {
      Throwable once = failure.get();
      failure = Optional.empty();
      throw thrown(once);
    }
  }

  private static IOException thrown(Throwable failure) {
    return switch (failure) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    };
  }

  private Optional<CheckpointInfo> tell() {
    Optional<CheckpointInfo> told = untold;
    untold = Optional.empty();
    return told;
  }

  private void landIfDone() {
    if (flight.isPresent() && flight.get().outcome().isDone()) {
      land();
    }
  }

  /** Waits for the save in flight, also if this thread is interrupted, which it stays. */
  private void land() {
    if (flight.isEmpty()) {
      return;
    }
    Outcome outcome = flight.get().outcome().join();
    remember(flight.get().moment(), outcome);
    flight = Optional.empty();
    failure = outcome.failure();
    untold = failure.isEmpty() ? outcome.durable() : Optional.empty();
  }

  private void remember(Moment moment, Outcome outcome) {
    if (outcome.durable().isPresent()) {
      newest = outcome.durable();
      add(saved, moment);
      landed.add(new Overhead.Durable(moment.time(), outcome.at()));
    }
  }

  private static void add(List<Moment> moments, Moment now) {
    moments.removeIf(moment -> moment.step() == now.step());
    moments.add(now);
  }

  /** The saves that became durable since opening, in their order. */
  List<Overhead.Durable> durable() {
    landIfDone();
    return List.copyOf(landed);
  }

  /** The moments of the checkpoints, that of the save in flight counted, oldest first. */
  List<Moment> saved() {
    landIfDone();
    List<Moment> all = new ArrayList<>(saved);
    flight.ifPresent(save -> add(all, save.moment()));
    return all;
  }

  /**
   * Begins anew from a checkpoint that was loaded, once no save is in flight: what was saved before
   * is of another state, also if it is of a step to come.
   *
   * @return the checkpoints there are, oldest first
   */
  List<CheckpointInfo> beginAnew() throws IOException {
    List<CheckpointInfo> present = store().list();
    newest = Optional.empty();
    return present;
  }

  /**
   * The last checkpoint made durable since opening, or since a checkpoint was loaded, once no save
   * is in flight.
   */
  Optional<CheckpointInfo> newest() {
    land();
    return newest;
  }

  /**
   * The checkpoints, oldest first: as they are on the disk, or if a save is in flight, as they were
   * last known to be durable.
   */
  List<CheckpointInfo> list() throws IOException {
    landIfDone();
    if (flight.isEmpty()) {
      known = store.list();
    }
    return known;
  }

  /** As {@link CheckpointStore#pin}, once no save is in flight. */
  CheckpointInfo pin(CheckpointInfo checkpoint) throws IOException {
    return changed(store().pin(checkpoint));
  }

  /** As {@link CheckpointStore#unpin}, once no save is in flight. */
  CheckpointInfo unpin(CheckpointInfo checkpoint) throws IOException {
    return changed(store().unpin(checkpoint));
  }

  private CheckpointInfo changed(CheckpointInfo now) {
    known = known.stream().map(info -> info.name().equals(now.name()) ? now : info).toList();
    return now;
  }

  /** The store, once no save is in flight. */
  CheckpointStore store() {
    land();
    return store;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "the checkpointer of " + store.directory() + " is closed; open another");
    }
  }

  /** Waits for the save in flight, and gives up the store; does nothing the second time. */
  @Override
  public void close() throws IOException {
    closed = true;
    try (store;
        snapshot) {
      await();
    }
  }
}
