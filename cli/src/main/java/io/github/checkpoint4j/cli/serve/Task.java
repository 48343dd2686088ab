package io.github.checkpoint4j.cli.serve;

import io.github.checkpoint4j.format.Json;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/**
 * Work that goes on while the page watches it, and that can be cancelled.
 *
 * <p>Safe for use by several threads.
 */
public final class Task {
  /** How a task is. */
  enum State {
    RUNNING,
    DONE,
    FAILED,
    CANCELLED
  }

  /** The work; what it throws ends the task, a {@link CancellationException} as cancelled. */
  @FunctionalInterface
  public interface Work {
    /** Does it, and says now and then to {@code task} how far it is. */
    Json run(Task task) throws Exception;
  }

  private final String id;
  private State state = State.RUNNING;
  private boolean cancelled;
  private long done;
  private long total;
  private Json result = Json.Null.NULL;

  Task(String id) {
    this.id = id;
  }

  /** What the page asks for it by. */
  public String id() {
    return id;
  }

  /** Says how much there is to do, in bytes; 0, as at first, if that is not known. */
  public synchronized void total(long bytes) {
    total = bytes;
  }

  /**
   * Says that more is done.
   *
   * @throws CancellationException if no more is wanted
   */
  public synchronized void advance(long bytes) {
    if (cancelled) {
      throw new CancellationException("cancelled");
    }
    done += bytes;
  }

  /** Has it end where it next says how far it is; a task that has ended stays as it is. */
  public synchronized void cancel() {
    cancelled = true;
  }

  synchronized boolean running() {
    return state == State.RUNNING;
  }

  synchronized void end(State how, Json what) {
    state = how;
    result = what;
  }

  /** How it is: {@code id}, {@code state}, {@code done}, {@code total}, {@code result}. */
  public synchronized Json.Obj json() {
    return Json.object()
        .put("id", id)
        .put("state", state.name().toLowerCase(Locale.ROOT))
        .put("done", done)
        .put("total", total)
        .put("result", result)
        .build();
  }
}
